import * as pulumi from "@pulumi/pulumi";
import type { Identity } from "../../objects/identity";
import { claimPrefix } from "../../schema/names";
import type { Cluster } from "../cluster";
import { listed } from "../rollout/messages";
import type { PlannedChange } from "../rollout/plannedChange";
import { SharedReads } from "../sharedReads";
import {
  asItIs,
  changedVolumes,
  type ClaimTemplate,
  type FixedSpec,
  holdsBack,
  letGo,
  mustBeExchanged,
  recordedSpec,
  sizesOf,
} from "./exchange";
import { Growth } from "./growth";

export interface VolumesOptions {
  cluster: Cluster;
  /** Whose claims they are. Those of others stay as they are. */
  identity: Identity;
  /** The change of the StatefulSet. */
  change: PlannedChange;
  /** The resource with which messages are shown. */
  resource: pulumi.Resource;
}

/** A StatefulSet before the engine changes it. */
export interface PlannedSpec<Template> extends FixedSpec<Template> {
  app: string;
  namespace: string;
  /** The partition of its update strategy. */
  partition?: number;
  replicas?: number;
  /** Whether the number of replicas that it has is to stay. */
  isAutoscaled?: boolean;
}

/**
 * Makes the claims of a StatefulSet as large as its templates say, and lets the engine exchange the StatefulSet without a
 * stop of its pods, if Kubernetes cannot change it. Must be called right before that. A preview says what would happen.
 * The result is what the StatefulSet must have.
 */
export async function prepareExchange<Template extends ClaimTemplate>(
  { app, namespace, partition, isAutoscaled, ...given }: PlannedSpec<Template>,
  { cluster, identity, change, resource }: VolumesOptions,
): Promise<FixedSpec<Template> & { replicas?: number }> {
  const { volumeClaimTemplates: templates = [] } = given;
  if (templates.length > 0) {
    await new Growth({ app, namespace, sizes: sizesOf(templates) }, identity, cluster, resource).run();
  }
  const live = await SharedReads.of(cluster, namespace).statefulSet(app);
  if (!live?.spec || !identity.owns(live.metadata?.labels)) return given;
  const planned = isAutoscaled ? { ...given, replicas: live.spec.replicas } : given;
  const recorded = recordedSpec<Template>(live);
  const before = recorded ?? live.spec;
  if (!mustBeExchanged(before, planned)) return recorded ? { ...planned, ...asItIs(live, planned) } : planned;
  const { added, removed, altered } = changedVolumes(before, planned);
  if (holdsBack(live, partition) && added.length + removed.length === 0) {
    const message =
      `the StatefulSet of ${app}, from which further claims are made, stays as it is while pods are held back ` +
      "(by a partition, or by a rollout that has not ended); the next `pulumi up` after that exchanges it";
    await pulumi.log.info(message, resource);
    return { ...planned, ...asItIs(live, planned) };
  }
  const claims = (volumes: string[]) => listed(volumes.map((volume) => `${claimPrefix(app, volume)}-…`));
  if (altered.length > 0) {
    await pulumi.log.info(`keeps the claims ${claims(altered)} as they are; further ones get what is new`, resource);
  }
  if (removed.length > 0) await pulumi.log.info(`keeps the claims ${claims(removed)}, which no pod will use`, resource);
  change.keepsPods = true;
  if (!pulumi.runtime.isDryRun()) await letGo(live, cluster);
  if (!pulumi.runtime.isDryRun() || !adoptsObjects()) return planned;
  return { ...planned, podManagementPolicy: pulumi.unknown as unknown as string };
}

/**
 * Whether the provider changes objects that exist already, as `npm run recover` asks it to do. In a preview it then tries to
 * change the StatefulSet that is to be exchanged, which the API server refuses, unless a field is unknown.
 */
const adoptsObjects = () => process.env.PULUMI_K8S_UPSERT_EXISTING_OBJECTS === "true";
