import type {
  CoreV1Event,
  KubernetesObject,
  V1ConfigMap,
  V1ControllerRevision,
  V1Job,
  V1ObjectMeta,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1StatefulSet,
  V1StatefulSetSpec,
} from "@kubernetes/client-node";
import type { ProviderArgs } from "@pulumi/kubernetes";
import type { Labels } from "../objects/labels";

/** The kinds of objects that a stack creates in its namespace. */
export type Kind =
  | "StatefulSet"
  | "Service"
  | "ServiceAccount"
  | "NetworkPolicy"
  | "PodDisruptionBudget"
  | "ConfigMap"
  | "Secret"
  | "Job"
  | "CronJob";

/** The metadata of an object in the cluster. */
export type LiveObject = V1ObjectMeta & { name: string };

/** A snapshot of a volume, as far as the program reads it. */
export interface VolumeSnapshot {
  metadata: LiveObject;
  status?: {
    readyToUse?: boolean;
    /** When the driver took it. */
    creationTime?: string;
    /** The smallest size of a volume that is made from it. */
    restoreSize?: string;
    boundVolumeSnapshotContentName?: string;
    error?: { message?: string };
  };
}

/** How the driver knows a snapshot. */
export interface VolumeSnapshotContent {
  spec: { driver: string; sourceVolumeMode?: string; volumeSnapshotClassName?: string };
  status?: { snapshotHandle?: string };
}

/** Names an object of any kind. */
export interface ObjectName {
  apiVersion: string;
  kind: string;
  metadata: { namespace?: string; name: string };
}

/** A Secret as it is in the cluster. */
export interface LiveSecret {
  labels: Labels;
  annotations: Record<string, string>;
  type: string;
  /** In base64, by key. */
  data: Map<string, string>;
  /** Whether {@link Cluster.guardSecret} has been used on it. */
  isGuarded: boolean;
}

/** What the API server says of an object: that it is invalid, why it was not validated, or nothing. */
export interface Verdict {
  invalid?: string;
  unchecked?: string;
}

/** How full the volume of a claim is, in bytes. */
export interface VolumeUse {
  /** Of the file system, which can be smaller than the volume, or be shared by several. */
  capacity: number;
  used: number;
}

/** The answer if the user is not allowed to read something. */
export type Hidden = "hidden";

/**
 * The cluster as it is. Everything that the program itself reads there, and the little that it writes, goes through this
 * interface. Providers create the objects.
 *
 * Something that does not exist is undefined, or not in a list. Errors are those of the client, or errors for the user.
 */
export interface Cluster {
  /** The name of the kubeconfig's context. */
  readonly context: string;
  /** Lets a provider use the same cluster. */
  readonly providerArgs: Pick<ProviderArgs, "kubeconfig" | "context">;
  /** The options by which kubectl uses the same cluster. */
  readonly kubectlOptions: string;
  /** False if nothing is known about the cluster: there is none, or a preview continues without an answer from it. */
  readonly isReadable: boolean;
  /** The time of the API server in milliseconds, as of its last answer: this machine can have another one. */
  now(): number;

  // Requests that are sent once. In a preview, a cluster that does not answer counts as empty, and the user is warned.

  namespace(name: string): Promise<V1ObjectMeta | Hidden | undefined>;
  /** The objects of a kind. An error for the user if they are hidden, as are hidden claims, budgets and Secrets. */
  objects(kind: Exclude<Kind, "Secret">, namespace: string): Promise<LiveObject[]>;
  /** An object of any kind. An error for the user if it is hidden. */
  object(name: ObjectName): Promise<LiveObject | undefined>;
  /** Whether the objects of a kind are in a namespace; undefined if the cluster does not have the kind. */
  kind(apiVersion: string, kind: string): Promise<{ isNamespaced: boolean } | Hidden | undefined>;
  statefulSets(namespace: string): Promise<V1StatefulSet[]>;
  budgets(namespace: string): Promise<V1PodDisruptionBudget[]>;
  claims(namespace: string): Promise<V1PersistentVolumeClaim[]>;
  volume(name: string): Promise<V1PersistentVolume | Hidden | undefined>;
  /** The VolumeSnapshots; undefined if the cluster does not have the kind. */
  snapshots(namespace: string): Promise<VolumeSnapshot[] | undefined>;
  snapshotContent(name: string): Promise<VolumeSnapshotContent | undefined>;
  configMap(namespace: string, name: string): Promise<V1ConfigMap | undefined>;
  /** One by one: whoever is allowed to list Secrets is allowed to read all of them. */
  secret(namespace: string, name: string): Promise<LiveSecret | undefined>;
  /** Whether the user is allowed to list Secrets, which Pulumi's provider does until one is deleted. */
  mayListSecrets(namespace: string): Promise<boolean>;
  jobs(namespace: string, labels: Labels): Promise<V1Job[]>;
  serviceAnnotations(namespace: string, name: string): Promise<Record<string, string>>;
  /** The names of the webhooks in all MutatingWebhookConfigurations; undefined if the cluster does not answer. */
  mutatingWebhooks(): Promise<string[] | Hidden | undefined>;
  /** Has an object validated, in its namespace if that exists. Nothing is created. */
  validate(object: KubernetesObject, hasNamespace: boolean): Promise<Verdict>;
  /** The spec of a StatefulSet with the defaults of the API server. Nothing is created. */
  withDefaults(namespace: string, spec: V1StatefulSetSpec): Promise<V1StatefulSetSpec>;

  // Requests that are sent repeatedly, and only if the cluster is readable.

  statefulSet(namespace: string, name: string): Promise<V1StatefulSet | undefined>;
  listStatefulSets(namespace: string): Promise<V1StatefulSet[]>;
  job(namespace: string, name: string): Promise<V1Job | undefined>;
  pods(namespace: string, labels: Labels): Promise<V1Pod[]>;
  revisions(namespace: string, labels: Labels): Promise<V1ControllerRevision[]>;
  events(namespace: string): Promise<CoreV1Event[]>;
  /** How full the volumes are that pods on a node mount, by claim. An error if the user may not ask the kubelet. */
  volumeUse(node: string, namespace: string): Promise<Map<string, VolumeUse>>;
  /** The last lines of a container's log: of its previous run, or of the current one. */
  log(namespace: string, pod: string, container: string, run: "previous" | "current"): Promise<string>;

  /**
   * Has the API server delete a pod, unless the pod has changed since it was read and could be ready now, or a
   * PodDisruptionBudget does not allow it, which is an error with the code 429. Returns whether the pod was deleted.
   */
  evictPod(pod: V1Pod): Promise<boolean>;
  /**
   * Makes the program's field manager the owner of an object that Pulumi's provider has just created. Otherwise the
   * provider does so in the first update, but not in the preview of it, which then shows fields that the update removes.
   */
  ownFields(object: ObjectName): Promise<void>;
  /** Adds labels to a namespace. Returns false if the user is not allowed to do so. */
  labelNamespace(name: string, labels: Labels): Promise<boolean>;
  /** Adds annotations to a Service. */
  annotateService(namespace: string, name: string, annotations: Record<string, string>): Promise<void>;
  /** Creates an object. One that exists must not have other values. */
  apply(object: KubernetesObject): Promise<void>;
  /** Deletes a VolumeSnapshot, unless it is another one by now. */
  deleteSnapshot(snapshot: VolumeSnapshot): Promise<void>;
  /** Makes a claim larger. */
  growClaim(claim: V1PersistentVolumeClaim, size: string, options?: { dryRun: boolean }): Promise<void>;
  /** Adds annotations to a pod, if it exists and the user is allowed to do so: its kubelet looks at it again. */
  touchPod(namespace: string, name: string, annotations: Record<string, string>): Promise<void>;
  /** Deletes a StatefulSet, unless it is another one by now. Its pods go on without it. */
  deleteWithoutPods(statefulSet: V1StatefulSet): Promise<void>;
  /** Deletes a claim, unless it has changed since it was read. Returns whether it did so, or the claim was gone already. */
  deleteClaim(claim: V1PersistentVolumeClaim): Promise<boolean>;
  /** Adds labels to a claim. */
  labelClaim(claim: V1PersistentVolumeClaim, labels: Labels): Promise<void>;
  /**
   * Gives values of a Secret, in base64, a second field manager, so that applying other values is a conflict. Other
   * values of the Secret lose it.
   */
  guardSecret(namespace: string, name: string, data: Record<string, string>): Promise<void>;
}
