/*
 * `npm run golden`: writes what each example renders to, so that a reviewer sees the effect of a change.
 */
import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { globSync } from "glob";
import { render, toYaml } from "./lib/render";

/** The content of each golden file, by its path. */
export async function goldenFiles(): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const configFile of globSync("examples/*.yaml").sort()) {
    const stack = basename(configFile, ".yaml");
    files[`test/golden/${stack}.yaml`] = toYaml(await render({ stack, configFile }));
  }
  return files;
}

async function main() {
  for (const [path, content] of Object.entries(await goldenFiles())) writeFileSync(path, content);
}

if (require.main === module) void main();
