import type { types } from "@pulumi/kubernetes";
import { selectorLabels } from "./labels";
import type { ClaimArgs } from "../schema/args";
import { byName } from "../schema/byName";

/**
 * The templates from which Kubernetes makes a claim for each replica. They carry only labels that never change,
 * because a template cannot be changed without replacing the StatefulSet.
 */
export function claimTemplates(
  app: string,
  claims: Record<string, ClaimArgs> = {},
): types.input.core.v1.PersistentVolumeClaim[] {
  return byName(claims).map(([name, { size, storageClassName, accessModes = ["ReadWriteOnce"] }]) => ({
    metadata: { name, labels: selectorLabels(app) },
    spec: { accessModes, storageClassName, resources: { requests: { storage: size } } },
  }));
}

/** Kubernetes' own default, stated explicitly: claims outlive the pods and the StatefulSet. */
export const retainClaims = { whenDeleted: "Retain", whenScaled: "Retain" };
