import type { V1PodTemplateSpec } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { mistakeText } from "../config/mistakes";
import { enforceLabel, levelLabels, type Violation, violations } from "../objects/podSecurity";
import { groupOf } from "../schema/checkObjects";
import { changedAt } from "../schema/checkOverrides";
import type { Mistake } from "../schema/mistakes";
import { settingKey } from "../schema/settingKey";
import { userError } from "../schema/userError";
import type { Cluster } from "../live/cluster";
import type { Labels } from "../objects/labels";
import { type EnforcedLevel, levelOf } from "./namespace";
import type { PlannedObject } from "./plannedObjects";

/**
 * Throws if the namespace would refuse pods of the stack because of its level of the Pod Security Standards. Kubernetes
 * accepts their StatefulSets, Jobs and CronJobs, and refuses each pod when it is created.
 */
export function checkPodSecurity(
  planned: PlannedObject[],
  namespace: string,
  { level, isOfStack }: EnforcedLevel,
): void {
  const pods = planned.flatMap(({ object, ...rest }) => {
    const at = pathOfTemplate(object);
    const template = at?.reduce<unknown>(
      (parent, key) => (parent as Record<string, unknown> | undefined)?.[key],
      object,
    );
    return template ? [{ ...rest, at, template: template }] : [];
  });
  const mistakes = pods.flatMap(({ path, at = [], template, overrides }) =>
    violations(level, template).map((violation) => ({
      ...violation,
      path: [
        ...path,
        ...(path[0] === "objects"
          ? [...at, ...violation.path]
          : (overridePath(violation, overrides) ?? settingPath(violation, template))),
      ],
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
 * Gives the namespace of the stack the level that the stack sets, if the namespace exists and has another one. Only the
 * labels with the level are changed.
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
  if (pulumi.runtime.isDryRun() || (await cluster.labelNamespace(namespace, levelLabels(level)))) return;
  checkPodSecurity(planned, namespace, { level: former, isOfStack: false });
  await pulumi.log.warn(
    `The namespace ${namespace} still enforces the level ${former}: the user is not allowed to change its label ${enforceLabel}.`,
  );
}

/** Where an object has the template of its pods; undefined if it has none. */
function pathOfTemplate({ apiVersion, kind }: PlannedObject["object"]): string[] | undefined {
  if (apiVersion === "v1" && kind === "Pod") return [];
  if (!["apps", "batch"].includes(groupOf(apiVersion))) return undefined;
  return [...(kind === "CronJob" ? ["spec", "jobTemplate"] : []), "spec", "template"];
}

/** The override that a field of a pod template comes from; undefined if there is none. */
function overridePath({ path }: Violation, { pod, container }: PlannedObject["overrides"] = {}) {
  const [root, list, index, ...rest] = path;
  if (changedAt(pod, path) !== undefined) return ["overrides", "pod", ...path];
  // The first container is that of the app itself.
  const isOfApp = root === "spec" && list === "containers" && index === 0;
  return isOfApp && changedAt(container, rest) !== undefined ? ["overrides", "container", ...rest] : undefined;
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
