import type { CoreV1Event, V1LabelSelector, V1PersistentVolumeClaim, V1Pod } from "@kubernetes/client-node";
import type { Cluster } from "../cluster";
import { lastWords, podTrouble } from "./podTrouble";

/** The pods of a namespace, as they are in the cluster. */
export class LivePods {
  constructor(
    private readonly cluster: Cluster,
    private readonly namespace: string,
  ) {}

  /** The pods that an object controls: not those that another one of its name left behind. */
  async ofOwner(owner: string | undefined, selector: V1LabelSelector | undefined): Promise<V1Pod[]> {
    const pods = await this.cluster.pods(this.namespace, selector?.matchLabels ?? {});
    return pods.filter((pod) => pod.metadata?.ownerReferences?.some(({ uid }) => uid === owner));
  }

  /** Says why a pod does not do what it is to do, with the last words of a container that fails. */
  async explain(pod: V1Pod): Promise<string> {
    const name = pod.metadata?.name ?? "";
    const { words, container } = podTrouble(pod, { events: await this.events(), claims: await this.claims(pod) });
    const log = container ? await this.lastLogLines(name, container) : "";
    return `${name}: ${words}${log && `\n${log.trimEnd().replace(/^/gm, "    | ")}`}`;
  }

  /** The last warning about an object that is to make a pod, and has not. */
  async lastWarning(owner: string | undefined): Promise<string | undefined> {
    return lastWords(await this.events(), owner, ({ type }) => type === "Warning");
  }

  /** What cannot be read explains nothing, and must not hide what is to be explained. */
  private events(): Promise<CoreV1Event[]> {
    return this.cluster.events(this.namespace).catch(() => []);
  }

  private async claims({ spec }: V1Pod): Promise<V1PersistentVolumeClaim[]> {
    const names = spec?.volumes?.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
    const claims = await this.cluster.claims(this.namespace).catch(() => []);
    return claims.filter(({ metadata }) => names?.includes(metadata?.name));
  }

  /** Of the container's run before, or of this one where it is the first; empty where there is none. */
  private async lastLogLines(name: string, container: string): Promise<string> {
    for (const run of ["previous", "current"] as const) {
      const log = await this.cluster.log(this.namespace, name, container, run).catch(() => "");
      if (log) return log;
    }
    return "";
  }
}
