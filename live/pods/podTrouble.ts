import type { CoreV1Event, V1ContainerStatus, V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";

/** What the status of a pod does not contain. */
export interface Evidence {
  /** The events of the pod and of its claims. */
  events: CoreV1Event[];
  claims: V1PersistentVolumeClaim[];
}

/** Why a pod is not ready. */
export interface Trouble {
  message: string;
  /** The container whose log can explain more. */
  container?: V1ContainerStatus;
}

/** Whether a pod is ready, and not terminating. */
export function isReady({ metadata, status }: V1Pod): boolean {
  if (metadata?.deletionTimestamp !== undefined) return false;
  return status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

/** Reasons for waiting that are not a failure. */
const ordinaryWaits = ["ContainerCreating", "PodInitializing"];

const containersOf = ({ status }: V1Pod): V1ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

/** Why a container does not run; undefined if it runs, or is about to start. */
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

/** Whether Kubernetes delays the start of a container that failed. */
const isStuck = (status: V1ContainerStatus) => status.state?.waiting !== undefined && failure(status) !== undefined;

/** The message of the scheduler for a pod that it cannot schedule. */
const unschedulable = ({ status }: V1Pod) =>
  status?.conditions?.find((condition) => condition.type === "PodScheduled" && condition.status === "False")?.message;

/**
 * Whether a pod will probably not become ready by itself: it cannot be scheduled, one of its containers cannot start or
 * crashes, or it has not been ready for longer than `deadline`, in seconds.
 */
export function isBroken(pod: V1Pod, deadline: number): boolean {
  if (isReady(pod) || pod.metadata?.deletionTimestamp !== undefined) return false;
  if (unschedulable(pod) !== undefined || containersOf(pod).some(isStuck)) return true;
  const unready = pod.status?.conditions?.find(({ type }) => type === "Ready")?.lastTransitionTime;
  return unready !== undefined && Date.now() - unready.getTime() > deadline * 1000;
}

const timeOf = ({ lastTimestamp, eventTime, metadata }: CoreV1Event) =>
  (lastTimestamp ?? eventTime ?? metadata.creationTimestamp)?.valueOf() as number;

/** The message of the last event about an object, among the events that `concerns` accepts. */
export function lastMessage(
  events: CoreV1Event[],
  uid: string | undefined,
  concerns: (event: CoreV1Event) => boolean = () => true,
): string | undefined {
  const about = events.filter((event) => event.involvedObject.uid === uid && concerns(event));
  return about.sort((one, other) => timeOf(other) - timeOf(one))[0]?.message;
}

/** Why a pod is not ready. */
export function podTrouble(pod: V1Pod, { events, claims }: Evidence = { events: [], claims: [] }): Trouble {
  if (pod.metadata?.deletionTimestamp !== undefined) return { message: "is terminating" };

  const schedulerMessage = unschedulable(pod);
  if (schedulerMessage !== undefined) {
    const unbound = claims
      .filter(({ status }) => status?.phase !== "Bound")
      .map(({ metadata }) => {
        const reason = lastMessage(events, metadata?.uid) ?? "there is no event about it";
        return `the claim ${metadata?.name ?? ""} is not bound: ${reason} (it holds no data; delete it to use another storage class)`;
      });
    return { message: [`cannot be scheduled: ${schedulerMessage}`, ...unbound].join("; ") };
  }

  for (const status of containersOf(pod)) {
    const reason = failure(status);
    if (reason !== undefined) return { message: `container ${status.name}: ${reason}`, container: status };
  }

  const waiting = containersOf(pod).find(({ state }) => state?.waiting);
  const uid = pod.metadata?.uid;
  if (waiting) {
    const warning = lastMessage(events, uid, ({ type }) => type === "Warning");
    const parts = [`container ${waiting.name}`, waiting.state?.waiting?.reason, warning];
    return { message: parts.filter((part) => part).join(": ") };
  }

  const unready = containersOf(pod).find(({ ready }) => !ready);
  if (unready === undefined) {
    const running = containersOf(pod).find(({ state }) => state?.running);
    return running
      ? { message: `container ${running.name}: running`, container: running }
      : { message: "has not started" };
  }
  const restarts = unready.restartCount > 0 ? ` (${String(unready.restartCount)} restarts)` : "";
  const probe = lastMessage(events, uid, ({ reason }) => reason === "Unhealthy");
  return {
    message: `container ${unready.name}: not ready${restarts}${probe ? `: ${probe}` : ""}`,
    container: unready,
  };
}
