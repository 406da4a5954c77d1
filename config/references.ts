import type { AppSettings } from "../schema/app";
import { jobsOf } from "../schema/checkJobs";
import type { Mistake } from "../schema/mistakes";
import { type Reader, type Reference, references } from "../schema/references";
import type { StackSettings } from "../schema/stack";
import type { ConfigObjects, Content, SecretValue } from "./configObjects";

/** The settings with the names of the ConfigMaps and Secrets that the stack does not create. */
export const existingKey = { configMaps: "existingConfigMaps", secrets: "existingSecrets" } as const;

export type ExistingNames = Pick<StackSettings, "existingConfigMaps" | "existingSecrets">;

/** What apps can read. `incomplete` has the ConfigMaps and Secrets of which not all keys are known. */
export interface Readable extends ConfigObjects, ExistingNames {
  incomplete: Set<string>;
}

/** What is known of an object that is read: its content and its name in messages, or what is wrong with reading it. */
export type Found =
  { content: Record<string, Content | SecretValue>; words: string; isComplete: boolean } | { problem: string };

/** What an app and its jobs read, with the paths of the app's settings. */
export function referencesOf(app: AppSettings): Reference[] {
  const readers = [{ path: [], reader: app as Reader }, ...jobsOf(app).map(({ path, job }) => ({ path, reader: job }))];
  return readers.flatMap(({ path, reader }) =>
    references(reader).map((reference) => ({
      ...reference,
      path: [...path, ...reference.path],
      namePath: [...path, ...reference.namePath],
    })),
  );
}

/** Checks what an app and its jobs read in a stack's config, whose existing objects have keys that are not known. */
export function checkDeclared(app: AppSettings, readable: Readable): Mistake[] {
  return checkReferences(app, ({ kind, name }) => {
    const objects: Record<string, Record<string, Content | SecretValue>> = readable[kind];
    const content = Object.hasOwn(objects, name) ? objects[name] : undefined;
    const words = `${kind}.${name}`;
    if (content) return { content, words, isComplete: !readable.incomplete.has(words) };
    const existing = readable[existingKey[kind]];
    if (existing.includes(name)) return undefined;
    const list = (names: string[]) => (names.length === 0 ? "which is empty" : `which has ${names.join(", ")}`);
    return {
      problem: `must be a name in ${kind}, ${list(Object.keys(objects))}, or, if the stack does not create it, in ${existingKey[kind]}, ${list(existing)}`,
    };
  });
}

/** Checks what an app and its jobs read. What `find` does not know is not checked. */
export function checkReferences(app: AppSettings, find: (reference: Reference) => Found | undefined): Mistake[] {
  const reported = new Set<string>();
  return referencesOf(app).flatMap((reference) => {
    const { kind, name, key, isOptional, isVariable, path, namePath } = reference;
    const found = find(reference);
    if (found === undefined) return [];
    if ("problem" in found) {
      // Several keys of one object are one mistake.
      const at = namePath.join(".");
      if (isOptional || reported.has(at)) return [];
      reported.add(at);
      return [{ path: namePath, value: name, problem: found.problem }];
    }
    const { content, words, isComplete } = found;
    if (key !== undefined && !Object.hasOwn(content, key)) {
      if (isOptional || !isComplete) return [];
      const keys = Object.keys(content).join(", ");
      return [{ path, value: key, problem: `must be a key of ${words}: ${keys === "" ? "it has none" : keys}` }];
    }
    if (!isVariable) return [];
    // A ConfigMap as a whole gives pods no variables for bytes.
    const read = key !== undefined ? [key] : kind === "secrets" ? Object.keys(content) : [];
    return read
      .filter((key) => !canBeVariable(content[key]))
      .map((key) => ({
        path,
        problem: `must not read the key ${key} of ${words}: a variable can only hold plain text`,
      }));
  });
}

/** Whether a container can be started with a variable of this content. */
function canBeVariable(given: Content | SecretValue | undefined): boolean {
  const content = typeof given === "object" && !Buffer.isBuffer(given) ? given.value : given;
  return content === undefined || (typeof content === "string" && !content.includes("\0"));
}
