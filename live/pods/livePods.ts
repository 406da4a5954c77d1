import {
  CoreV1Api,
  type CoreV1Event,
  type V1LabelSelector,
  type V1PersistentVolumeClaim,
  type V1Pod,
} from "@kubernetes/client-node";
import type { Cluster } from "../cluster";
import { lastWords, podTrouble } from "./podTrouble";
import { hasCode } from "../requests";

/** The pods of a namespace, as they are in the cluster. */
export class LivePods {
  private readonly core: CoreV1Api;

  constructor(
    cluster: Cluster,
    private readonly namespace: string,
  ) {
    this.core = cluster.api(CoreV1Api);
  }

  /** The pods that an object controls: not those that another one of its name left behind. */
  async ofOwner(owner: string | undefined, selector: V1LabelSelector | undefined): Promise<V1Pod[]> {
    const query = { namespace: this.namespace, labelSelector: selectorText(selector) };
    const { items } = await this.core.listNamespacedPod(query);
    return items.filter((pod) => pod.metadata?.ownerReferences?.some(({ uid }) => uid === owner));
  }

  /** Deletes a pod, unless it has changed since it was read: it may have become ready. Says whether it did. */
  async delete({ metadata }: V1Pod): Promise<boolean> {
    const { name = "", uid, resourceVersion } = metadata ?? {};
    const body = { preconditions: { uid, resourceVersion } };
    try {
      await this.core.deleteNamespacedPod({ namespace: this.namespace, name, body });
      return true;
    } catch (error) {
      if (hasCode(error, 404, 409)) return false;
      throw error;
    }
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
  private async events(): Promise<CoreV1Event[]> {
    const { items } = await this.core.listNamespacedEvent({ namespace: this.namespace }).catch(() => ({ items: [] }));
    return items;
  }

  private async claims({ spec }: V1Pod): Promise<V1PersistentVolumeClaim[]> {
    const names = spec?.volumes?.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
    const query = { namespace: this.namespace };
    const { items } = await this.core.listNamespacedPersistentVolumeClaim(query).catch(() => ({ items: [] }));
    return items.filter(({ metadata }) => names?.includes(metadata?.name));
  }

  /** Of the container's run before, or of this one where it is the first; empty where there is none. */
  private async lastLogLines(name: string, container: string): Promise<string> {
    const request = { namespace: this.namespace, name, container, tailLines: 5 };
    for (const previous of [true, false]) {
      const log = await this.core.readNamespacedPodLog({ ...request, previous }).catch(() => "");
      if (log) return log;
    }
    return "";
  }
}

/** A selector by labels, as a query has it. */
export const selectorText = ({ matchLabels = {} }: V1LabelSelector = {}) =>
  Object.entries(matchLabels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
