import type { V1ObjectMeta, V1StatefulSetSpec } from "@kubernetes/client-node";
import { requestError } from "../requests";
import type { LiveStatefulSet } from "./liveStatefulSet";
import { announcement, cutOff, exchange, isGone, replacement, scaledByHand } from "./messages";
import { podStates } from "./podStates";

/** A StatefulSet as it would be after an update, or as Pulumi last saw it if the update leaves it as it is. */
export interface Planned {
  metadata: V1ObjectMeta;
  spec: V1StatefulSetSpec;
  /** Whether the update creates or changes it. */
  isChanged: boolean;
  /** Whether its pods stay if it is another object than before. */
  keepsPods?: boolean;
  /** Whether an autoscaler sets the number of replicas. */
  isAutoscaled?: boolean;
}

/** Which pods an update affects, and which ones wait for a node; empty if there are none. */
export async function preview(
  live: LiveStatefulSet,
  { metadata, spec, isChanged, keepsPods, isAutoscaled }: Planned,
): Promise<string> {
  try {
    const found = await live.read();
    if (found === undefined) {
      return isChanged ? announcement(spec, podStates(live.name, spec, [], undefined)) : isGone(live.name);
    }
    const pods = await live.readPods(found);
    if (!isChanged) {
      // What was changed by hand stays, and the controller has seen it already.
      const states = podStates(live.name, found.spec, pods, found.status.updateRevision);
      return [!isAutoscaled && scaledByHand(found.spec, spec), announcement(found.spec, states), cutOff(pods)]
        .filter(Boolean)
        .join("; ");
    }
    // A replacement is another object.
    const isReplaced = metadata.uid !== found.metadata.uid;
    const names = pods.map(({ metadata }) => metadata?.name ?? "");
    if (isReplaced && !keepsPods) return replacement(names);
    // The provider shows an object that replaces another one without what the API server adds to it.
    const complete = isReplaced ? await live.cluster.withDefaults(found.metadata.namespace ?? "", spec) : spec;
    const states = podStates(live.name, spec, pods, await live.readRevision(complete));
    return [isReplaced && exchange(names), announcement(spec, states), cutOff(pods)].filter(Boolean).join("; ");
  } catch (error) {
    return `cannot determine which pods the change affects: ${requestError(error)}`;
  }
}
