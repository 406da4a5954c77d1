/*
 * `npm run render`: prints the Kubernetes objects of a stack as YAML, in an order that can be applied.
 *
 *   --stack NAME        the stack (default: dev)
 *   --config-file FILE  its stack file (default: Pulumi.NAME.yaml)
 *   --show-secrets      print secret values too, which requires the passphrase of Pulumi
 */
import { parseArgs } from "node:util";
import { userError } from "../schema/userError";
import { reportErrors } from "./lib/commands";
import { render, toYaml } from "./lib/render";
import { passphraseFromEnvironment } from "./lib/stackConfig";
import { stackFileName } from "../config/stackFile";

void reportErrors(async () => {
  const { values } = parseArgs({
    options: {
      stack: { type: "string", default: "dev" },
      "config-file": { type: "string" },
      "show-secrets": { type: "boolean", default: false },
    },
  });
  const passphrase = values["show-secrets"] ? passphraseFromEnvironment() : undefined;
  if (values["show-secrets"] && passphrase === undefined) {
    throw userError("--show-secrets requires PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE.");
  }
  const configFile = values["config-file"] ?? stackFileName(values.stack);
  process.stdout.write(toYaml(await render({ stack: values.stack, configFile, passphrase })));
});
