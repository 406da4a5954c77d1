import type * as k8s from "@pulumi/kubernetes";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../live/cluster";
import type { PlannedChange } from "../live/rollout/plannedChange";
import { growVolumes } from "../live/volumes";
import type { Identity } from "../objects/identity";

interface GrowthOptions {
  cluster?: Cluster;
  /** Whose claims they are. If it is not known, they stay as they are. */
  identity?: Identity;
  /** The change of the StatefulSet; undefined if the cluster cannot be read. */
  change?: PlannedChange;
  /** The resource with which messages are shown. */
  parent: pulumi.Resource;
  /** What must be there before anything is changed. */
  after?: pulumi.Input<pulumi.Resource>[];
}

/** The arguments of a StatefulSet. They are known when its volumes have grown. */
export function withGrownVolumes(
  app: string,
  args: k8s.apps.v1.StatefulSetArgs,
  { cluster, identity, change, parent, after = [] }: GrowthOptions,
): k8s.apps.v1.StatefulSetArgs {
  const { metadata, spec } = args;
  if (!cluster || !change || !spec || identity?.id === undefined) return args;
  const namespace = pulumi.output(metadata).apply((metadata) => metadata?.namespace);
  const there = pulumi.all(after.map((resource) => pulumi.output(resource).apply(({ urn }) => urn)));
  const withTemplates = (spec: types.input.apps.v1.StatefulSetSpec): types.input.apps.v1.StatefulSetSpec => ({
    ...spec,
    volumeClaimTemplates: pulumi
      .all([namespace, spec.volumeClaimTemplates, spec.updateStrategy, there])
      .apply(([namespace = "", templates = [], strategy]) =>
        growVolumes(
          { app, namespace, templates, partition: strategy?.rollingUpdate?.partition },
          { cluster, identity, change, resource: parent },
        ),
      ),
  });
  const isPlain = !pulumi.Output.isInstance(spec) && !(spec instanceof Promise);
  return {
    ...args,
    spec: isPlain ? withTemplates(spec) : pulumi.output(spec).apply((spec) => spec && withTemplates(spec)),
  };
}
