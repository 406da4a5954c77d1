import { closeSync, openSync, readdirSync, realpathSync, statSync } from "node:fs";
import { basename, join, relative } from "node:path";
import { configKey } from "../schema/values";

/** A file whose content becomes the value of a key. */
interface FoundFile {
  key: string;
  /** Its path, without symbolic links. */
  file: string;
  /** In bytes. */
  size: number;
}

/** What is wrong with an entry of `files`: the rest of a sentence that starts with the entry. */
interface Problem {
  problem: string;
}

/**
 * Finds the files that an entry of `files` names: PATH or KEY=PATH, with a path relative to `folder`. Nothing outside of
 * the folder is read.
 */
export function findFiles(entry: string, folder: string): (FoundFile | Problem)[] {
  const [, key, path = ""] = /^(?:([^=]*)=)?(.*)$/s.exec(entry) ?? [];
  const found = lookUp(path, folder);
  if ("problem" in found) return [found];
  if ("file" in found) {
    const name = key ?? basename(path);
    return isKey(name)
      ? [{ key: name, ...found }]
      : [{ problem: `requires another key than ${JSON.stringify(name)}, as KEY=PATH; a key is ${allowedKeys}` }];
  }
  if (key !== undefined) return [{ problem: "must not have a key, because it is a folder" }];
  if (found.names.length === 0) return [{ problem: "is an empty folder" }];
  return found.names.map((name) => fileOfFolder(name, lookUp(join(path, name), folder)));
}

function fileOfFolder(name: string, found: Found): FoundFile | Problem {
  const contains = `contains ${JSON.stringify(name)}`;
  if ("problem" in found) return { problem: `${contains}, which ${found.problem}` };
  if ("names" in found) return { problem: `${contains}, which is a folder; list the files one by one instead` };
  return isKey(name)
    ? { key: name, ...found }
    : {
        problem: `${contains}, whose name is not a valid key; list the files one by one instead, this one as KEY=PATH`,
      };
}

const allowedKeys = "letters, digits, dashes, underscores and dots";

/** Whether Kubernetes accepts a key, and JavaScript keeps it. */
const isKey = (name: string) => configKey().safeParse(name).success && name !== "__proto__";

/** A file, or the names in a folder. */
type Found = Omit<FoundFile, "key"> | { names: string[] } | Problem;

function lookUp(path: string, folder: string): Found {
  try {
    const root = realpathSync.native(folder);
    const real = realpathSync.native(join(root, path));
    if (/^\.\.(\/|$)/.test(relative(root, real))) return { problem: "must not lead out of the folder of Pulumi.yaml" };
    const stats = statSync(real);
    if (stats.isDirectory()) return { names: readdirSync(real).sort() };
    // Opening a pipe would wait for somebody who writes into it.
    if (!stats.isFile()) return { problem: "is neither a file nor a folder" };
    closeSync(openSync(real, "r"));
    return { file: real, size: stats.size };
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    return { problem: ["ENOENT", "ENOTDIR"].includes(code) ? "does not exist" : `cannot be read (${code})` };
  }
}
