import * as pulumi from "@pulumi/pulumi";
import * as k8s from "@pulumi/kubernetes";
import type { Cluster } from "../live/cluster";
import { type Identity, identityLabel } from "../objects/identity";
import { isOwn, type Labels, stackLabels } from "../objects/labels";
import { objectMetadata } from "../objects/metadata";
import { enforceLabel, levelLabels, versionLabels } from "../objects/podSecurity";
import type { PodSecurityLevel } from "../schema/stack";

/** Namespaces that every cluster has. */
const isKubernetesOwn = (namespace: string) => namespace === "default" || namespace.startsWith("kube-");

/** The labels of a namespace; undefined if it does not exist. */
export async function namespaceLabels(name: string, cluster: Cluster): Promise<Labels | undefined> {
  const namespace = await cluster.namespace(name);
  // A user who cannot read the namespace cannot create it: it counts as foreign.
  return namespace === "hidden" ? {} : namespace && (namespace.labels ?? {});
}

/** Whether the stack creates the namespace, or has created it. `labels` are those that the namespace has, if it exists. */
function isOfStack(name: string, labels: Labels | undefined, identity: Identity): boolean {
  if (isKubernetesOwn(name)) return false;
  return (
    labels === undefined ||
    identity.ownsRemainder(labels) ||
    // A namespace of an early version of this program has only the name of the stack.
    (labels[identityLabel] === undefined && isOwn(labels, identity.partOf))
  );
}

/** What a namespace enforces, and whether the setting `podSecurity` of the stack decides that. */
export interface EnforcedLevel {
  level: PodSecurityLevel;
  isOfStack: boolean;
}

/** What a namespace with these labels enforces. */
export function levelOf(labels: Labels = {}): PodSecurityLevel {
  const level = labels[enforceLabel] ?? "privileged";
  // Kubernetes enforces the strictest level if it does not know the value.
  return level === "privileged" || level === "baseline" ? level : "restricted";
}

/** The level of the Pod Security Standards that the namespace enforces when pods are created. */
export function enforcedLevel(
  { namespace, podSecurity }: { namespace: string; podSecurity: PodSecurityLevel },
  labels: Labels | undefined,
  identity: Identity,
): EnforcedLevel {
  if (isOfStack(namespace, labels, identity)) return { level: podSecurity, isOfStack: true };
  return { level: levelOf(labels), isOfStack: false };
}

/**
 * The namespace of the stack's objects. A namespace that the stack did not create is used and not changed. `labels` are
 * those that the namespace has, if it exists.
 *
 * If the namespace does not exist, the stack creates it. It then enforces a level of the Pod Security Standards. Because
 * it contains the claims of the apps, it outlives `pulumi destroy`, and the next `pulumi up` adopts it.
 */
export function stackNamespace(
  { namespace: name, podSecurity }: { namespace: string; podSecurity: PodSecurityLevel },
  labels: Labels | undefined,
  identity: Identity,
  retainingProvider: k8s.Provider,
): pulumi.Input<string> {
  if (!isOfStack(name, labels, identity)) return name;
  const podSecurityLabels = { ...levelLabels(podSecurity), ...versionLabels };
  const namespace = new k8s.core.v1.Namespace(
    name,
    { metadata: objectMetadata({ name, labels: { ...stackLabels(identity.partOf), ...podSecurityLabels } }) },
    {
      provider: retainingProvider,
      retainOnDelete: true,
      // An update by Pulumi would remove the labels that others have set with kubectl. See `changeLevel`.
      ignoreChanges: Object.keys(podSecurityLabels).map((label) => `metadata.labels["${label}"]`),
    },
  );
  return namespace.metadata.name;
}
