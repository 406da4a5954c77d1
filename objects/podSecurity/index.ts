import type { V1PodTemplateSpec } from "@kubernetes/client-node";
import type { Mistake } from "../../schema/mistakes";
import type { PodSecurityLevel } from "../../schema/stack";
import { controls } from "./controls";
import { podFields } from "./podFields";

const prefix = "pod-security.kubernetes.io/";
const modes = ["enforce", "warn", "audit"];

/** The label of a namespace with the level of the Pod Security Standards that it enforces. */
export const enforceLabel = `${prefix}enforce`;

/** The labels by which a namespace enforces a level, warns whoever creates what it forbids, and has that in the audit log. */
export const levelLabels = (level: PodSecurityLevel): Record<string, string> =>
  Object.fromEntries(modes.map((mode) => [prefix + mode, level]));

/** The labels by which it does so with the standards of the cluster's version of Kubernetes. */
export const versionLabels: Record<string, string> = Object.fromEntries(
  modes.map((mode) => [`${prefix}${mode}-version`, "latest"]),
);

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
