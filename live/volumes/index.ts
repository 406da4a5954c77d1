import * as pulumi from "@pulumi/pulumi";
import type { Identity } from "../../objects/identity";
import type { Cluster } from "../cluster";
import type { PlannedChange } from "../rollout/plannedChange";
import { SharedReads } from "../sharedReads";
import { type ClaimTemplate, haveOtherSizes, holdsBack, letGo, sizesOf, withLiveSizes } from "./exchange";
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
export interface PlannedVolumes<Template> {
  app: string;
  namespace: string;
  templates: Template[];
  /** The partition of its update strategy. */
  partition?: number;
}

/**
 * Makes the claims of a StatefulSet as large as its templates say, and lets the engine exchange the StatefulSet without a
 * stop of its pods. Must be called right before that. A preview says what would happen. The result are the templates that
 * the StatefulSet must have.
 */
export async function growVolumes<Template extends ClaimTemplate>(
  { app, namespace, templates, partition }: PlannedVolumes<Template>,
  { cluster, identity, change, resource }: VolumesOptions,
): Promise<Template[]> {
  if (templates.length === 0) return templates;
  await new Growth({ app, namespace, sizes: sizesOf(templates) }, identity, cluster, resource).run();
  const live = await SharedReads.of(cluster, namespace).statefulSet(app);
  if (live === undefined || !identity.owns(live.metadata?.labels) || !haveOtherSizes(live, templates)) return templates;
  if (holdsBack(live, partition)) {
    const message = `${app} has pods on an older revision: its further claims get the new size after the rollout, by the next \`pulumi up\``;
    await pulumi.log.info(message, resource);
    return withLiveSizes(templates, live);
  }
  change.keepsPods = true;
  if (!pulumi.runtime.isDryRun()) await letGo(live, cluster);
  return templates;
}
