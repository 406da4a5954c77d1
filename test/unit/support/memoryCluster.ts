import {
  ApiException,
  type CoreV1Event,
  type KubernetesObject,
  type V1ConfigMap,
  type V1ControllerRevision,
  type V1Job,
  type V1ObjectMeta,
  type V1PersistentVolume,
  type V1PersistentVolumeClaim,
  type V1Pod,
  type V1PodDisruptionBudget,
  type V1Secret,
  type V1StatefulSet,
  type V1StatefulSetSpec,
} from "@kubernetes/client-node";
import type {
  Cluster,
  Hidden,
  Kind,
  LiveObject,
  LiveSecret,
  ObjectName,
  Verdict,
  VolumeUse,
  VolumeSnapshot,
  VolumeSnapshotContent,
} from "../../../live/cluster";
import type { Labels } from "../../../objects/labels";

/** The API server's answer with an error. */
export const apiError = (code: number, message: string) =>
  new ApiException(code, "", JSON.stringify({ kind: "Status", message }), {});

interface Stored {
  metadata?: V1ObjectMeta;
}

/** A cluster in memory: holds objects by kind, namespace and name, and does with them what a test says. */
export class MemoryCluster implements Cluster {
  readonly context = "memory";
  readonly providerArgs = { context: "memory" };
  readonly kubectlOptions = "--context memory";
  isReadable = true;
  readonly now = () => Date.now();

  /** Plays the controllers: called each time before the cluster is asked. */
  controller: () => void = () => undefined;
  /** The kinds that the user is not allowed to read. */
  readonly hidden = new Set<string>();
  /** The webhooks of MutatingWebhookConfigurations. */
  readonly webhooks: string[] = [];
  /** Whether the objects of a kind are in a namespace, by version and kind, apart from the stack's usual kinds. */
  readonly kinds = new Map<string, boolean>();
  /** What the API server says of objects that are validated, by kind and name. */
  readonly verdicts = new Map<string, Verdict>();
  /** The objects that were validated. */
  readonly validated: KubernetesObject[] = [];
  /** Whether there are VolumeSnapshots. */
  hasSnapshots = true;
  /** Why the API server does not let claims grow or objects be applied, by their names. */
  readonly refusals = new Map<string, string>();
  /** By pod and container; the run before has `previous` in front. */
  readonly logs = new Map<string, string>();
  /** How full the volumes of claims are, by node and by the name of the claim. */
  readonly volumeUses = new Map<string, Map<string, VolumeUse>>();
  /** The writes that were asked for, in words. */
  readonly writes: string[] = [];

  private readonly stored = new Map<string, Map<string, Stored>>();

  /** Puts an object into the cluster, in place of one of the same kind, namespace and name. */
  put(kind: string, ...objects: Stored[]): this {
    const ofKind = this.stored.get(kind) ?? new Map<string, Stored>();
    this.stored.set(kind, ofKind);
    for (const object of objects) ofKind.set(key(object.metadata?.namespace, object.metadata?.name), object);
    return this;
  }

  remove(kind: string, namespace: string | undefined, name: string): void {
    this.stored.get(kind)?.delete(key(namespace, name));
  }

  namespace(name: string): Promise<V1ObjectMeta | Hidden | undefined> {
    const found = this.find("Namespace", undefined, name);
    return Promise.resolve(this.hidden.has("Namespace") ? "hidden" : found && (found.metadata ?? {}));
  }

  objects(kind: Exclude<Kind, "Secret">, namespace: string): Promise<LiveObject[]> {
    const found = this.list(kind, namespace);
    return Promise.resolve(found.map(({ metadata = {} }) => ({ ...metadata, name: metadata.name ?? "" })));
  }

  object({ kind, metadata: { namespace, name } }: ObjectName): Promise<LiveObject | undefined> {
    const found = this.find(kind, namespace, name);
    return Promise.resolve(found && { ...found.metadata, name });
  }

  kind(apiVersion: string, kind: string): Promise<{ isNamespaced: boolean } | Hidden | undefined> {
    const isNamespaced = this.kinds.get(`${apiVersion} ${kind}`);
    return Promise.resolve(isNamespaced === undefined ? undefined : { isNamespaced });
  }

  statefulSets(namespace: string): Promise<V1StatefulSet[]> {
    return Promise.resolve(this.list("StatefulSet", namespace));
  }

  budgets(namespace: string): Promise<V1PodDisruptionBudget[]> {
    return Promise.resolve(this.list("PodDisruptionBudget", namespace));
  }

  claims(namespace: string): Promise<V1PersistentVolumeClaim[]> {
    return Promise.resolve(this.list("PersistentVolumeClaim", namespace));
  }

  volume(name: string): Promise<V1PersistentVolume | Hidden | undefined> {
    return Promise.resolve(
      this.hidden.has("PersistentVolume") ? "hidden" : this.find("PersistentVolume", undefined, name),
    );
  }

  snapshots(namespace: string): Promise<VolumeSnapshot[] | undefined> {
    return Promise.resolve(
      this.hasSnapshots ? (this.list("VolumeSnapshot", namespace) as VolumeSnapshot[]) : undefined,
    );
  }

  snapshotContent(name: string): Promise<VolumeSnapshotContent | undefined> {
    return Promise.resolve(this.find("VolumeSnapshotContent", undefined, name) as VolumeSnapshotContent | undefined);
  }

  configMap(namespace: string, name: string): Promise<V1ConfigMap | undefined> {
    return Promise.resolve(this.find("ConfigMap", namespace, name));
  }

  secret(namespace: string, name: string): Promise<LiveSecret | undefined> {
    const secret: V1Secret | undefined = this.find("Secret", namespace, name);
    if (secret === undefined) return Promise.resolve(undefined);
    const data = new Map(Object.entries(secret.data ?? {}));
    const isGuarded = secret.metadata?.managedFields !== undefined;
    const { labels = {}, annotations = {} } = secret.metadata ?? {};
    return Promise.resolve({ labels, annotations, type: secret.type ?? "Opaque", data, isGuarded });
  }

  mayListSecrets(): Promise<boolean> {
    return Promise.resolve(!this.hidden.has("list Secrets"));
  }

  jobs(namespace: string, labels: Labels): Promise<V1Job[]> {
    return Promise.resolve(this.list("Job", namespace, labels));
  }

  serviceAnnotations(namespace: string, name: string): Promise<Record<string, string>> {
    return Promise.resolve(this.find("Service", namespace, name)?.metadata?.annotations ?? {});
  }

  mutatingWebhooks(): Promise<string[] | Hidden | undefined> {
    return Promise.resolve(this.hidden.has("MutatingWebhookConfiguration") ? "hidden" : this.webhooks);
  }

  /** Adds a default that no test sets. */
  withDefaults(_: string, spec: V1StatefulSetSpec): Promise<V1StatefulSetSpec> {
    const { template } = spec;
    return Promise.resolve({
      ...spec,
      template: { ...template, spec: { ...template.spec, dnsPolicy: "Default" } },
    } as V1StatefulSetSpec);
  }

  validate(object: KubernetesObject): Promise<Verdict> {
    this.validated.push(object);
    return Promise.resolve(this.verdicts.get(`${object.kind ?? ""} ${object.metadata?.name ?? ""}`) ?? {});
  }

  statefulSet(namespace: string, name: string): Promise<V1StatefulSet | undefined> {
    return Promise.resolve(this.find("StatefulSet", namespace, name));
  }

  listStatefulSets(namespace: string): Promise<V1StatefulSet[]> {
    return Promise.resolve(this.list("StatefulSet", namespace));
  }

  job(namespace: string, name: string): Promise<V1Job | undefined> {
    return Promise.resolve(this.find("Job", namespace, name));
  }

  pods(namespace: string, labels: Labels): Promise<V1Pod[]> {
    return Promise.resolve(this.list("Pod", namespace, labels));
  }

  revisions(namespace: string, labels: Labels): Promise<V1ControllerRevision[]> {
    return Promise.resolve(this.list("ControllerRevision", namespace, labels) as V1ControllerRevision[]);
  }

  events(namespace: string): Promise<CoreV1Event[]> {
    return Promise.resolve(this.list("Event", namespace) as CoreV1Event[]);
  }

  volumeUse(node: string): Promise<Map<string, VolumeUse>> {
    if (this.hidden.has("kubelet")) return Promise.reject(apiError(403, "nodes/proxy is forbidden"));
    return Promise.resolve(this.volumeUses.get(node) ?? new Map<string, VolumeUse>());
  }

  log(_namespace: string, pod: string, container: string, run: "previous" | "current"): Promise<string> {
    return Promise.resolve(this.logs.get(`${run === "previous" ? "previous " : ""}${pod} ${container}`) ?? "");
  }

  evictPod({ metadata }: V1Pod): Promise<boolean> {
    const { namespace, name = "", uid } = metadata ?? {};
    if (this.find("Pod", namespace, name)?.metadata?.uid !== uid) return Promise.resolve(false);
    this.writes.push(`evicts ${name}`);
    this.remove("Pod", namespace, name);
    return Promise.resolve(true);
  }

  ownFields({ kind, metadata }: ObjectName): Promise<void> {
    this.writes.push(`owns ${kind} ${metadata.name}`);
    return Promise.resolve();
  }

  labelNamespace(name: string, labels: Labels): Promise<boolean> {
    this.writes.push(`labels ${name} ${JSON.stringify(labels)}`);
    return Promise.resolve(!this.hidden.has("patch Namespace"));
  }

  annotateService(namespace: string, name: string, annotations: Record<string, string>): Promise<void> {
    if (this.hidden.has("patch Service")) return Promise.reject(apiError(403, "services is forbidden"));
    const { metadata } = this.find("Service", namespace, name) ?? {};
    this.put("Service", {
      metadata: { ...metadata, namespace, name, annotations: { ...metadata?.annotations, ...annotations } },
    });
    this.writes.push(`annotates ${name} ${JSON.stringify(annotations)}`);
    return Promise.resolve();
  }

  apply(object: KubernetesObject): Promise<void> {
    const { kind = "", metadata: { name = "" } = {} } = object;
    const refusal = this.refusals.get(name);
    if (refusal !== undefined) return Promise.reject(apiError(403, refusal));
    this.writes.push(`applies ${kind} ${name}`);
    this.put(kind, object);
    return Promise.resolve();
  }

  deleteSnapshot({ metadata: { namespace, name } }: VolumeSnapshot): Promise<void> {
    this.writes.push(`deletes ${name}`);
    this.remove("VolumeSnapshot", namespace, name);
    return Promise.resolve();
  }

  growClaim(claim: V1PersistentVolumeClaim, size: string, { dryRun } = { dryRun: false }): Promise<void> {
    const { namespace, name = "" } = claim.metadata ?? {};
    const refusal = this.refusals.get(name);
    if (refusal !== undefined) return Promise.reject(apiError(403, refusal));
    this.writes.push(`grows ${name} to ${size}${dryRun ? " in a dry run" : ""}`);
    const found: V1PersistentVolumeClaim | undefined = this.find("PersistentVolumeClaim", namespace, name);
    if (found?.spec && !dryRun) found.spec = { ...found.spec, resources: { requests: { storage: size } } };
    return Promise.resolve();
  }

  touchPod(_namespace: string, name: string, annotations: Record<string, string>): Promise<void> {
    this.writes.push(`touches ${name} ${JSON.stringify(annotations)}`);
    return Promise.resolve();
  }

  deleteWithoutPods({ metadata }: V1StatefulSet): Promise<void> {
    this.writes.push(`deletes ${metadata?.name ?? ""} without its pods`);
    this.remove("StatefulSet", metadata?.namespace, metadata?.name ?? "");
    return Promise.resolve();
  }

  /** A claim with a finalizer stays, as one that is terminating. */
  deleteClaim({ metadata }: V1PersistentVolumeClaim): Promise<boolean> {
    const { namespace, name = "", uid, resourceVersion } = metadata ?? {};
    const found: V1PersistentVolumeClaim | undefined = this.find("PersistentVolumeClaim", namespace, name);
    if (found === undefined) return Promise.resolve(true);
    if (found.metadata?.uid !== uid || found.metadata?.resourceVersion !== resourceVersion) {
      return Promise.resolve(false);
    }
    this.writes.push(`deletes ${name}`);
    if (found.metadata?.finalizers) found.metadata.deletionTimestamp = new Date();
    else this.remove("PersistentVolumeClaim", namespace, name);
    return Promise.resolve(true);
  }

  labelClaim({ metadata }: V1PersistentVolumeClaim, labels: Labels): Promise<void> {
    this.writes.push(`labels ${metadata?.name ?? ""} ${JSON.stringify(labels)}`);
    return Promise.resolve();
  }

  guardSecret(_namespace: string, name: string, data: Record<string, string>): Promise<void> {
    this.writes.push(`guards ${name} ${JSON.stringify(data)}`);
    return Promise.resolve();
  }

  private find(kind: string, namespace: string | undefined, name: string): Stored | undefined {
    this.controller();
    return this.stored.get(kind)?.get(key(namespace, name));
  }

  private list(kind: string, namespace: string, labels: Labels = {}): Stored[] {
    this.controller();
    return [...(this.stored.get(kind)?.values() ?? [])].filter(
      ({ metadata }) =>
        metadata?.namespace === namespace &&
        Object.entries(labels).every(([label, value]) => metadata.labels?.[label] === value),
    );
  }
}

const key = (namespace = "", name = "") => `${namespace}/${name}`;
