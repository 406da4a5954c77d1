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
  /** The identity with which the claims of the pods are labelled. */
  identity?: Identity;
  /** The resource with which messages are shown. */
  app: pulumi.Resource;
  /** Seconds without progress after which the rollout fails. Default: what Kubernetes allows a pod. */
  deadline?: number;
}

/**
 * Follows a change of a StatefulSet to its end. A preview says which pods the change affects. An update waits until the
 * pods are ready, and fails with the reason if they are not. The result is the StatefulSet, for what must come after it.
 */
export function rollout(
  statefulSet: k8s.apps.v1.StatefulSet,
  { cluster, identity, app, deadline }: RolloutOptions,
): pulumi.Output<k8s.apps.v1.StatefulSet> {
  const { metadata, spec } = statefulSet;
  return pulumi.all([metadata, spec]).apply(async ([{ namespace, name }, spec]) => {
    if (!cluster.isReadable) return statefulSet;
    const live = new LiveStatefulSet(cluster, namespace, name);
    const message = pulumi.runtime.isDryRun()
      ? await preview(live, spec as unknown as V1StatefulSetSpec)
      : await untilReady(live, app, deadline).finally(
          () => identity && markClaimsOf(name, namespace, identity, cluster),
        );
    if (message !== "") await pulumi.log.info(message, app);
    return statefulSet;
  });
}
