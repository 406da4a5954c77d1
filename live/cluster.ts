import {
  type ApiConstructor,
  type ApiType,
  AppsV1Api,
  BatchV1Api,
  CoreV1Api,
  KubeConfig,
  type V1ObjectMeta,
  type V1PersistentVolumeClaim,
  type V1StatefulSet,
} from "@kubernetes/client-node";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { userError } from "../schema/userError";
import type { Identity } from "../objects/identity";
import { hasCode } from "./requests";

/** How to reach the cluster. What is missing is taken from the environment, as kubectl does. */
export interface ClusterAccess {
  /** A kubeconfig's path, or its content. */
  kubeconfig?: string;
  context?: string;
  /** Whether the kubeconfig was set as a secret. Its content is treated as one in any case. */
  isSecret?: boolean;
}

/** A Secret as it is in the cluster. */
export interface LiveSecret {
  annotations: Record<string, string>;
  /** Decoded, by key. */
  data: Record<string, string>;
  /** Who owns fields of it. */
  managers: string[];
}

/** A kubeconfig that is no path: YAML or JSON. */
const isContent = (kubeconfig: string) => /\n|^\s*\{/.test(kubeconfig);

/**
 * Why a kubeconfig cannot be read, without a word of its content: the YAML parser's own message carries the lines around
 * the mistake, and may name a word of them as the reason.
 */
function unreadable(error: unknown, isPathSecret = false): string {
  const { mark, code, path, message } = error as Error & { mark?: { line: number }; code?: string; path?: string };
  if (mark !== undefined) return `line ${String(mark.line + 1)} is not valid YAML`;
  if (code !== undefined) return `${isPathSecret || path === undefined ? "its file" : path} (${code})`;
  return /^\w+\[\d+\](\.\w+)+ is missing$/.test(message) ? message : "its content is not a kubeconfig";
}

/** The kinds of the objects that a stack makes in its namespace. */
export type Kind = "StatefulSet" | "Service" | "ServiceAccount" | "ConfigMap" | "Secret" | "Job";

/** An object as it is in the cluster, without what it consists of. */
export type LiveObject = V1ObjectMeta & { name: string };

/** The cluster, as the program reads it. It never writes here: that is the providers' part, by the same access. */
export class Cluster {
  private readonly kubeConfig = new KubeConfig();
  readonly context: string;
  /** Whose objects the program makes here; set as soon as it is known. */
  identity?: Identity;
  private unreachable = false;

  /** Without access, as where manifests are rendered, nothing is read and everything counts as missing. */
  constructor(private readonly access: ClusterAccess | undefined) {
    this.context = "";
    if (access === undefined) return;
    this.load(access);
    if (access.context !== undefined) this.kubeConfig.setCurrentContext(access.context);
    this.context = this.kubeConfig.getCurrentContext();
    // What the client makes up where there is no kubeconfig at all.
    if (this.context === "loaded-context") {
      throw userError("There is no kubeconfig: set KUBECONFIG, or kubernetes:kubeconfig, to say which cluster to use.");
    }
    if (this.kubeConfig.getContextObject(this.context) === null) {
      const known = this.kubeConfig.getContexts().map(({ name }) => name);
      // Where the kubeconfig names none the client gives undefined, whatever its types say.
      const chosen = (this.context as string | undefined) === undefined ? "not set" : JSON.stringify(this.context);
      throw userError(`kubernetes:context is ${chosen}; the kubeconfig has ${known.join(", ") || "no context"}.`);
    }
  }

  private load({ kubeconfig, isSecret }: ClusterAccess) {
    try {
      if (kubeconfig === undefined) this.kubeConfig.loadFromDefault();
      else if (isContent(kubeconfig)) this.kubeConfig.loadFromString(kubeconfig);
      else this.kubeConfig.loadFromFile(kubeconfig);
    } catch (error) {
      throw userError(`The kubeconfig cannot be read: ${unreadable(error, isSecret)}.`);
    }
  }

  /** A provider for this cluster and no other. */
  provider(name: string, args: Omit<k8s.ProviderArgs, "kubeconfig" | "context"> = {}): k8s.Provider {
    const { kubeconfig } = this.access ?? {};
    return new k8s.Provider(name, {
      // The config is read as text, which does not carry the mark of a secret.
      kubeconfig: kubeconfig !== undefined && this.hidesKubeconfig ? pulumi.secret(kubeconfig) : kubeconfig,
      context: this.context,
      ...args,
    });
  }

  /** Whether the kubeconfig must not be shown: a path may be, unless it was set as a secret. */
  private get hidesKubeconfig(): boolean {
    const { kubeconfig, isSecret } = this.access ?? {};
    return isSecret === true || (kubeconfig !== undefined && isContent(kubeconfig));
  }

  /** The options by which kubectl reaches this cluster. */
  get kubectlOptions(): string {
    const { kubeconfig } = this.access ?? {};
    return [
      ...(kubeconfig && !this.hidesKubeconfig ? ["--kubeconfig", kubeconfig] : []),
      "--context",
      this.context,
    ].join(" ");
  }

  /**
   * What tells this cluster from all others: the UID of its namespace kube-system or, for a user who may not read that,
   * of the stack's own namespace. Undefined if the cluster is out of reach, or hides both.
   */
  async id(namespace: string): Promise<string | undefined> {
    const uid = async (name: string) => {
      const found = await this.read(CoreV1Api, (api) => api.readNamespace({ name }));
      return found === "hidden" ? undefined : found?.metadata?.uid;
    };
    const id = await uid("kube-system");
    if (id !== undefined || !this.isReadable) return id;
    const own = await uid(namespace);
    return own && `namespace ${namespace}: ${own}`;
  }

  /** The labels of a namespace that is there; undefined where it is missing. */
  async namespaceLabels(name: string): Promise<Record<string, string> | undefined> {
    const namespace = await this.read(CoreV1Api, (api) => api.readNamespace({ name }));
    // Who may not look at a namespace may not make one either: it is somebody else's.
    return namespace === "hidden" ? {} : namespace && (namespace.metadata?.labels ?? {});
  }

  /** A Secret that is there; undefined where it is missing. */
  async secret(namespace: string, name: string): Promise<LiveSecret | undefined> {
    const secret = await this.read(CoreV1Api, (api) => api.readNamespacedSecret({ namespace, name }));
    if (secret === undefined) return undefined;
    if (secret === "hidden")
      throw userError(`The user of the context ${JSON.stringify(this.context)} may not read Secrets.`);
    const data = Object.entries(secret.data ?? {}).map(([key, value]) => [
      key,
      Buffer.from(value, "base64").toString(),
    ]);
    return {
      annotations: secret.metadata?.annotations ?? {},
      managers: (secret.metadata?.managedFields ?? []).flatMap(({ manager }) => manager ?? []),
      data: Object.fromEntries(data) as Record<string, string>,
    };
  }

  /** A kind's objects that are there. */
  async objects(kind: Kind, namespace: string): Promise<LiveObject[]> {
    const query = { namespace };
    const list = await {
      StatefulSet: () => this.read(AppsV1Api, (api) => api.listNamespacedStatefulSet(query)),
      Service: () => this.read(CoreV1Api, (api) => api.listNamespacedService(query)),
      ServiceAccount: () => this.read(CoreV1Api, (api) => api.listNamespacedServiceAccount(query)),
      ConfigMap: () => this.read(CoreV1Api, (api) => api.listNamespacedConfigMap(query)),
      Secret: () => this.read(CoreV1Api, (api) => api.listNamespacedSecret(query)),
      Job: () => this.read(BatchV1Api, (api) => api.listNamespacedJob(query)),
    }[kind]();
    if (list === "hidden") {
      throw userError(
        `The user of the context ${JSON.stringify(this.context)} may not list ${kind}s in the namespace ${namespace}: the stack cannot tell its own from others'.`,
      );
    }
    return (list?.items ?? []).map(({ metadata = {} }) => ({ ...metadata, name: metadata.name ?? "" }));
  }

  /** The StatefulSets and their specs. */
  async statefulSets(namespace: string): Promise<V1StatefulSet[]> {
    const list = await this.read(AppsV1Api, (api) => api.listNamespacedStatefulSet({ namespace }));
    return list === undefined || list === "hidden" ? [] : list.items;
  }

  /** The claims and their specs. */
  async claims(namespace: string): Promise<V1PersistentVolumeClaim[]> {
    const list = await this.read(CoreV1Api, (api) => api.listNamespacedPersistentVolumeClaim({ namespace }));
    if (list === "hidden") {
      throw userError(
        `The user of the context ${JSON.stringify(this.context)} may not list PersistentVolumeClaims in the namespace ${namespace}: the stack cannot tell its own from others'.`,
      );
    }
    return list?.items ?? [];
  }

  /** Whether there is a cluster to read: not where manifests are rendered, nor in a preview that found it out of reach. */
  get isReadable(): boolean {
    return this.access !== undefined && !this.unreachable;
  }

  api<A extends ApiType>(api: ApiConstructor<A>): A {
    return this.kubeConfig.makeApiClient(api);
  }

  /**
   * Asks the API server: undefined for what is missing. A cluster that does not answer ends an update; a preview says so
   * once and goes on without.
   */
  async read<A extends ApiType, T>(
    api: ApiConstructor<A>,
    request: (api: A) => Promise<T>,
  ): Promise<T | "hidden" | undefined> {
    if (!this.isReadable) return undefined;
    try {
      return await request(this.api(api));
    } catch (error) {
      if (hasCode(error, 404)) return undefined;
      if (hasCode(error, 403)) return "hidden";
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      const message = `The cluster of the context ${JSON.stringify(this.context)} does not answer (${String(reason)})`;
      if (!pulumi.runtime.isDryRun()) throw userError(`${message}; nothing was changed.`);
      this.unreachable = true;
      await pulumi.log.warn(
        `${message}. Not checked: that it is the stack's cluster, whether the namespace and the objects in it are the stack's own, and what the API server would refuse.`,
      );
      return undefined;
    }
  }
}
