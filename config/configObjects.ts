import { isUtf8 } from "node:buffer";
import { readFileSync } from "node:fs";
import { inOrder } from "../schema/byName";
import { type DataWithFiles, maxDataSize } from "../schema/configObjects";
import { type Mistake, repeated } from "../schema/mistakes";
import type { StackSettings } from "../schema/stack";
import { findFiles } from "./files";

/*
 * ConfigMaps and Secrets with the content of their files.
 */

/** The value of a key: text, or bytes that are not text. */
export type Content = string | Buffer;

/** The value of a key of a Secret: the user's, or a generated one of this length. */
export interface SecretValue {
  value?: Content;
  generate?: number;
}

/** By name and key. */
export interface ConfigObjects {
  configMaps: Record<string, Record<string, Content>>;
  secrets: Record<string, Record<string, SecretValue>>;
}

/**
 * Reads the files, whose paths are relative to `folder`. `incomplete` says of which objects not all keys are known,
 * because there is a mistake in their files.
 */
export function readConfigObjects(
  { configMaps, secrets }: Pick<StackSettings, "configMaps" | "secrets">,
  folder: string,
): ConfigObjects & { mistakes: Mistake[]; incomplete: Set<string> } {
  const mistakes: Mistake[] = [];
  const incomplete = new Set<string>();
  const read = (path: [string, string], given: DataWithFiles<unknown>, sizes: number[]) => {
    const { contents, problems, others } = readFiles(path, given, sizes, folder);
    mistakes.push(...problems, ...others);
    if (problems.length > 0) incomplete.add(path.join("."));
    return contents;
  };
  return {
    configMaps: mapValues(configMaps, (given, name) => {
      const sizes = Object.values(given.data).map((text) => Buffer.byteLength(text));
      const contents = read(["configMaps", name], given, sizes);
      return inOrder(mapValues({ ...given.data, ...contents }, textOrBytes));
    }),
    secrets: mapValues(secrets, (given, name) => {
      const sizes = Object.values(given.data).map(
        ({ value = "", generate = 0 }) => Buffer.byteLength(value) + generate,
      );
      const contents = read(["secrets", name], given, sizes);
      return inOrder<Record<string, SecretValue>>({ ...given.data, ...mapValues(contents, (value) => ({ value })) });
    }),
    mistakes,
    incomplete,
  };
}

/** Reads the files of one object, whose other values have these sizes. */
function readFiles(path: [string, string], { data, files }: DataWithFiles<unknown>, sizes: number[], folder: string) {
  const found = files.flatMap((entry, i) =>
    findFiles(entry, folder).map((file) => ({ ...file, path: [...path, "files", i], value: entry })),
  );
  const problems = found.flatMap((file) => ("problem" in file ? [file] : []));
  const usable = found.flatMap((file) => ("key" in file ? [file] : []));

  const keys = [...Object.keys(data).map((key) => ({ key, path: [...path, key] })), ...usable];
  const twice = [...repeated(keys)].map(({ key, first, ...again }) => ({
    ...again,
    problem: `gives the key ${key}, as ${first.path.join(".")} does`,
  }));
  const size = [...sizes, ...usable.map((file) => file.size)].reduce((sum, bytes) => sum + bytes, 0);
  const isTooLarge = size > maxDataSize;
  const tooLarge = {
    path,
    problem: `has ${String(size)} bytes of data; Kubernetes allows at most ${String(maxDataSize)}`,
  };
  return {
    // What is too large is not read.
    contents: Object.fromEntries(usable.map(({ key, file }) => [key, isTooLarge ? "" : contentOf(file)])),
    problems,
    others: [...twice, ...(isTooLarge ? [tooLarge] : [])],
  };
}

/**
 * Text as bytes if the API server would refuse or change it. It reads what is applied as YAML, in which these characters
 * must be escaped, and they are not.
 */
const textOrBytes = (content: Content): Content =>
  typeof content === "string" && /[\x7f-\x9f\ufffe\uffff]/.test(content) ? Buffer.from(content) : content;

function contentOf(file: string): Content {
  const bytes = readFileSync(file);
  return isUtf8(bytes) ? bytes.toString() : bytes;
}

const mapValues = <V, W>(object: Record<string, V>, change: (value: V, key: string) => W) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
