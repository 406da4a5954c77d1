import type {
  CoreV1Event,
  V1ControllerRevision,
  V1Job,
  V1ObjectMeta,
  V1PersistentVolumeClaim,
  V1Pod,
  V1StatefulSet,
} from "@kubernetes/client-node";
import type { ProviderArgs } from "@pulumi/kubernetes";
import type { Labels } from "../objects/labels";

/** The kinds of the objects that a stack makes in its namespace. */
export type Kind = "StatefulSet" | "Service" | "ServiceAccount" | "ConfigMap" | "Secret" | "Job";

/** The metadata of an object in the cluster. */
export type LiveObject = V1ObjectMeta & { name: string };

/** A Secret as it is in the cluster. */
export interface LiveSecret {
  annotations: Record<string, string>;
  /** Decoded, by key. */
  data: Map<string, string>;
  /** Whether {@link Cluster.guardSecret} has been used on it. */
  isGuarded: boolean;
}

/** In place of what the user is not allowed to read. */
export type Hidden = "hidden";

/**
 * The cluster as it is. Everything that the program itself reads there, and the little that it writes, goes through this
 * interface; the objects are made by the providers.
 *
 * What is missing is undefined, or left out of a list. An error that is not one for the user is the API server's own.
 */
export interface Cluster {
  /** The name of the kubeconfig's context. */
  readonly context: string;
  /** Lets a provider use the same cluster. */
  readonly providerArgs: Pick<ProviderArgs, "kubeconfig" | "context">;
  /** The options by which kubectl uses the same cluster. */
  readonly kubectlOptions: string;
  /** False if nothing is known about the cluster: there is none, or a preview goes on without an answer from it. */
  readonly isReadable: boolean;

  // What is asked once. In a preview a cluster that does not answer counts as empty, and the user is warned.

  namespace(name: string): Promise<V1ObjectMeta | Hidden | undefined>;
  /** The objects of a kind. It is an error for the user if they are hidden, as it is for claims and Secrets. */
  objects(kind: Kind, namespace: string): Promise<LiveObject[]>;
  statefulSets(namespace: string): Promise<V1StatefulSet[]>;
  claims(namespace: string): Promise<V1PersistentVolumeClaim[]>;
  secret(namespace: string, name: string): Promise<LiveSecret | undefined>;
  jobs(namespace: string, labels: Labels): Promise<V1Job[]>;
  /** The names of the webhooks in all MutatingWebhookConfigurations; undefined if the cluster does not answer. */
  mutatingWebhooks(): Promise<string[] | Hidden | undefined>;

  // What is asked again and again, and only if the cluster is readable.

  statefulSet(namespace: string, name: string): Promise<V1StatefulSet | undefined>;
  job(namespace: string, name: string): Promise<V1Job | undefined>;
  pods(namespace: string, labels: Labels): Promise<V1Pod[]>;
  revisions(namespace: string, labels: Labels): Promise<V1ControllerRevision[]>;
  events(namespace: string): Promise<CoreV1Event[]>;
  /** The last lines of a container's log: of the run before, or of this one. */
  log(namespace: string, pod: string, container: string, run: "previous" | "current"): Promise<string>;

  /** Deletes a pod unless it has changed since it was read: it may be ready now. Says whether it did. */
  deletePod(pod: V1Pod): Promise<boolean>;
  /** Adds labels to a claim. */
  labelClaim(claim: V1PersistentVolumeClaim, labels: Labels): Promise<void>;
  /**
   * Gives values of a Secret, in base64, a second owner, so that applying other ones is a conflict. Values that had one
   * and are not among them lose it.
   */
  guardSecret(namespace: string, name: string, data: Record<string, string>): Promise<void>;
}
