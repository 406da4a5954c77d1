import type { V1ObjectMeta, V1Pod, V1StatefulSetSpec, V1StatefulSetStatus } from "@kubernetes/client-node";
import type { Cluster } from "../cluster";
import { LivePods } from "../pods/livePods";
import { SharedReads } from "../sharedReads";
import { revisionOfTemplate } from "./podStates";

/** A StatefulSet as the API server returns it, in which no field is missing. */
export interface StatefulSet {
  metadata: V1ObjectMeta;
  spec: V1StatefulSetSpec;
  status: V1StatefulSetStatus;
}

/** A StatefulSet in the cluster, with the pods that it controls. */
export class LiveStatefulSet {
  readonly pods: LivePods;

  constructor(
    readonly cluster: Cluster,
    private readonly namespace: string,
    readonly name: string,
  ) {
    this.pods = new LivePods(cluster, namespace);
  }

  /** Undefined if it does not exist. */
  async read(): Promise<StatefulSet | undefined> {
    return (await SharedReads.of(this.cluster, this.namespace).statefulSet(this.name)) as StatefulSet | undefined;
  }

  readPods({ metadata, spec }: StatefulSet): Promise<V1Pod[]> {
    return this.pods.ofOwner(metadata.uid, spec.selector);
  }

  /** The revision of a template; undefined if the template is new. */
  async readRevision({ selector, template }: V1StatefulSetSpec): Promise<string | undefined> {
    return revisionOfTemplate(template, await this.cluster.revisions(this.namespace, selector.matchLabels ?? {}));
  }
}
