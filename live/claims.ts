import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { type Identity, identityLabel } from "../objects/identity";
import { selectorLabels } from "../objects/labels";
import type { Cluster } from "./cluster";
import { requestError } from "./requests";
import { SharedReads } from "./sharedReads";

const nameOf = ({ metadata }: V1PersistentVolumeClaim) => metadata?.name ?? "";
const labelsOf = ({ metadata }: V1PersistentVolumeClaim) => metadata?.labels ?? {};

/** Labels an app's claims with the identity of the stack: after `pulumi destroy` nothing else shows whose they are. */
export async function markClaimsOf(
  app: string,
  namespace: string,
  identity: Identity,
  cluster: Cluster,
): Promise<void> {
  if (identity.id === undefined) return;
  let claims: V1PersistentVolumeClaim[];
  try {
    claims = await SharedReads.of(cluster, namespace).claims();
  } catch (error) {
    await warn(`The claims of ${app}`, error);
    return;
  }
  const made = claims.filter((claim) =>
    Object.entries(selectorLabels(app)).every(([label, value]) => labelsOf(claim)[label] === value),
  );
  await markClaims(
    made.filter((claim) => identity.ownsRemainder(labelsOf(claim)) || !labelsOf(claim)[identityLabel]),
    identity.id,
    cluster,
  );
}

/** Labels claims with the identity of the stack, if they do not have it. */
export async function markClaims(claims: V1PersistentVolumeClaim[], id: string, cluster: Cluster): Promise<void> {
  for (const claim of claims.filter((claim) => labelsOf(claim)[identityLabel] !== id)) {
    try {
      await cluster.labelClaim(claim, { [identityLabel]: id });
    } catch (error) {
      await warn(`The claim ${nameOf(claim)}`, error);
    }
  }
}

/** A failure must not end the update: it only matters to an update after a destruction. */
const warn = (what: string, error: unknown) =>
  pulumi.log.warn(
    `${what} cannot be labelled as this stack's (${requestError(error)}): after \`pulumi destroy\` the next \`pulumi up\` asks whether to use it.`,
  );
