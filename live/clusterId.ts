import type { Cluster } from "./cluster";

/**
 * What tells a cluster from all others: the UID of its namespace kube-system or, for a user who may not read that, of
 * the stack's own namespace. Undefined if the cluster does not answer, or hides both.
 */
export async function clusterId(cluster: Cluster, namespace: string): Promise<string | undefined> {
  const uid = async (name: string) => {
    const found = await cluster.namespace(name);
    return found === "hidden" ? undefined : found?.uid;
  };
  const id = await uid("kube-system");
  if (id !== undefined) return id;
  const own = await uid(namespace);
  return own && `namespace ${namespace}: ${own}`;
}
