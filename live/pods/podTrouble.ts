import type { CoreV1Event, V1ContainerStatus, V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";

/** What a pod's own status does not tell. */
export interface Evidence {
  /** The events of the pod and of its claims. */
  events: CoreV1Event[];
  claims: V1PersistentVolumeClaim[];
}

/** Why a pod is not ready. */
export interface Trouble {
  words: string;
  /** The container whose last words may say more. */
  container?: string;
}

/** Whether a pod takes part: it is ready, and not on its way out. */
export function isReady({ metadata, status }: V1Pod): boolean {
  if (metadata?.deletionTimestamp !== undefined) return false;
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

/** What a container waits for in the ordinary course of things. */
const ordinaryWaits = ["ContainerCreating", "PodInitializing"];

const containersOf = ({ status }: V1Pod): V1ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

/** The reason for which a container does not run; undefined while it runs, or is about to. */
function failure({ state, lastState }: V1ContainerStatus): string | undefined {
  const waiting = state?.waiting;
  const terminated = state?.terminated;
  const last = terminated ?? lastState?.terminated;
  const exit = last && `exit code ${String(last.exitCode)}${last.reason ? ` (${last.reason})` : ""}`;
  if (waiting?.reason && !ordinaryWaits.includes(waiting.reason)) {
    return [waiting.reason, exit ?? waiting.message].filter((part) => part).join(": ");
  }
  return terminated && terminated.exitCode !== 0 ? exit : undefined;
}

/** Whether Kubernetes puts off a container's start. One that has just ended it starts again at once. */
const isStuck = (status: V1ContainerStatus) => status.state?.waiting !== undefined && failure(status) !== undefined;

/** The scheduler's words for a pod that it finds no place for. */
const unschedulable = ({ status }: V1Pod) =>
  status?.conditions?.find((condition) => condition.type === "PodScheduled" && condition.status === "False")?.message;

/**
 * Whether a pod will not become ready by itself, as far as can be told: no node takes it, a container of it cannot start
 * or crashes, or it has not been ready for longer than `deadline`, in seconds.
 */
export function isBroken(pod: V1Pod, deadline: number): boolean {
  if (isReady(pod) || pod.metadata?.deletionTimestamp !== undefined) return false;
  if (unschedulable(pod) !== undefined || containersOf(pod).some(isStuck)) return true;
  const unready = pod.status?.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime;
  return unready !== undefined && Date.now() - unready.getTime() > deadline * 1000;
}

const timeOf = ({ lastTimestamp, eventTime, metadata }: CoreV1Event) =>
  (lastTimestamp ?? eventTime ?? metadata.creationTimestamp)?.valueOf() as number;

/** What was said last about an object, among the events that `concerns` picks. */
export function lastWords(
  events: CoreV1Event[],
  uid: string | undefined,
  concerns: (event: CoreV1Event) => boolean = () => true,
): string | undefined {
  const about = events.filter((event) => event.involvedObject.uid === uid && concerns(event));
  return about.sort((one, other) => timeOf(other) - timeOf(one))[0]?.message;
}

/** Says in words why a pod is not ready. */
export function podTrouble(pod: V1Pod, { events, claims }: Evidence = { events: [], claims: [] }): Trouble {
  if (pod.metadata?.deletionTimestamp !== undefined) return { words: "is terminating" };

  const schedulersWords = unschedulable(pod);
  if (schedulersWords !== undefined) {
    const unbound = claims
      .filter(({ status }) => status?.phase !== "Bound")
      .map(({ metadata }) => {
        const reason = lastWords(events, metadata?.uid) ?? "there is no event about it";
        return `the claim ${metadata?.name ?? ""} is not bound: ${reason} (it holds no data; delete it to use another storage class)`;
      });
    return { words: [`cannot be scheduled: ${schedulersWords}`, ...unbound].join("; ") };
  }

  for (const status of containersOf(pod)) {
    const reason = failure(status);
    if (reason !== undefined) return { words: `container ${status.name}: ${reason}`, container: status.name };
  }

  const waiting = containersOf(pod).find(({ state }) => state?.waiting);
  const uid = pod.metadata?.uid;
  if (waiting) {
    const warning = lastWords(events, uid, ({ type }) => type === "Warning");
    const parts = [`container ${waiting.name}`, waiting.state?.waiting?.reason, warning];
    return { words: parts.filter((part) => part).join(": ") };
  }

  const unready = containersOf(pod).find(({ ready }) => !ready);
  if (unready === undefined) {
    const running = containersOf(pod).find(({ state }) => state?.running);
    return running
      ? { words: `container ${running.name}: running`, container: running.name }
      : { words: "has not started" };
  }
  const restarts = unready.restartCount > 0 ? ` (${String(unready.restartCount)} restarts)` : "";
  const probe = lastWords(events, uid, ({ reason }) => reason === "Unhealthy");
  return {
    words: `container ${unready.name}: not ready${restarts}${probe ? `: ${probe}` : ""}`,
    container: unready.name,
  };
}
