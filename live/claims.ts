import { CoreV1Api, PatchStrategy, setHeaderOptions, type V1PersistentVolumeClaim } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { type Identity, identityLabel } from "../objects/identity";
import { selectorLabels } from "../objects/labels";
import { fieldManager } from "../objects/metadata";
import type { Cluster } from "./cluster";
import { requestError } from "./requests";

const nameOf = ({ metadata }: V1PersistentVolumeClaim) => metadata?.name ?? "";
const labelsOf = ({ metadata }: V1PersistentVolumeClaim) => metadata?.labels ?? {};

/** Marks an app's claims as the stack's own: after `pulumi destroy` nothing else tells whose they are. */
export async function markClaimsOf(app: string, namespace: string, cluster: Cluster): Promise<void> {
  const { identity } = cluster;
  if (identity?.id === undefined || !cluster.isReadable) return;
  const claims = await cluster.claims(namespace);
  const made = claims.filter((claim) =>
    Object.entries(selectorLabels(app)).every(([label, value]) => labelsOf(claim)[label] === value),
  );
  await markClaims(
    made.filter(({ metadata }) => identity.ownsRemainder(metadata?.labels) || !metadata?.labels?.[identityLabel]),
    identity,
    cluster,
  );
}

/** Marks claims as the stack's own, if they are not marked already. */
export async function markClaims(
  claims: V1PersistentVolumeClaim[],
  identity: Identity,
  cluster: Cluster,
): Promise<void> {
  const unmarked = claims.filter((claim) => labelsOf(claim)[identityLabel] !== identity.id);
  const api = cluster.api(CoreV1Api);
  const body = { metadata: { labels: { [identityLabel]: identity.id } } };
  for (const claim of unmarked) {
    const request = { namespace: claim.metadata?.namespace ?? "", name: nameOf(claim), body, fieldManager };
    try {
      await api.patchNamespacedPersistentVolumeClaim(
        request,
        setHeaderOptions("Content-Type", PatchStrategy.MergePatch),
      );
    } catch (error) {
      await pulumi.log.warn(
        `The claim ${nameOf(claim)} cannot be marked as this stack's (${requestError(error)}): after \`pulumi destroy\` the next \`pulumi up\` asks whether to use it.`,
      );
    }
  }
}
