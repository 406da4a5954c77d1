import { isMapOrList } from "../schema/byName";
import type { ConfigAlteration } from "./alterations";
import { readPulumiYaml } from "./pulumiYaml";
import { fullKey, passedScalar } from "./stackFile";

/**
 * What Pulumi has altered in the config that it passed, according to the text of the stack file and of Pulumi.yaml. A file
 * is believed about a key if it holds the value that Pulumi passed, because Pulumi can have read other files.
 */
export function findAlterations(
  config: Record<string, string>,
  stackFile: string,
  projectFile: string,
): ConfigAlteration[] {
  const sources = [...sourcesIn(stackFile, stackPaths), ...sourcesIn(projectFile, projectPaths)];
  return Object.entries(config).flatMap(
    ([key, passed]) =>
      sources.find((source) => source.key === key && isPassedAs(source.value, passed))?.alterations ?? [],
  );
}

/** What a file says about a key. */
interface Source {
  key: string;
  value: unknown;
  alterations: ConfigAlteration[];
}

function sourcesIn(text: string, paths: (content: unknown) => string[][]): Source[] {
  try {
    const { value, alterations } = readPulumiYaml(text);
    return paths(value).map((path) => {
      const key = fullKey(path[1] ?? "");
      const within = alterations.filter((alteration) => path.every((name, i) => alteration.path[i] === name));
      return {
        key,
        value: path.reduce<unknown>(child, value),
        alterations: within.map((alteration) => ({ ...alteration, key, path: alteration.path.slice(path.length) })),
      };
    });
  } catch {
    // Pulumi has read it, or has read another file.
    return [];
  }
}

const child = (parent: unknown, name: string) =>
  isMapOrList(parent) && Object.hasOwn(parent, name) ? (parent as Record<string, unknown>)[name] : undefined;

const namesIn = (content: unknown) => Object.keys(child(content, "config") ?? {});

/** Where a stack file has values of the config. */
const stackPaths = (content: unknown) => namesIn(content).map((name) => ["config", name]);

/** Where Pulumi.yaml has values of the config: a default, a value, or in place of both. */
const projectPaths = (content: unknown) =>
  namesIn(content).flatMap((name) => [
    ["config", name, "default"],
    ["config", name, "value"],
    ["config", name],
  ]);

/** Whether Pulumi passes a value of a file on as this text: maps and lists as JSON. */
export function isPassedAs(value: unknown, passed: string): boolean {
  if (!isMapOrList(value)) return passedScalar(value) === passed;
  if (isSecure(value)) return true;
  try {
    return isSame(value, JSON.parse(passed));
  } catch {
    return false;
  }
}

function isSame(value: unknown, passed: unknown): boolean {
  if (isMapOrList(value)) {
    if (isSecure(value)) return typeof passed === "string";
    const names = Object.keys(value);
    return (
      isMapOrList(passed) &&
      Array.isArray(passed) === Array.isArray(value) &&
      names.length === Object.keys(passed).length &&
      names.every((name) => isSame(child(value, name), child(passed, name)))
    );
  }
  if (typeof value === "bigint") return Number(value) === passed;
  // Pulumi keeps the first line break of some texts.
  return value === passed || (typeof value === "string" && `\n${value}` === passed);
}

/** A value that Pulumi decrypts. */
const isSecure = (value: object) =>
  Object.keys(value).join() === "secure" && typeof child(value, "secure") === "string";
