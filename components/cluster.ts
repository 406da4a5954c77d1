import * as k8s from "@pulumi/kubernetes";
import { ApiException, CoreV1Api, KubeConfig } from "@kubernetes/client-node";

/** How to reach the cluster. What is missing is taken from the environment, as kubectl does. */
export interface ClusterAccess {
  /** A kubeconfig's path, or its content. */
  kubeconfig?: string;
  context?: string;
}

/** The cluster, as the program reads it. It never writes here: that is the provider's part, by the same access. */
export class Cluster {
  private readonly kubeConfig = new KubeConfig();
  readonly context: string;

  constructor(private readonly access: ClusterAccess) {
    const { kubeconfig, context } = access;
    if (kubeconfig === undefined) this.kubeConfig.loadFromDefault();
    else if (kubeconfig.includes("\n")) this.kubeConfig.loadFromString(kubeconfig);
    else this.kubeConfig.loadFromFile(kubeconfig);
    if (context !== undefined) this.kubeConfig.setCurrentContext(context);
    this.context = this.kubeConfig.getCurrentContext();
  }

  /** A provider for this cluster and no other. */
  provider(name: string, args: Pick<k8s.ProviderArgs, "upsertExistingObjects"> = {}): k8s.Provider {
    return new k8s.Provider(name, { kubeconfig: this.access.kubeconfig, context: this.context, ...args });
  }

  /** The labels of a namespace that is there; undefined where it is missing. */
  async namespaceLabels(name: string): Promise<Record<string, string> | undefined> {
    try {
      const namespace = await this.kubeConfig.makeApiClient(CoreV1Api).readNamespace({ name });
      return namespace.metadata?.labels ?? {};
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) return undefined;
      // Who may not look at a namespace may not make one either: it is somebody else's.
      if (error instanceof ApiException && error.code === 403) return {};
      throw error;
    }
  }
}
