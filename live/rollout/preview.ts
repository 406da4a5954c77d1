import type { V1StatefulSetSpec } from "@kubernetes/client-node";
import { requestError } from "../requests";
import type { LiveStatefulSet } from "./liveStatefulSet";
import { announcement, replacement } from "./messages";
import { isReplaced, podStates } from "./podStates";

/** Which pods a change affects; empty if it affects none. */
export async function preview(live: LiveStatefulSet, spec: V1StatefulSetSpec): Promise<string> {
  try {
    const statefulSet = await live.read();
    if (statefulSet === undefined) return announcement(spec, podStates(live.name, spec, [], undefined));
    const [pods, revision] = await Promise.all([live.readPods(statefulSet), live.readRevision(spec)]);
    if (isReplaced(spec, statefulSet.spec)) return replacement(pods.map(({ metadata }) => metadata?.name ?? ""));
    return announcement(spec, podStates(live.name, spec, pods, revision));
  } catch (error) {
    return `cannot determine which pods the change affects: ${requestError(error)}`;
  }
}
