import type { Cluster } from "./cluster";

/**
 * What distinguishes a cluster from all others: the UID of its namespace kube-system or, if the user is not allowed to
 * read that, of the namespace of the stack. Undefined if the cluster does not answer, or hides both.
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
