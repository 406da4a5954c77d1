import type * as k8s from "@pulumi/kubernetes";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../live/cluster";
import type { PlannedChange } from "../live/rollout/plannedChange";
import { restoreClaims, type RestoreFrom } from "../live/snapshots/restore";
import { prepareExchange } from "../live/volumes";
import type { Identity } from "../objects/identity";
import { whenKnown } from "./readiness";

interface ExchangeOptions {
  cluster?: Cluster;
  /** Whose claims they are. If it is not known, they stay as they are. */
  identity?: Identity;
  /** The change of the StatefulSet; undefined if the cluster cannot be read. */
  change?: PlannedChange;
  /** The resource with which messages are shown. */
  parent: pulumi.Resource;
  /** Whether the number of replicas that the StatefulSet has is to stay. */
  isAutoscaled?: boolean;
  /** Where claims that are missing come from. */
  restoreFrom?: RestoreFrom;
  /** What must be there before anything is changed. */
  after?: pulumi.Input<pulumi.Resource>[];
}

/**
 * The arguments of a StatefulSet. They are known when its claims are restored, when its volumes have grown, and when it can be
 * exchanged.
 */
export function withVolumesReady(
  app: string,
  args: k8s.apps.v1.StatefulSetArgs,
  { cluster, identity, change, parent, isAutoscaled, restoreFrom, after = [] }: ExchangeOptions,
): k8s.apps.v1.StatefulSetArgs {
  const { metadata, spec } = args;
  if (!cluster || !change || !spec || identity?.id === undefined) {
    if (restoreFrom !== undefined) {
      void pulumi.log.warn(
        `Left out of ${app}: restoreFrom, because only \`pulumi up\` makes claims from snapshots. Missing claims start empty.`,
        parent,
      );
    }
    return args;
  }
  const namespace = pulumi.output(metadata).apply((metadata) => metadata?.namespace);
  const there = whenKnown(pulumi.all(after.map((resource) => pulumi.output(resource).apply(({ urn }) => urn))));
  const prepared = (spec: types.input.apps.v1.StatefulSetSpec): types.input.apps.v1.StatefulSetSpec => {
    const { updateStrategy, replicas, podManagementPolicy, revisionHistoryLimit, volumeClaimTemplates } = spec;
    const planned = { replicas, podManagementPolicy, revisionHistoryLimit, volumeClaimTemplates };
    const ready = pulumi
      .all([namespace, planned, updateStrategy, spec.ordinals, there])
      .apply(async ([namespace = "", planned, strategy, ordinals]) => {
        const options = { cluster, identity, change, resource: parent };
        const { replicas = 1, volumeClaimTemplates: templates = [] } = planned;
        const needed = { app, namespace, templates, numbering: { replicas, ordinals } };
        if (restoreFrom) await restoreClaims(needed, restoreFrom, options);
        return prepareExchange(
          { app, namespace, partition: strategy?.rollingUpdate?.partition, isAutoscaled, ...planned },
          options,
        );
      });
    type Fixed = NonNullable<pulumi.Unwrap<typeof ready>>;
    /** Pulumi leaves out a field that is undefined. */
    const field = <Name extends keyof Fixed>(name: Name) =>
      ready.apply((fixed) => fixed[name] as NonNullable<Fixed[Name]>);
    return {
      ...spec,
      replicas: field("replicas"),
      podManagementPolicy: field("podManagementPolicy"),
      revisionHistoryLimit: field("revisionHistoryLimit"),
      volumeClaimTemplates: field("volumeClaimTemplates"),
    };
  };
  const isPlain = !pulumi.Output.isInstance(spec) && !(spec instanceof Promise);
  return {
    ...args,
    spec: isPlain ? prepared(spec) : pulumi.output(spec).apply((spec) => spec && prepared(spec)),
  };
}
