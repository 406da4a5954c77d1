import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { isMapOrList } from "../schema/byName";
import { mayHoldAlterations } from "./mayHoldAlterations";
import type { Alteration } from "./pulumiYaml";
import { fullKey, passedScalar, stackFileName } from "./stackFile";

/*
 * Pulumi passes values on as YAML reads them: a program cannot see whether 18 was written as 18 or as 022. Here the program
 * finds out, from the files that Pulumi reads.
 */

/** An alteration within a key of the config. */
export interface ConfigAlteration extends Alteration {
  /** The full key. */
  key: string;
}

/** The files that hold the config of a stack. */
export interface ConfigFiles {
  stackFile: string;
  projectFile: string;
}

/** The files of the stack that runs. A program cannot learn of the option `--config-file`. */
export function configFiles(folder = pulumi.getRootDirectory()): ConfigFiles {
  const projectFile = join(folder, "Pulumi.yaml");
  const [, configFolder = ""] = /^stackConfigDir:\s*["']?([^\s"'#]+)/m.exec(contentOf(projectFile)) ?? [];
  return { stackFile: join(folder, configFolder, stackFileName(pulumi.getStack())), projectFile };
}

/**
 * What Pulumi has altered in the config that it passed. A file is believed about a key if it holds the value that Pulumi
 * passed, because Pulumi can have read other files.
 */
export function alterationsIn(
  config: Record<string, string>,
  { stackFile, projectFile }: ConfigFiles,
): ConfigAlteration[] {
  const [stack, project] = [contentOf(stackFile), contentOf(projectFile)];
  if (![stack, project].some(mayHoldAlterations)) return [];
  const sources = [...sourcesIn(stack, stackPaths), ...sourcesIn(project, projectPaths)];
  return Object.entries(config).flatMap(
    ([key, passed]) =>
      sources.find((source) => source.key === key && isPassedAs(source.value, passed))?.alterations ?? [],
  );
}

const contentOf = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");

/** What a file says about a key. */
interface Source {
  key: string;
  value: unknown;
  alterations: ConfigAlteration[];
}

function sourcesIn(text: string, paths: (content: unknown) => string[][]): Source[] {
  // Loaded only here, because that takes longer than the check of the whole config. Pulumi's Node cannot `import` it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { readPulumiYaml } = require("./pulumiYaml") as typeof import("./pulumiYaml");
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
