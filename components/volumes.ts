import type * as k8s from "@pulumi/kubernetes";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../live/cluster";
import type { PlannedChange } from "../live/rollout/plannedChange";
import { restoreClaims, type RestoreFrom } from "../live/snapshots/restore";
import { prepareExchange } from "../live/volumes";
import { fixedSpecAnnotation } from "../live/volumes/exchange";
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
  const ready = pulumi
    .all([namespace, changed(spec, plannedFields), there])
    .apply(async ([namespace = "", { updateStrategy, ordinals, ...planned }]) => {
      const options = { cluster, identity, change, resource: parent };
      const { replicas = 1, volumeClaimTemplates: templates = [] } = planned;
      const needed = { app, namespace, templates, numbering: { replicas, ordinals } };
      if (restoreFrom) await restoreClaims(needed, restoreFrom, options);
      const { partition } = updateStrategy?.rollingUpdate ?? {};
      return prepareExchange({ app, namespace, partition, isAutoscaled, ...planned }, options);
    });
  type Fixed = NonNullable<pulumi.Unwrap<typeof ready>>;
  /** Pulumi leaves out a field that is undefined. */
  const field = <Name extends keyof Fixed>(name: Name) =>
    ready.apply((fixed) => fixed[name] as NonNullable<Fixed[Name]>);
  const recorded = ready.apply(({ replicas, ...fixed }) => JSON.stringify(fixed));
  return {
    ...args,
    metadata: changed(metadata ?? {}, (metadata: types.input.meta.v1.ObjectMeta) => ({
      ...metadata,
      annotations: changed(metadata.annotations ?? {}, (annotations) => ({
        ...annotations,
        [fixedSpecAnnotation]: recorded,
      })),
    })),
    spec: changed(spec, (spec: types.input.apps.v1.StatefulSetSpec) => ({
      ...spec,
      replicas: field("replicas"),
      podManagementPolicy: field("podManagementPolicy"),
      revisionHistoryLimit: field("revisionHistoryLimit"),
      volumeClaimTemplates: field("volumeClaimTemplates"),
    })),
  };
}

/** What decides about an exchange: the rest of a spec need not be known. */
const plannedFields = ({
  updateStrategy,
  ordinals,
  replicas,
  podManagementPolicy,
  revisionHistoryLimit,
  volumeClaimTemplates,
}: types.input.apps.v1.StatefulSetSpec) => ({
  updateStrategy,
  ordinals,
  replicas,
  podManagementPolicy,
  revisionHistoryLimit,
  volumeClaimTemplates,
});

/** A value that is changed, of which only the outermost map must be known. */
function changed<T extends object, U>(value: pulumi.Input<T | undefined>, change: (value: T) => U): pulumi.Input<U> {
  const isPlain = !pulumi.Output.isInstance(value) && !(value instanceof Promise);
  return isPlain ? change(value as T) : pulumi.output(value).apply<U>((value) => change(value as unknown as T));
}
