import {
  AppsV1Api,
  type V1ObjectMeta,
  type V1Pod,
  type V1StatefulSet,
  type V1StatefulSetSpec,
  type V1StatefulSetStatus,
} from "@kubernetes/client-node";
import type { Cluster } from "../cluster";
import { LivePods, selectorText } from "../pods/livePods";
import { unlessMissing } from "../requests";
import { revisionOfTemplate } from "./podStates";

/** As the API server gives it: nothing of it is missing. */
export interface StatefulSet {
  metadata: V1ObjectMeta;
  spec: V1StatefulSetSpec;
  status: V1StatefulSetStatus;
}

/** A StatefulSet as it is in the cluster, with the pods that it controls. */
export class LiveStatefulSet {
  readonly pods: LivePods;
  private readonly apps: AppsV1Api;

  constructor(
    cluster: Cluster,
    private readonly namespace: string,
    readonly name: string,
  ) {
    this.pods = new LivePods(cluster, namespace);
    this.apps = cluster.api(AppsV1Api);
  }

  /** Undefined where it is missing. */
  async read(): Promise<StatefulSet | undefined> {
    const { namespace, name } = this;
    const read = await unlessMissing<V1StatefulSet>(this.apps.readNamespacedStatefulSet({ namespace, name }));
    return read as StatefulSet | undefined;
  }

  readPods({ metadata, spec }: StatefulSet): Promise<V1Pod[]> {
    return this.pods.ofOwner(metadata.uid, spec.selector);
  }

  /** The revision that a template has had before; undefined for one that is new. */
  async readRevision({ selector, template }: V1StatefulSetSpec): Promise<string | undefined> {
    const query = { namespace: this.namespace, labelSelector: selectorText(selector) };
    const { items } = await this.apps.listNamespacedControllerRevision(query);
    return revisionOfTemplate(template, items);
  }
}
