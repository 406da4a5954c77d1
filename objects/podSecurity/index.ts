import type { V1PodTemplateSpec } from "@kubernetes/client-node";
import type { Mistake } from "../../schema/mistakes";
import type { PodSecurityLevel } from "../../schema/stack";
import { controls } from "./controls";
import { podFields } from "./podFields";

/** The label of a namespace with the level of the Pod Security Standards that it enforces. */
export const enforceLabel = "pod-security.kubernetes.io/enforce";

/** A field of a pod template that a level forbids, by its path in the template. */
export interface Violation extends Mistake {
  /** How the API server says it. */
  reason: string;
}

/** What a level forbids in a pod template. */
export function violations(level: PodSecurityLevel, template: V1PodTemplateSpec): Violation[] {
  const fields = podFields(template);
  return controls
    .filter(({ levels }) => levels.includes(level))
    .flatMap(({ reason, find }) => find(fields).map((mistake) => ({ ...mistake, reason })));
}
