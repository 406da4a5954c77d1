import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  type V1ObjectMeta,
  type V1PersistentVolumeClaim,
  type V1Pod,
  type V1StatefulSetSpec,
  type V1StatefulSetStatus,
} from "@kubernetes/client-node";
import type { Cluster } from "../cluster";
import { revisionOfTemplate } from "./podStates";
import { lastWords, podTrouble } from "./podTrouble";

/** As the API server gives it: nothing of it is missing. */
export interface StatefulSet {
  metadata: V1ObjectMeta;
  spec: V1StatefulSetSpec;
  status: V1StatefulSetStatus;
}

/** A StatefulSet as it is in the cluster, with the pods that it controls. */
export class LiveStatefulSet {
  private readonly core: CoreV1Api;
  private readonly apps: AppsV1Api;

  constructor(
    cluster: Cluster,
    private readonly namespace: string,
    readonly name: string,
  ) {
    this.core = cluster.api(CoreV1Api);
    this.apps = cluster.api(AppsV1Api);
  }

  /** Undefined where it is missing. */
  async read(): Promise<StatefulSet | undefined> {
    try {
      const { namespace, name } = this;
      return (await this.apps.readNamespacedStatefulSet({ namespace, name })) as StatefulSet;
    } catch (error) {
      if (hasCode(error, 404)) return undefined;
      throw error;
    }
  }

  /** The pods of a StatefulSet that was read: not those that another one of its name left behind. */
  async readPods({ metadata, spec }: StatefulSet): Promise<V1Pod[]> {
    const { items } = await this.core.listNamespacedPod({ namespace: this.namespace, labelSelector: selector(spec) });
    return items.filter((pod) => pod.metadata?.ownerReferences?.some(({ uid }) => uid === metadata.uid));
  }

  /** The revision that a template has had before; undefined for one that is new. */
  async readRevision(spec: V1StatefulSetSpec): Promise<string | undefined> {
    const query = { namespace: this.namespace, labelSelector: selector(spec) };
    const { items } = await this.apps.listNamespacedControllerRevision(query);
    return revisionOfTemplate(spec.template, items);
  }

  /** Deletes a pod, unless it has changed since it was read: it may have become ready. Says whether it did. */
  async deletePod({ metadata }: V1Pod): Promise<boolean> {
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

  /** Says why a pod is not ready, with the last words of a container that fails. */
  async explain(name: string, pod: V1Pod | undefined, { metadata }: StatefulSet): Promise<string> {
    const { items: events } = await this.core.listNamespacedEvent({ namespace: this.namespace });
    if (!pod) {
      const refusal = lastWords(events, metadata.uid, ({ type }) => type === "Warning");
      return `${name}: not there: ${refusal ?? "the controller has not made it so far"}`;
    }
    const { words, container } = podTrouble(pod, { events, claims: await this.readClaims(pod) });
    const log = container ? await this.lastLogLines(name, container) : "";
    return `${name}: ${words}${log && `\n${log.trimEnd().replace(/^/gm, "    | ")}`}`;
  }

  private async readClaims({ spec }: V1Pod): Promise<V1PersistentVolumeClaim[]> {
    const names = spec?.volumes?.map(({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName);
    const { items } = await this.core.listNamespacedPersistentVolumeClaim({ namespace: this.namespace });
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

const selector = ({ selector }: V1StatefulSetSpec) =>
  Object.entries(selector.matchLabels ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(",");

const hasCode = (error: unknown, ...codes: number[]) => error instanceof ApiException && codes.includes(error.code);

/** Whether the API server has said no, and will do so again. */
export const isRefusal = (error: unknown) => hasCode(error, 400, 401, 403, 404, 405, 422);

/** What the API server said, or why it did not. */
export function requestError(error: unknown): string {
  if (error instanceof ApiException && typeof error.body === "string") {
    return (JSON.parse(error.body) as { message?: string }).message ?? error.body;
  }
  return String((error as Error).message.split("\n")[0]);
}
