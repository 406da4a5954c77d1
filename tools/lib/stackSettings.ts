import { parseConfig, type Stack } from "../../config";
import { alterationsIn } from "../../config/alterations";
import { stackFileName } from "../../config/stackFile";
import { userError } from "../../schema/userError";
import { passphraseFromEnvironment, project, projectFileName, readStackConfig } from "./stackConfig";

/** The config of a stack, checked and with defaults, from its stack file. */
export function stackSettings(name: string): Stack {
  const stackFile = stackFileName(name);
  const passphrase = passphraseFromEnvironment();
  const { values, secureKeys } = readStackConfig(stackFile, passphrase);
  const files = { stackFile, projectFile: projectFileName };
  const isSecret = (key: string) => secureKeys.includes(key);
  const config = parseConfig(values, isSecret, project, ".", alterationsIn(values, files));
  if (config.cluster.isSecret && passphrase === undefined) {
    throw userError(
      "kubernetes:kubeconfig is encrypted, which requires PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE.",
    );
  }
  return config;
}
