import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { mayHoldAlterations } from "./mayHoldAlterations";
import type { Alteration } from "./pulumiYaml";
import { stackFileName } from "./stackFile";

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

/** What Pulumi has altered in the config that it passed, as far as its files show it. */
export function alterationsIn(
  config: Record<string, string>,
  { stackFile, projectFile }: ConfigFiles,
): ConfigAlteration[] {
  const texts = [contentOf(stackFile), contentOf(projectFile)] as const;
  if (!texts.some(mayHoldAlterations)) return [];
  // Loaded only here, because that takes longer than the check of the whole config. Pulumi's Node cannot `import` it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { findAlterations } = require("./findAlterations") as typeof import("./findAlterations");
  return findAlterations(config, ...texts);
}

const contentOf = (file: string) => (existsSync(file) ? readFileSync(file, "utf8") : "");
