import { isReady } from "../pods/podTrouble";
import { hasRestarted, isSteady } from "../pods/steadiness";
import type { PodState } from "./podStates";

/** Whether a pod of the app is ready, and has been long enough to be relied on. `now` is the time of the cluster. */
export const isWell = ({ pod }: PodState, app: string, now: number) =>
  pod !== undefined && isReady(pod) && isSteady(pod, app, now);

/** Whether the rollout leaves the pod as it is: the pod has the revision that it must have. */
const isKept = ({ fate }: PodState) => fate === "updated" || fate === "heldBack";

/** Whether nothing more will happen to a pod. Under OnDelete, replacing the pod is up to the user. */
export const isSettled = (state: PodState, app: string, now: number) =>
  state.fate === "waitsForDeletion" || (isKept(state) && isWell(state, app, now));

/** Whether a pod only has to run for a while longer: it is ready, and has never ended. */
export const isWatched = (state: PodState, app: string, now: number) =>
  isKept(state) &&
  !isSettled(state, app, now) &&
  state.pod !== undefined &&
  isReady(state.pod) &&
  !hasRestarted(state.pod);
