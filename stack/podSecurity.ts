import type { V1PodTemplateSpec } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { mistakeText } from "../config/mistakes";
import { enforceLabel, type Violation, violations } from "../objects/podSecurity";
import type { Mistake } from "../schema/mistakes";
import { settingKey } from "../schema/settingKey";
import { userError } from "../schema/userError";
import type { Cluster } from "../live/cluster";
import type { Labels } from "../objects/labels";
import { type EnforcedLevel, levelOf } from "./namespace";
import type { PlannedObject } from "./plannedObjects";

/**
 * Throws if the namespace would refuse pods of the stack because of its level of the Pod Security Standards. Kubernetes
 * accepts their StatefulSets and Jobs, and refuses each pod when it is created.
 */
export function checkPodSecurity(
  planned: PlannedObject[],
  namespace: string,
  { level, isOfStack }: EnforcedLevel,
): void {
  const pods = planned.flatMap(({ path, object }) => {
    const { template } = (object.spec ?? {}) as { template?: V1PodTemplateSpec };
    return template ? [{ path, template }] : [];
  });
  const mistakes = pods.flatMap(({ path, template }) =>
    violations(level, template).map((violation) => ({
      ...violation,
      path: [...path, ...settingPath(violation, template)],
      problem: `${violation.problem} (${violation.reason})`,
    })),
  );
  if (mistakes.length === 0) return;
  const isBaselineEnough = pods.every(({ template }) => violations("baseline", template).length === 0);
  const allowed = isBaselineEnough ? "baseline" : "privileged";
  throw userError(
    [
      `The namespace ${namespace} enforces the level ${level} of the Pod Security Standards, and would refuse pods of the stack; nothing was changed.`,
      ...mistakes.map((mistake) => `  ${mistakeText(pulumi.getProject(), mistake)}`),
      isOfStack
        ? `  Change these settings; or, to allow them, set ${settingKey("podSecurity")}: ${allowed}`
        : `  Change these settings; or, to allow them, label the namespace: kubectl label --overwrite namespace ${namespace} ${enforceLabel}=${allowed}`,
    ].join("\n"),
  );
}

/**
 * Gives the namespace of the stack the level that the stack sets, if the namespace exists and has another one. Only that
 * label is changed.
 */
export async function changeLevel(
  planned: PlannedObject[],
  namespace: string,
  labels: Labels | undefined,
  { level, isOfStack }: EnforcedLevel,
  cluster: Cluster,
): Promise<void> {
  if (labels === undefined || !isOfStack || labels[enforceLabel] === level) return;
  const former = levelOf(labels);
  await pulumi.log.info(
    `the namespace ${namespace} enforces the level ${level} of the Pod Security Standards instead of ${former}`,
  );
  if (pulumi.runtime.isDryRun() || (await cluster.labelNamespace(namespace, { [enforceLabel]: level }))) return;
  checkPodSecurity(planned, namespace, { level: former, isOfStack: false });
  await pulumi.log.warn(
    `The namespace ${namespace} still enforces the level ${former}: the user is not allowed to change its label ${enforceLabel}.`,
  );
}

/** The setting of an app, a store or a job that a field of its pod template comes from. */
function settingPath({ path: [root = "", ...path] }: Violation, { spec }: V1PodTemplateSpec): Mistake["path"] {
  const [field = "", index = 0, ...rest] = path;
  if (root === "metadata") return ["podAnnotations", index];
  switch (field) {
    case "securityContext":
      return ["podSecurityContext", ...path.slice(1)];
    case "volumes":
      return ["volumes", spec?.volumes?.[Number(index)]?.name ?? index, ...rest];
    case "containers":
      // The first container is that of the app itself.
      return index === 0 ? rest : ["containers", Number(index) - 1, ...rest];
    default:
      return path;
  }
}
