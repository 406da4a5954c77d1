import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "../config";
import { sizeWarning } from "../config/size";
import { clusterId } from "../live/clusterId";
import type { Cluster, LiveSecret } from "../live/cluster";
import { NoAnswer } from "../live/requests";
import { checkVaultInjector } from "../live/vaultInjector";
import type { Identity } from "../objects/identity";
import type { Labels } from "../objects/labels";
import { userError } from "../schema/userError";
import { withLiveReplicas } from "./autoscaled";
import { checkClaims } from "./claims";
import { checkSizes } from "./claimSizes";
import { liveSecrets, mustKeepSecrets } from "./configObjects";
import { checkExchanges } from "./exchanges";
import { type ExistingContents, existingObjects } from "./existingObjects";
import { checkRestores } from "./restores";
import { checkValidity } from "./validation";
import type { LiveCopy } from "./configCopies";
import { copiesHeldBack } from "./heldBack";
import { checkStackName, stackIdentity } from "./identity";
import {
  checkCluster,
  checkNothingForgotten,
  checkRoles,
  lastDeployment,
  rememberedCluster,
  warnOfAbandonedClaims,
} from "./lastDeployment";
import { enforcedLevel, namespaceLabels } from "./namespace";
import { checkKinds, checkOneBudgetEach, checkOneSettingEach } from "./objects";
import { checkOwnership, keepServiceAccounts } from "./ownership";
import { plannedObjects } from "./plannedObjects";
import { changeLevel, checkPodSecurity } from "./podSecurity";

/** What must be known before anything is created. */
export interface Checked {
  /** The config, with the ServiceAccounts that must be kept. */
  config: Stack;
  identity: Identity;
  /** The cluster of the stack's objects. */
  clusterIdentifier: string;
  /** The labels of the stack's namespace; undefined if it does not exist. */
  namespaceLabels: Labels | undefined;
  secrets: Map<string, LiveSecret>;
  /** Whether Secrets stay when the stack no longer has them; undefined if it has none. */
  keepsSecrets: boolean | undefined;
  heldBack: LiveCopy[];
  /** The ConfigMaps and Secrets that the stack does not create; undefined if the cluster is not known. */
  existing: ExistingContents | undefined;
}

/** Throws an error for the user, or warns, if the stack must not be deployed to the cluster as it is configured. */
export async function checkStack(given: Stack, cluster: Cluster): Promise<Checked> {
  try {
    return await check(given, cluster);
  } catch (error) {
    throw error instanceof NoAnswer ? userError(`${error.message}; nothing was changed.`) : error;
  }
}

async function check(given: Stack, cluster: Cluster): Promise<Checked> {
  const size = sizeWarning(pulumi.runtime.allConfig());
  if (size !== undefined) await pulumi.log.warn(size);
  const last = await lastDeployment();
  checkNothingForgotten(pulumi.getProject(), given.unsaid, last);
  checkRoles(given, last);
  const id = await clusterId(cluster, given.namespace);
  const checkRecorded = (recorded: string | undefined) =>
    cluster.isReadable ? checkCluster({ context: cluster.context, id, wanted: given.clusterId }, recorded) : undefined;
  const warning = checkRecorded(last?.clusterId);
  if (warning !== undefined) await pulumi.log.warn(warning);
  await warnOfAbandonedClaims(last, given);

  const name = `${pulumi.getProject()}-${pulumi.getStack()}`;
  // A stack that was renamed keeps the label of its first name.
  if (last === undefined) checkStackName(name);
  const identity = await stackIdentity(name, given.namespace, last, cluster);
  const apps = await withLiveReplicas(given, identity, cluster);
  const config = { ...given, apps: await keepServiceAccounts({ ...given, apps }, identity, cluster) };
  await checkKinds(config.objects, cluster);
  const planned = plannedObjects(config, identity.partOf);
  checkOneSettingEach(planned);
  await checkOneBudgetEach(planned, config.namespace, identity, cluster);
  await checkOwnership(config, identity, cluster);
  await checkVaultInjector(config.apps, cluster);
  const first = await rememberedCluster(id ?? `stack ${identity.id ?? ""}`);
  const remembered = last?.clusterId ?? first;
  checkRecorded(remembered);
  const labels = await namespaceLabels(config.namespace, cluster);
  const existing = await existingObjects(config, identity, labels !== undefined, cluster);
  const level = enforcedLevel(config, labels, identity);
  // Without an answer from the cluster, it is not known what the namespace enforces. Rendered manifests have their own.
  if (cluster.isReadable || identity.id === undefined) {
    checkPodSecurity(planned, config.namespace, level);
  }
  if (cluster.isReadable) await checkValidity(planned, last, labels !== undefined, cluster);
  const keepsSecrets = await mustKeepSecrets(config, last?.keepsSecrets, cluster);
  const secrets = await liveSecrets(config, cluster);
  const heldBack = await copiesHeldBack(config, identity, cluster);
  await checkSizes(config, identity, cluster);
  await checkRestores(config, cluster);
  await checkExchanges(planned, config, identity, cluster);
  // The last check, because it labels claims.
  await checkClaims(config, identity, cluster);
  await changeLevel(planned, config.namespace, labels, level, cluster);
  return {
    config,
    identity,
    // A stack moves only if `clusterId` says so. A renamed context or a new address moves nothing.
    clusterIdentifier: config.clusterId ?? remembered,
    namespaceLabels: labels,
    secrets,
    keepsSecrets,
    heldBack,
    existing,
  };
}
