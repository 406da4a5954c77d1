import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { selectorLabels } from "./labels";
import type { ClaimArgs } from "../schema/args";
import { byName } from "../schema/byName";
import { withoutMounts } from "../schema/mounts";
import { canonicalQuantity } from "../schema/quantities";

/**
 * The templates from which Kubernetes makes a claim for each replica. Beside those of the user, they carry only labels that
 * never change, because a template cannot be changed without replacing the StatefulSet.
 */
export function claimTemplates(
  app: string,
  claims: Record<string, ClaimArgs> = {},
): types.input.core.v1.PersistentVolumeClaim[] {
  return byName(claims).map(([name, claim]) => {
    const { size, labels, annotations, accessModes = ["ReadWriteOnce"], ...spec } = withoutMounts(claim);
    return {
      metadata: { name, labels: { ...labels, ...selectorLabels(app) }, annotations },
      spec: { accessModes, ...spec, resources: { requests: { storage: storage(size) } } },
    };
  });
}

/** A size as Kubernetes writes it: in other words, it would be another template. */
const storage = (size: pulumi.Input<string>) =>
  typeof size === "string" ? canonicalQuantity(size) : pulumi.output(size).apply(canonicalQuantity);

/** Kubernetes' own default, stated explicitly: claims outlive the pods and the StatefulSet. An app can change the first. */
export const retainClaims = { whenScaled: "Retain", whenDeleted: "Retain" };
