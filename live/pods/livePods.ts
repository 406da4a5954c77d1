import type { CoreV1Event, V1LabelSelector, V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import type { Cluster } from "../cluster";
import { lastMessage, podTrouble } from "./podTrouble";

/** The pods of a namespace in the cluster. */
export class LivePods {
  constructor(
    private readonly cluster: Cluster,
    private readonly namespace: string,
  ) {}

  /** The pods that an object controls, as opposed to those of an earlier object of the same name. */
  async ofOwner(owner: string | undefined, selector: V1LabelSelector | undefined): Promise<V1Pod[]> {
    const pods = await this.cluster.pods(this.namespace, selector?.matchLabels ?? {});
    return pods.filter((pod) => pod.metadata?.ownerReferences?.some(({ uid }) => uid === owner));
  }

  /** Why a pod is not ready, with the end of the log of a container that fails. */
  async explain(pod: V1Pod): Promise<string> {
    const name = pod.metadata?.name ?? "";
    const { message, container } = podTrouble(pod, { events: await this.events(), claims: await this.claims(pod) });
    const log = container ? await this.lastLogLines(name, container) : "";
    return `${name}: ${message}${log && `\n${log.trimEnd().replace(/^/gm, "    | ")}`}`;
  }

  /** The last warning about an object that has not created a pod. */
  async lastWarning(owner: string | undefined): Promise<string | undefined> {
    return lastMessage(await this.events(), owner, ({ type }) => type === "Warning");
  }

  /** Events that cannot be read must not hide the failure itself. */
  private events(): Promise<CoreV1Event[]> {
    return this.cluster.events(this.namespace).catch(() => []);
  }

  private async claims({ spec }: V1Pod): Promise<V1PersistentVolumeClaim[]> {
    const names = spec?.volumes?.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
    const claims = await this.cluster.claims(this.namespace).catch(() => []);
    return claims.filter(({ metadata }) => names?.includes(metadata?.name));
  }

  /** The end of the log of the container's previous run, or of its first run; empty if there is none. */
  private async lastLogLines(name: string, container: string): Promise<string> {
    for (const run of ["previous", "current"] as const) {
      const log = await this.cluster.log(this.namespace, name, container, run).catch(() => "");
      if (log) return log;
    }
    return "";
  }
}
