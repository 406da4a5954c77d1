import { KubeConfig } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { parse, YAMLParseError } from "yaml";
import { userError } from "../schema/userError";
import { proxyFor } from "./proxy";

/** How to reach the cluster. Missing values are taken from the environment, as kubectl does. */
export interface ClusterAccess {
  /** The path of a kubeconfig, or its content. */
  kubeconfig?: string;
  context?: string;
  /** Whether the kubeconfig was set as a secret. Its content is always treated as a secret. */
  isSecret?: boolean;
}

/** The name of the context that stands for the ServiceAccount of the pod in which the program runs. */
export const podContext = "in-cluster";

/** Where Kubernetes puts the token of a pod's ServiceAccount. */
const podToken = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Whether a kubeconfig is content, in YAML or JSON, and not a path. */
const isContent = (kubeconfig: string) => /\n|^\s*\{/.test(kubeconfig);

/** Whether the kubeconfig must not be shown. A path is shown, unless it was set as a secret. */
export const isHidden = ({ kubeconfig, isSecret }: ClusterAccess) =>
  isSecret === true || (kubeconfig !== undefined && isContent(kubeconfig));

/** Loads a kubeconfig. Its current context is then the one to use. */
export function loadKubeconfig(access: ClusterAccess): KubeConfig {
  const kubeConfig = load(access);
  if (access.context !== undefined) kubeConfig.setCurrentContext(access.context);
  // If the kubeconfig has no current context, the client returns undefined, in spite of its types.
  const context = kubeConfig.getCurrentContext() as string | undefined;
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

function load({ kubeconfig, isSecret }: ClusterAccess): KubeConfig {
  try {
    if (kubeconfig === undefined) return loadUsual();
    return connected(isContent(kubeconfig) ? parsed(kubeconfig) : readFile(kubeconfig.replace(/^~(?=\/)/, homedir())));
  } catch (error) {
    throw pulumi.RunError.isInstance(error)
      ? error
      : userError(`The kubeconfig cannot be read: ${unreadable(error, isSecret)}.`);
  }
}

/**
 * What kubectl uses: the files that `KUBECONFIG` lists, or else `~/.kube/config`, as far as they exist, and without any of
 * them the ServiceAccount of the pod.
 */
function loadUsual(): KubeConfig {
  const files = process.env.KUBECONFIG
    ? process.env.KUBECONFIG.split(delimiter).filter(Boolean)
    : [join(homedir(), ".kube/config")];
  const found = files.flatMap((file) => {
    try {
      return [readFile(file)];
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  });
  if (found.length > 0) return connected(found.reduce(merged));
  if (process.env.KUBERNETES_SERVICE_HOST && existsSync(podToken)) return ofPod();
  throw userError("There is no kubeconfig: set KUBECONFIG, or kubernetes:kubeconfig, to say which cluster to use.");
}

function ofPod(): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromCluster();
  const [cluster] = kubeConfig.clusters;
  const [user] = kubeConfig.users;
  kubeConfig.contexts = [{ name: podContext, cluster: cluster?.name ?? "", user: user?.name ?? "" }];
  kubeConfig.setCurrentContext(podContext);
  return connected(kubeConfig);
}

function readFile(file: string): KubeConfig {
  const kubeConfig = parsed(readFileSync(file, "utf8"), dirname(file));
  kubeConfig.makePathsAbsolute(dirname(file));
  return kubeConfig;
}

/** A kubeconfig of the client. The client does not read `tokenFile`. */
function parsed(text: string, folder = ""): KubeConfig {
  const content = (parse(text, { logLevel: "error" }) ?? {}) as { users?: { user?: { tokenFile?: string } }[] };
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(JSON.stringify(content));
  kubeConfig.users = kubeConfig.users.map((user, index) => {
    const tokenFile = content.users?.[index]?.user?.tokenFile;
    if (tokenFile === undefined) return user;
    const authProvider = { name: "tokenFile", config: { tokenFile: resolve(folder, tokenFile) } };
    return { ...user, token: undefined, authProvider };
  });
  return kubeConfig;
}

/** Of entries with the same name the first one counts. */
function merged(first: KubeConfig, second: KubeConfig): KubeConfig {
  const added = <T extends { name: string }>(entries: T[], others: T[]) => [
    ...entries,
    ...others.filter(({ name }) => !entries.some((entry) => entry.name === name)),
  ];
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    clusters: added(first.clusters, second.clusters),
    users: added(first.users, second.users),
    contexts: added(first.contexts, second.contexts),
    // If the kubeconfig has no current context, the client returns undefined, in spite of its types.
    currentContext: (first.getCurrentContext() as string | undefined) ?? second.getCurrentContext(),
  });
  return kubeConfig;
}

/** With what the client requires, and kubectl does not, to reach a cluster through a proxy, or without TLS. */
function connected(kubeConfig: KubeConfig): KubeConfig {
  kubeConfig.clusters = kubeConfig.clusters.map((cluster) => ({
    ...cluster,
    proxyUrl: cluster.proxyUrl ?? proxyFor(cluster.server),
    skipTLSVerify: cluster.skipTLSVerify || cluster.server.startsWith("http:"),
  }));
  return kubeConfig;
}

/**
 * Why a kubeconfig cannot be read, without any of its content: the message of the YAML parser contains the lines around
 * the mistake, and can name a word of them as the reason.
 */
function unreadable(error: unknown, isPathSecret = false): string {
  if (error instanceof YAMLParseError) return `line ${String(error.linePos?.[0].line ?? 1)} is not valid YAML`;
  const { code, path, message } = error as NodeJS.ErrnoException;
  if (code !== undefined) return `${isPathSecret || path === undefined ? "its file" : path} (${code})`;
  return /^\w+\[\d+\](\.\w+)+ is missing$/.test(message) ? message : "its content is not a kubeconfig";
}
