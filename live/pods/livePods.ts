import type {
  CoreV1Event,
  V1ContainerStatus,
  V1LabelSelector,
  V1PersistentVolumeClaim,
  V1Pod,
} from "@kubernetes/client-node";
import { setTimeout } from "node:timers/promises";
import { stripVTControlCharacters } from "node:util";
import type { Cluster } from "../cluster";
import { requestError } from "../requests";
import { SharedReads } from "../sharedReads";
import { cureInLog, isFinalInLog } from "./logCures";
import { podTrouble } from "./podTrouble";

/** The pods of a namespace in the cluster. */
export class LivePods {
  private readonly reads: SharedReads;

  constructor(
    private readonly cluster: Cluster,
    private readonly namespace: string,
  ) {
    this.reads = SharedReads.of(cluster, namespace);
  }

  /** The pods that an object controls, as opposed to those of an earlier object of the same name. */
  async ofOwner(owner: string | undefined, selector: V1LabelSelector | undefined): Promise<V1Pod[]> {
    const pods = await this.reads.pods(selector?.matchLabels ?? {});
    return pods.filter((pod) => pod.metadata?.ownerReferences?.some(({ uid }) => uid === owner));
  }

  /** Why a pod is not ready, with the ends of the logs of the containers that fail, and what cures what they say. */
  async explain(pod: V1Pod): Promise<string> {
    const name = pod.metadata?.name ?? "";
    const [events, claims] = await Promise.all([this.events(), this.claims(pod)]);
    const { message, containers = [] } = podTrouble(pod, { events, claims, now: this.cluster.now() });
    const logs = await Promise.all(
      containers.map(async (container) => {
        const log = await this.lastLogLines(name, container);
        const cure = cureInLog(log);
        const lines = log && log.replace(/^/gm, containers.length > 1 ? `    ${container.name} | ` : "    | ");
        return [lines, cure && `    ${cure}`];
      }),
    );
    return [`${name}: ${message}`, ...logs.flat()].filter((part) => part).join("\n");
  }

  /** Whether the log of one of the containers that crash again and again shows that it always will. */
  async isHopeless(pod: V1Pod, crashing: V1ContainerStatus[]): Promise<boolean> {
    const logs = await Promise.all(crashing.map((container) => this.lastLogLines(pod.metadata?.name ?? "", container)));
    return logs.some(isFinalInLog);
  }

  /** The events of the namespace; none if they cannot be read. */
  events(): Promise<CoreV1Event[]> {
    return atHand(this.reads.events(), () => []);
  }

  private async claims({ spec }: V1Pod): Promise<V1PersistentVolumeClaim[]> {
    const names = spec?.volumes?.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
    const claims = await atHand(this.reads.claims(), () => []);
    return claims.filter(({ metadata }) => names?.includes(metadata?.name));
  }

  /** The end of the log of a container's run that ended, or else of its first run; empty if there is none. */
  private async lastLogLines(pod: string, { name, state, lastState }: V1ContainerStatus): Promise<string> {
    // A container that has never run has no log.
    if (state?.waiting && !lastState?.terminated) return "";
    // Of a container that does not run, the current run is the one that ended last.
    const runs = state?.running && lastState?.terminated ? (["previous", "current"] as const) : (["current"] as const);
    const read = async () => {
      for (const run of runs) {
        const log = readable(await this.cluster.log(this.namespace, pod, name, run));
        if (log) return log;
      }
      return "";
    };
    return atHand(read(), (reason) => `the log cannot be read: ${reason}`);
  }
}

/** Milliseconds that a piece of evidence may take. A node that is gone never answers. */
const patience = 5000;

/** A piece of evidence. One that cannot be read must not hide the failure itself, nor delay it for long. */
async function atHand<T>(reading: Promise<T>, otherwise: (reason: string) => T): Promise<T> {
  const timer = new AbortController();
  const limit = setTimeout(patience, `no answer in ${String(patience / 1000)} s`, { signal: timer.signal });
  try {
    return await Promise.race([
      reading.catch((error: unknown) => otherwise(requestError(error))),
      limit.then(otherwise),
    ]);
  } finally {
    timer.abort();
    limit.catch(() => undefined);
  }
}

/** What the kubelet answers, as if it were the log, when a container has been removed. */
const noLog = /^(unable to retrieve container logs for|failed to try resolving symlinks in path) /;

const longestLine = 300;

/** A log without what a terminal would obey. */
function readable(log: string): string {
  if (noLog.test(log)) return "";
  const lines = stripVTControlCharacters(log)
    .trimEnd()
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "")
    .split("\n");
  return lines.map((line) => (line.length > longestLine ? `${line.slice(0, longestLine)}…` : line)).join("\n");
}
