import type { V1StatefulSetStatus } from "@kubernetes/client-node";
import { isFailing, isReady, isTerminating } from "../pods/podTrouble";
import type { StatefulSet } from "./liveStatefulSet";
import { lacksVolume, type PodState, revisionOf } from "./podStates";

/**
 * The one pod that the controller leaves as it is, and that must go before the rollout can be complete. Undefined if the
 * controller goes on by itself, or while a pod is being replaced.
 */
export function obstacle(states: PodState[], { spec, status }: StatefulSet): PodState | undefined {
  if (states.some(({ pod }) => pod && isTerminating(pod))) return undefined;
  const stuck = states.findIndex((state) => lacksVolume(state, spec));
  if (stuck >= 0 && states.slice(0, stuck).every(isSound)) {
    const ready = states.filter(isSound).length;
    return spec.minReadySeconds && (status.availableReplicas ?? 0) < ready ? undefined : states[stuck];
  }
  if (spec.podManagementPolicy === "Parallel") {
    // The controller leaves pods below the partition alone. If the feature gate MaxUnavailableStatefulSet is on, it replaces
    // no others either while too many pods are unavailable, the broken ones among them.
    const isLeft = (state: PodState) =>
      (state.fate === "outdated" || state.fate === "heldBack") && !isSound(state) && isAbandoned(state, states, status);
    const isOnItsWay = (state: PodState) =>
      state.pod === undefined || !(isSound(state) || isFailing(state.pod) || isLeft(state));
    return states.some(isOnItsWay) ? undefined : states.filter(isLeft).at(-1);
  }
  // The controller waits for the first pod that is not ready, and deletes no pod beyond the replicas before.
  // https://github.com/kubernetes/kubernetes/issues/67250
  const first =
    states.find((state) => state.fate !== "surplus" && !isSound(state)) ??
    states.filter(({ fate }) => fate === "surplus").at(-1);
  return first?.pod && !isSound(first) && isAbandoned(first, states, status) ? first : undefined;
}

const isSound = ({ pod }: PodState) => pod !== undefined && isReady(pod);

/**
 * Whether a pod is no longer part of the rollout: beyond the replicas, or of a revision that is neither that of the
 * template nor that of the pods below the partition. Pods of the previous revision count only if the pods of the new
 * revision are ready: they would come back with the new revision.
 */
function isAbandoned({ fate, pod }: PodState, states: PodState[], { currentRevision }: V1StatefulSetStatus): boolean {
  if (fate === "surplus") return true;
  const isCurrent = pod !== undefined && revisionOf(pod) === currentRevision;
  const isInTrouble = states.some((state) => state.fate === "updated" && !isSound(state));
  return (fate === "outdated" && !(isCurrent && isInTrouble)) || (fate === "heldBack" && !isCurrent);
}
