/*
 * `npm run claims`: lists the claims of a stack, which outlive it, and deletes them.
 *
 *   --stack NAME       the stack (default: the selected one)
 *   --orphans          only claims that the config does not ask for: beyond the replicas, or of former apps
 *   --delete [NAME …]  delete the claims of these names, or the orphans, after a question
 *   --yes              do not ask
 */
import type { Stack } from "../config";
import { KubeCluster } from "../live/kubeCluster";
import { isRefusal, requestError } from "../live/requests";
import { userError } from "../schema/userError";
import { deletable, deleteClaims, fateOfVolume } from "./lib/claimDeletion";
import { checkAppsAreMentioned, claimOptions } from "./lib/claimOptions";
import { claimCells } from "./lib/claimTable";
import { capture, isConfirmed, printTable, reportErrors } from "./lib/commands";
import { type NamespaceClaims, orphansAmong, stackClaims } from "./lib/stackClaims";
import { identityOf, shortName } from "./lib/stackIdentity";
import { stackSettings } from "./lib/stackSettings";

void reportErrors(async () => {
  const options = claimOptions(process.argv.slice(2), process.stdin.isTTY);
  const stack = options.stack ?? (await capture("pulumi", ["stack", "--show-name"])).trim();
  const config = stackSettings(shortName(stack));
  if (options.delete && options.orphans) checkAppsAreMentioned(config);
  const identity = await identityOf(stack);
  const cluster = new KubeCluster(config.cluster);
  const read = () => stackClaims(config, identity, cluster);
  const found = await read().catch((error: unknown) => {
    throw isRefusal(error) ? userError(`The claims cannot be listed: ${requestError(error)}`) : error;
  });
  const orphans = orphansAmong(found.own);
  if (!options.delete) {
    await list(options.orphans ? { ...found, own: orphans } : found, config, cluster);
    return;
  }
  const names = options.orphans ? orphans.map(({ name }) => name) : options.names;
  const chosen = deletable(names, found, identity);
  if (chosen.length === 0) {
    console.log(`There are no orphaned claims in the namespace ${config.namespace}.`);
    return;
  }
  const cells = await claimCells(chosen, config.namespace, cluster);
  const rows = chosen.map(async (claim) => {
    const { size, age } = cells(claim);
    return [claim.name, size, age, await fateOfVolume(claim, cluster)];
  });
  console.log(`To be deleted from the namespace ${config.namespace} (context ${cluster.context}):`);
  printTable([["claim", "size", "age", "its volume"], ...(await Promise.all(rows))]);
  if (!options.yes && !(await isConfirmed("Delete these claims?"))) return;
  await deleteClaims(chosen, read, cluster, (text) => {
    console.log(text);
  });
});

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
