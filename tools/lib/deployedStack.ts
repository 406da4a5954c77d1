import { KubeCluster } from "../../live/kubeCluster";
import { clusterId } from "../../live/clusterId";
import type { Cluster } from "../../live/cluster";
import { Identity } from "../../objects/identity";
import { userError } from "../../schema/userError";
import { checkCluster, type LastDeployment } from "../../stack/lastDeployment";
import { capture } from "./commands";

/** An app or a store that a stack has deployed, and the cluster of the stack. */
export interface Deployed {
  namespace: string;
  /** Whether it is an app or a store, as the key in the config. */
  kind: "apps" | "stores";
  identity: Identity;
  cluster: Cluster;
}

type PulumiConfig = Record<string, { value?: string; secret?: boolean } | undefined>;

/** Finds an app or a store among what the last update of a stack deployed. */
export async function deployed(stack: string | undefined, app: string): Promise<Deployed> {
  const ofStack = stack === undefined ? [] : ["--stack", stack];
  const ask = (...args: string[]) => capture("pulumi", [...args, ...ofStack, "--non-interactive"]);
  const outputs = JSON.parse(await ask("stack", "output", "--json")) as Partial<LastDeployment>;
  const { apps = {}, stores = {}, stackId } = outputs;
  const kind = Object.hasOwn(apps, app) ? "apps" : "stores";
  const found = Object.hasOwn({ ...apps, ...stores }, app) ? { ...apps, ...stores }[app] : undefined;
  if (found === undefined || stackId === undefined) {
    const known = Object.keys({ ...apps, ...stores }).join(", ") || "nothing";
    throw userError(`The stack has not deployed ${app}; it has deployed ${known}.`);
  }
  const config = JSON.parse(await ask("config", "--json")) as PulumiConfig;
  const valueOf = async (key: string) =>
    config[key]?.secret ? (await ask("config", "get", key)).trimEnd() : config[key]?.value;
  const cluster = new KubeCluster({
    context: config["kubernetes:context"]?.value,
    kubeconfig: await valueOf("kubernetes:kubeconfig"),
    isSecret: config["kubernetes:kubeconfig"]?.secret,
  });
  const { namespace } = found;
  const id = await clusterId(cluster, namespace);
  const warning = checkCluster({ context: cluster.context, id, wanted: undefined }, outputs.clusterId);
  if (warning !== undefined) console.error(`warning: ${warning}`);
  return { namespace, kind, identity: new Identity(stackId, ""), cluster };
}
