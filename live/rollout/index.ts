import type { V1StatefulSetSpec } from "@kubernetes/client-node";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Identity } from "../../objects/identity";
import { markClaimsOf } from "../claims";
import type { Cluster } from "../cluster";
import { LiveStatefulSet } from "./liveStatefulSet";
import { preview } from "./preview";
import { untilReady } from "./untilReady";

export interface RolloutOptions {
  cluster: Cluster;
  /** Whose the claims of the pods are, which are then marked. */
  identity?: Identity;
  /** What the words are shown with. */
  app: pulumi.Resource;
  /** After so many seconds without progress the rollout has failed. Default: what Kubernetes allows a pod. */
  deadline?: number;
}

/**
 * Follows a StatefulSet's change to its end: a preview says which pods it concerns; an update waits until they are ready,
 * and fails with the reason where they do not get so. Gives the StatefulSet then, for what has to come after it.
 */
export function rollout(
  statefulSet: k8s.apps.v1.StatefulSet,
  { cluster, identity, app, deadline }: RolloutOptions,
): pulumi.Output<k8s.apps.v1.StatefulSet> {
  const { metadata, spec } = statefulSet;
  return pulumi.all([metadata, spec]).apply(async ([{ namespace, name }, spec]) => {
    if (!cluster.isReadable) return statefulSet;
    const live = new LiveStatefulSet(cluster, namespace, name);
    const words = pulumi.runtime.isDryRun()
      ? await preview(live, spec as unknown as V1StatefulSetSpec)
      : await untilReady(live, app, deadline).finally(
          () => identity && markClaimsOf(name, namespace, identity, cluster),
        );
    if (words !== "") await pulumi.log.info(words, app);
    return statefulSet;
  });
}
