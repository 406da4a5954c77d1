import * as pulumi from "@pulumi/pulumi";
import * as k8s from "@pulumi/kubernetes";
import type { Cluster } from "../live/cluster";
import { type Identity, identityLabel } from "../objects/identity";
import { isOwn, type Labels, stackLabels } from "../objects/labels";
import { objectMetadata } from "../objects/metadata";
import { restrictedNamespaceLabels } from "../objects/security";

/** Every cluster has these; no stack makes them. */
const isKubernetesOwn = (namespace: string) => namespace === "default" || namespace.startsWith("kube-");

/** The labels of a namespace that is there; undefined where it is missing. */
export async function namespaceLabels(name: string, cluster: Cluster): Promise<Labels | undefined> {
  const namespace = await cluster.namespace(name);
  // Who may not look at a namespace may not make one either: it is somebody else's.
  return namespace === "hidden" ? {} : namespace && (namespace.labels ?? {});
}

/**
 * The namespace that the stack's objects go to. One that the stack did not make is used as it is, and not touched.
 * `labels`: those that it has, if it is there.
 *
 * Where it is missing the stack makes it. Such a namespace enforces the `restricted` Pod Security Standard; because it
 * holds the apps' claims it outlives `pulumi destroy`, and the next `pulumi up` takes it up again.
 */
export function stackNamespace(
  name: string,
  labels: Labels | undefined,
  identity: Identity,
  retainingProvider: k8s.Provider,
): pulumi.Input<string> {
  // One from before there were identities has only the stack's name.
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
