/*
 * `npm run claims`: lists the claims of a stack, which outlive it, and deletes them.
 *
 *   --stack NAME       the stack (default: the selected one)
 *   --orphans          only claims that the config does not ask for: beyond the replicas, or of former apps
 *   --delete [NAME …]  delete the claims of these names, or the orphans, after a question
 *   --yes              do not ask
 */
import { createInterface } from "node:readline/promises";
import { parseArgs } from "node:util";
import { parseConfig, type Stack } from "../config";
import { alterationsIn } from "../config/alterations";
import { stackFileName } from "../config/stackFile";
import { KubeCluster } from "../live/kubeCluster";
import { isRefusal, requestError } from "../live/requests";
import { userError } from "../schema/userError";
import { deletable, deleteClaims, fateOfVolume } from "./lib/claimDeletion";
import { claimCells } from "./lib/claimTable";
import { capture, printTable, reportErrors } from "./lib/commands";
import { type NamespaceClaims, orphansAmong, stackClaims } from "./lib/stackClaims";
import { passphraseFromEnvironment, project, projectFileName, readStackConfig } from "./lib/stackConfig";
import { identityOf, shortName } from "./lib/stackIdentity";

void reportErrors(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      stack: { type: "string" },
      orphans: { type: "boolean", default: false },
      delete: { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
    },
  });
  const { orphans: onlyOrphans, delete: isDeletion, yes } = values;
  checkOptions(positionals, { onlyOrphans, isDeletion });
  if (isDeletion && !yes && !process.stdin.isTTY) {
    throw userError("Nobody can answer here whether to delete claims; nothing was changed. Add --yes.");
  }
  const stack = values.stack ?? (await capture("pulumi", ["stack", "--show-name"])).trim();
  const config = configOf(shortName(stack));
  if (isDeletion && onlyOrphans && config.unsaid.includes("apps")) {
    throw userError(
      `The config does not mention ${project}:apps, so that every claim would be an orphan; nothing was changed.\n` +
        `  Restore the stack file; or, if there are no apps, set: ${project}:apps: {}`,
    );
  }
  const identity = await identityOf(stack);
  const cluster = new KubeCluster(config.cluster);
  const read = () => stackClaims(config, identity, cluster);
  const found = await read().catch((error: unknown) => {
    throw isRefusal(error) ? userError(`The claims cannot be listed: ${requestError(error)}`) : error;
  });
  const orphans = orphansAmong(found.own);
  if (!isDeletion) {
    await list(onlyOrphans ? { ...found, own: orphans } : found, config, cluster);
    return;
  }
  const names = onlyOrphans ? orphans.map(({ name }) => name) : positionals;
  const chosen = deletable(names, found, identity);
  if (chosen.length === 0) {
    console.log(`There are no orphaned claims in the namespace ${config.namespace}.`);
    return;
  }
  const cells = await claimCells(chosen, config.namespace, cluster);
  const rows = chosen.map(async (claim) => {
    const { size, used, age } = cells(claim);
    return [claim.name, size, used, age, await fateOfVolume(claim, cluster)];
  });
  console.log(`To be deleted from the namespace ${config.namespace} (context ${cluster.context}):`);
  printTable([["claim", "size", "used", "age", "its volume"], ...(await Promise.all(rows))]);
  if (!yes && !(await isConfirmed())) return;
  await deleteClaims(chosen, read, cluster, (text) => {
    console.log(text);
  });
});

function checkOptions(names: string[], { onlyOrphans, isDeletion }: { onlyOrphans: boolean; isDeletion: boolean }) {
  if (!isDeletion && names.length > 0) throw userError(`Names of claims require --delete: ${names.join(", ")}.`);
  if (isDeletion && names.length === 0 && !onlyOrphans) {
    throw userError("--delete requires the names of claims, or --orphans.");
  }
  if (names.length > 0 && onlyOrphans) throw userError("--orphans and names of claims exclude each other.");
}

/** The config of a stack, from its stack file. */
function configOf(name: string): Stack {
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

async function list({ own, others }: NamespaceClaims, { namespace }: Stack, cluster: KubeCluster) {
  if (own.length === 0) console.log(`There are no such claims in the namespace ${namespace}.`);
  else {
    const cells = await claimCells(own, namespace, cluster);
    const rows = own.map((one) => {
      const { size, used, age } = cells(one);
      const { name, app = "-", ordinal = "-", users, removal, claim } = one;
      const pods = users.join(", ") || "-";
      return [name, app, String(ordinal), size, used, claim.spec?.storageClassName ?? "-", age, pods, removal];
    });
    printTable([["claim", "app", "ordinal", "size", "used", "class", "age", "pod", "to remove it"], ...rows], "");
  }
  if (others.length > 0) console.log(`Not of this stack: ${String(others.length)} claims in the same namespace.`);
}

async function isConfirmed(): Promise<boolean> {
  const terminal = createInterface(process.stdin, process.stdout);
  const answer = await terminal.question("Delete these claims? [y/N] ");
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}
