import * as pulumi from "@pulumi/pulumi";
import * as k8s from "@pulumi/kubernetes";
import type { Cluster } from "../live/cluster";
import { type Identity, identityLabel } from "../objects/identity";
import { isOwn, type Labels, stackLabels } from "../objects/labels";
import { objectMetadata } from "../objects/metadata";
import { restrictedNamespaceLabels } from "../objects/security";

/** Namespaces that every cluster has. */
const isKubernetesOwn = (namespace: string) => namespace === "default" || namespace.startsWith("kube-");

/** The labels of a namespace; undefined if it does not exist. */
export async function namespaceLabels(name: string, cluster: Cluster): Promise<Labels | undefined> {
  const namespace = await cluster.namespace(name);
  // A user who cannot read the namespace cannot create it: it counts as foreign.
  return namespace === "hidden" ? {} : namespace && (namespace.labels ?? {});
}

/**
 * The namespace of the stack's objects. A namespace that the stack did not create is used and not changed. `labels` are
 * those that the namespace has, if it exists.
 *
 * If the namespace does not exist, the stack creates it. It then enforces the `restricted` Pod Security Standard. Because
 * it contains the claims of the apps, it outlives `pulumi destroy`, and the next `pulumi up` adopts it.
 */
export function stackNamespace(
  name: string,
  labels: Labels | undefined,
  identity: Identity,
  retainingProvider: k8s.Provider,
): pulumi.Input<string> {
  // A namespace of an early version of this program has only the name of the stack.
  const isOurs = (found: Labels) =>
    identity.ownsRemainder(found) || (found[identityLabel] === undefined && isOwn(found, identity.partOf));
  if (isKubernetesOwn(name) || (labels !== undefined && !isOurs(labels))) return name;
  const namespace = new k8s.core.v1.Namespace(
    name,
    { metadata: objectMetadata({ name, labels: { ...stackLabels(identity.partOf), ...restrictedNamespaceLabels } }) },
    { provider: retainingProvider, retainOnDelete: true },
  );
  return namespace.metadata.name;
}
