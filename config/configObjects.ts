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

/** The value of a key as the config has it. */
interface GivenValue {
  value?: string;
  base64?: Buffer;
  generate?: number;
}

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
  const read = (path: [string, string], given: DataWithFiles<GivenValue>, kinds: string) => {
    const { contents, problems, others } = readFiles(path, given, Object.values(given.data).map(sizeOf), folder);
    mistakes.push(...problems, ...others, ...checkValues(path, given.data, kinds));
    if (problems.length > 0) incomplete.add(path.join("."));
    return contents;
  };
  return {
    configMaps: mapValues(configMaps, (given, name) => {
      const files = read(["configMaps", name], given, "value and base64");
      const values = mapValues(given.data, (value) => contentOf(value) ?? "");
      return inOrder(mapValues({ ...values, ...files }, textOrBytes));
    }),
    secrets: mapValues(secrets, (given, name) => {
      const files = read(["secrets", name], given, "a value, base64 and generate");
      const values = mapValues(given.data, (given): SecretValue => {
        const value = contentOf(given);
        return value === undefined ? { generate: given.generate } : { value };
      });
      return inOrder<Record<string, SecretValue>>({ ...values, ...mapValues(files, (value) => ({ value })) });
    }),
    mistakes,
    incomplete,
  };
}

/** The mistakes of keys that have no value, or several. */
const checkValues = (path: string[], data: Record<string, GivenValue>, kinds: string): Mistake[] =>
  Object.entries(data)
    .filter(([, given]) => Object.keys(given).length !== 1)
    .map(([key]) => ({ path: [...path, key], problem: `must have exactly one of ${kinds}` }));

const sizeOf = ({ value = "", base64, generate = 0 }: GivenValue) =>
  Buffer.byteLength(value) + (base64?.length ?? 0) + generate;

/** The value of a key; undefined if it is generated. */
const contentOf = ({ value, base64 }: GivenValue): Content | undefined => (base64 ? textIfAny(base64) : value);

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
    contents: Object.fromEntries(usable.map(({ key, file }) => [key, isTooLarge ? "" : textIfAny(readFileSync(file))])),
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

/** Bytes as the text that they are, if they are. */
const textIfAny = (bytes: Buffer): Content => (isUtf8(bytes) ? bytes.toString() : bytes);

const mapValues = <V, W>(object: Record<string, V>, change: (value: V, key: string) => W) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
