import type { CoreV1Event, V1ContainerStatus, V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";

/** What the status of a pod does not contain. */
export interface Evidence {
  /** The events of the pod and of its claims. */
  events: CoreV1Event[];
  claims: V1PersistentVolumeClaim[];
  /** The time of the cluster, in milliseconds. */
  now: number;
}

/** Why a pod is not ready. */
export interface Trouble {
  message: string;
  /** The containers whose logs can explain more. */
  containers?: V1ContainerStatus[];
}

export const isTerminating = ({ metadata }: V1Pod) => metadata?.deletionTimestamp !== undefined;

const readiness = ({ status }: V1Pod) => status?.conditions?.find(({ type }) => type === "Ready");

/** Whether a pod is ready, and not terminating. */
export const isReady = (pod: V1Pod) => !isTerminating(pod) && readiness(pod)?.status === "True";

/** Whether a pod that is not ready has been ready before. The kubelet gives both times. */
export function wasReady(pod: V1Pod): boolean {
  const started = pod.status?.startTime?.getTime() ?? 0;
  const unready = readiness(pod)?.lastTransitionTime?.getTime() ?? 0;
  // The kubelet sets both when it first reports the pod, in whole seconds.
  return Math.abs(unready - started) > 2000;
}

/** Reasons for waiting that are not a failure. */
const ordinaryWaits = ["ContainerCreating", "PodInitializing"];

const containersOf = ({ status }: V1Pod): V1ContainerStatus[] => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

/** How the last run of a container that is over ended. */
function lastExit({ state, lastState }: V1ContainerStatus): string | undefined {
  const last = state?.terminated ?? lastState?.terminated;
  return last && `exit code ${String(last.exitCode)}${last.reason ? ` (${last.reason})` : ""}`;
}

/** Why a container does not run; undefined if it runs, or is about to start. */
function failure(status: V1ContainerStatus): string | undefined {
  const { waiting, terminated } = status.state ?? {};
  if (waiting?.reason && !ordinaryWaits.includes(waiting.reason)) {
    const { reason, message } = waiting;
    // Of a crash loop the message only says for how long the next start is delayed.
    const words = reason === "CrashLoopBackOff" ? (lastExit(status) ?? message) : (message ?? lastExit(status));
    return [reason, words].filter((part) => part).join(": ");
  }
  return terminated && terminated.exitCode !== 0 ? lastExit(status) : undefined;
}

/** The containers of a pod that do not run because they fail. */
export const failingContainers = (pod: V1Pod) => containersOf(pod).filter((status) => failure(status) !== undefined);

/** The containers that crash again and again, while Kubernetes delays their next start. */
export const crashLoops = (pod: V1Pod) =>
  failingContainers(pod).filter(({ state }) => state?.waiting?.reason === "CrashLoopBackOff");

/** Whether Kubernetes delays the start of a container that failed. */
const isStuck = (status: V1ContainerStatus) => status.state?.waiting !== undefined && failure(status) !== undefined;

/** The message of the scheduler for a pod that it cannot schedule. */
const unschedulable = ({ status }: V1Pod) =>
  status?.conditions?.find((condition) => condition.type === "PodScheduled" && condition.status === "False")?.message;

/** Whether a pod fails: it cannot be scheduled, or one of its containers cannot start or crashes. */
export const isFailing = (pod: V1Pod) =>
  !isReady(pod) && !isTerminating(pod) && (unschedulable(pod) !== undefined || containersOf(pod).some(isStuck));

export const timeOf = ({ lastTimestamp, eventTime, metadata }: CoreV1Event) =>
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

/** The seconds that a pod may take to stop beyond its grace period. */
const lateAfter = 30;

/** Kubernetes takes a pod from a node that does not answer only if somebody says that the node is gone. */
export const freesPods = (node = "") =>
  `if the node is gone for good, \`kubectl delete node ${node}\` or the taint node.kubernetes.io/out-of-service frees its pods`;

function termination({ metadata, spec }: V1Pod, now: number): string {
  // Of a pod that terminates, this is the end of the grace period.
  const late = Math.floor((now - (metadata?.deletionTimestamp?.getTime() ?? now)) / 1000);
  if (late < lateAfter) return "is terminating";
  const node = spec?.nodeName ?? "";
  return `is still terminating ${String(late)} s after its grace period: the node ${node} does not report that it has stopped; ${freesPods(node)}`;
}

/**
 * Whether the node of a pod does not answer. The controller of nodes then withdraws the readiness of the pod, and leaves
 * the containers as the kubelet last reported them. The kubelet itself always gives a reason.
 */
export function isCutOff(pod: V1Pod): boolean {
  const { status, reason } = readiness(pod) ?? {};
  const containers = pod.status?.containerStatuses ?? [];
  return status === "False" && !reason && containers.length > 0 && containers.every(({ ready }) => ready);
}

/** Why a pod is not ready, or not settled. */
export function podTrouble(
  pod: V1Pod,
  { events, claims, now }: Evidence = { events: [], claims: [], now: 0 },
): Trouble {
  if (isTerminating(pod)) return { message: termination(pod, now) };

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

  if (isCutOff(pod)) {
    const node = pod.spec?.nodeName;
    return { message: `is not ready, because its node ${node ?? ""} does not answer; ${freesPods(node)}` };
  }

  const failing = failingContainers(pod);
  if (failing.length > 0) {
    const reasons = failing.map((status) => `container ${status.name}: ${failure(status) ?? ""}`);
    return { message: reasons.join("; "), containers: failing };
  }

  const waiting = containersOf(pod).find(({ state }) => state?.waiting);
  const uid = pod.metadata?.uid;
  if (waiting) {
    // The last event: a warning is over when something else has happened.
    const parts = [`container ${waiting.name}`, waiting.state?.waiting?.reason, lastMessage(events, uid)];
    return { message: parts.filter((part) => part).join(": ") };
  }

  const restarts = ({ restartCount }: V1ContainerStatus) =>
    restartCount === 1 ? "1 restart" : `${String(restartCount)} restarts`;
  const unready = containersOf(pod).find(({ ready, state }) => !ready && !state?.terminated);
  if (unready === undefined) {
    const restarted = containersOf(pod).find(({ restartCount, state }) => restartCount > 0 && state?.running);
    const running = restarted ?? containersOf(pod).find(({ state }) => state?.running);
    if (running === undefined) return { message: "has not started" };
    const last = lastExit(running);
    const words = restarted
      ? [restarts(restarted), last && `last ${last}`].filter((part) => part).join(", ")
      : "running";
    return { message: `container ${running.name}: ${words}`, containers: [running] };
  }
  const count = unready.restartCount > 0 ? ` (${restarts(unready)})` : "";
  const probe = lastMessage(events, uid, ({ reason }) => reason === "Unhealthy");
  return {
    message: `container ${unready.name}: not ready${count}${probe ? `: ${probe}` : ""}`,
    containers: [unready],
  };
}
