import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Identity } from "../../objects/identity";
import { userError } from "../../schema/userError";
import { markClaimsOf } from "../claims";
import type { Cluster } from "../cluster";
import { LiveStatefulSet } from "./liveStatefulSet";
import { unprobed } from "./messages";
import type { PlannedChange } from "./plannedChange";
import { type Planned, preview } from "./preview";
import { untilReady } from "./untilReady";

export interface RolloutOptions {
  cluster: Cluster;
  /** With its hooks among the options of the StatefulSet. */
  change?: PlannedChange;
  /** The identity with which the claims of the pods are labelled. */
  identity?: Identity;
  /** The resource with which messages are shown. */
  app: pulumi.Resource;
  /** Whether the number of replicas can change meanwhile. */
  isAutoscaled?: boolean;
  /** Seconds without progress after which the rollout fails. Default: what Kubernetes allows a pod. */
  deadline?: number;
  /** What to do about a failure, according to the words of its error. */
  advice?: (error: string) => string;
}

/**
 * Follows a change of a StatefulSet to its end. A preview says which pods the change affects. An update waits until the
 * pods are ready, and fails with the reason if they are not. The result is the StatefulSet, for what must come after it.
 */
export function rollout(
  statefulSet: k8s.apps.v1.StatefulSet,
  { cluster, change, identity, app, isAutoscaled, deadline, advice }: RolloutOptions,
): pulumi.Output<k8s.apps.v1.StatefulSet> {
  const { metadata, spec } = statefulSet;
  return pulumi.all([metadata, spec]).apply(async ([metadata, spec]) => {
    if (!cluster.isReadable || change === undefined) return statefulSet;
    const { namespace, name } = metadata;
    const live = new LiveStatefulSet(cluster, namespace, name);
    const { isPlanned: isChanged, keepsPods } = change;
    const planned = { metadata, spec, isChanged, keepsPods, isAutoscaled } as unknown as Planned;
    const isPreview = pulumi.runtime.isDryRun();
    const warning = planned.isChanged && !isPreview ? unprobed(name, planned.spec) : "";
    if (warning !== "") await pulumi.log.warn(warning, app);
    const message = isPreview
      ? await preview(live, planned)
      : await untilReady(live, planned, app, deadline)
          .catch((error: unknown) => {
            throw advised(error, advice);
          })
          .finally(() => identity && markClaimsOf(name, namespace, identity, cluster));
    if (message !== "") await pulumi.log.info(message, app);
    return statefulSet;
  });
}

/** An error for the user with advice, if there is some. */
function advised(error: unknown, advice: RolloutOptions["advice"]): unknown {
  const words = pulumi.RunError.isInstance(error) ? advice?.(error.message) : undefined;
  return words ? userError(`${(error as Error).message}\n${words}`) : error;
}
