import { KubeConfig } from "@kubernetes/client-node";
import { userError } from "../schema/userError";

/** How to reach the cluster. Missing values are taken from the environment, as kubectl does. */
export interface ClusterAccess {
  /** The path of a kubeconfig, or its content. */
  kubeconfig?: string;
  context?: string;
  /** Whether the kubeconfig was set as a secret. Its content is always treated as a secret. */
  isSecret?: boolean;
}

/** Whether a kubeconfig is content, in YAML or JSON, and not a path. */
const isContent = (kubeconfig: string) => /\n|^\s*\{/.test(kubeconfig);

/** Whether the kubeconfig must not be shown. A path is shown, unless it was set as a secret. */
export const isHidden = ({ kubeconfig, isSecret }: ClusterAccess) =>
  isSecret === true || (kubeconfig !== undefined && isContent(kubeconfig));

/**
 * Why a kubeconfig cannot be read, without any of its content: the message of the YAML parser contains the lines around
 * the mistake, and can name a word of them as the reason.
 */
function unreadable(error: unknown, isPathSecret = false): string {
  const { mark, code, path, message } = error as Error & { mark?: { line: number }; code?: string; path?: string };
  if (mark !== undefined) return `line ${String(mark.line + 1)} is not valid YAML`;
  if (code !== undefined) return `${isPathSecret || path === undefined ? "its file" : path} (${code})`;
  return /^\w+\[\d+\](\.\w+)+ is missing$/.test(message) ? message : "its content is not a kubeconfig";
}

/** Loads a kubeconfig. Its current context is then the one to use. */
export function loadKubeconfig(access: ClusterAccess): KubeConfig {
  const kubeConfig = new KubeConfig();
  load(kubeConfig, access);
  if (access.context !== undefined) kubeConfig.setCurrentContext(access.context);
  // If the kubeconfig has no current context, the client returns undefined, in spite of its types.
  const context = kubeConfig.getCurrentContext() as string | undefined;
  // The client generates this context if there is no kubeconfig.
  if (context === "loaded-context") {
    throw userError("There is no kubeconfig: set KUBECONFIG, or kubernetes:kubeconfig, to say which cluster to use.");
  }
  if (context === undefined || kubeConfig.getContextObject(context) === null) {
    const known = kubeConfig.getContexts().map(({ name }) => name);
    const chosen = context === undefined ? "not set" : JSON.stringify(context);
    throw userError(`kubernetes:context is ${chosen}; the kubeconfig has ${known.join(", ") || "no context"}.`);
  }
  if (kubeConfig.getCurrentCluster() === null) {
    throw userError(`The kubeconfig has no cluster for the context ${JSON.stringify(context)}.`);
  }
  return kubeConfig;
}

function load(kubeConfig: KubeConfig, { kubeconfig, isSecret }: ClusterAccess): void {
  try {
    if (kubeconfig === undefined) kubeConfig.loadFromDefault();
    else if (isContent(kubeconfig)) kubeConfig.loadFromString(kubeconfig);
    else kubeConfig.loadFromFile(kubeconfig);
  } catch (error) {
    throw userError(`The kubeconfig cannot be read: ${unreadable(error, isSecret)}.`);
  }
}
