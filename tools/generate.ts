/*
 * `npm run generate`: writes what follows from the folder schema: the interfaces of the components' arguments, the page
 * of all settings, and the schema by which an editor checks a stack file.
 */
import { writeFileSync } from "node:fs";
import { argsInterfaces } from "./lib/argsInterfaces";
import { configurationPage } from "./lib/configurationPage";
import { editorSchema } from "./lib/editorSchema";

const project = "stateful-apps";

/** The content of each generated file, by path. */
export async function generatedFiles(): Promise<Record<string, string>> {
  return {
    "schema/args.ts": await argsInterfaces(),
    "docs/configuration.md": await configurationPage(project),
    "docs/configuration.schema.json": await editorSchema(project),
  };
}

async function main() {
  for (const [path, content] of Object.entries(await generatedFiles())) writeFileSync(path, content);
}

if (require.main === module) void main();
