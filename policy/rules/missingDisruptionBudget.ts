import type { StackValidationPolicy } from "@pulumi/policy";
import { type Field, unknown } from "../field";
import { kubernetesObject, type KubernetesObject } from "../kubernetesObject";
import { settingOf } from "../settings";

/** Whether two values are the same, or can be. */
const canEqual = (one: Field, other: Field) =>
  one.value === unknown || other.value === unknown || one.value === other.value;

/** Whether a selector selects labels, or can do so. */
function canSelect(selector: Field, labels: Field): boolean {
  if (selector.value === unknown || labels.value === unknown) return true;
  if (!selector.isSet) return false;
  const wanted = selector.get("matchLabels");
  const hasLabels = wanted.keys().every((key) => canEqual(wanted.get(key), labels.get(key)));
  const expressions = selector.get("matchExpressions").items();
  return hasLabels && expressions.every((expression) => canHold(expression, labels));
}

function canHold(expression: Field, labels: Field): boolean {
  const [key, operator] = [expression.get("key").text, expression.get("operator").text];
  if (key === undefined || operator === undefined) return true;
  const label = labels.get(key);
  const values = expression.get("values");
  switch (operator) {
    case "Exists":
      return label.isSet;
    case "DoesNotExist":
      return !label.isSet;
    case "NotIn":
      return values.items().every(({ value }) => value !== label.value);
    default:
      return values.value === unknown || values.items().some((value) => canEqual(value, label));
  }
}

/** A budget for one pod protects nothing, or keeps its node from being drained. */
function hasSeveralPods({ fields }: KubernetesObject): boolean {
  const replicas = fields.get("spec", "replicas").value;
  return typeof replicas === "number" && replicas > 1;
}

const isBudgetOf = (budget: KubernetesObject, { fields }: KubernetesObject) =>
  canEqual(budget.fields.get("metadata", "namespace"), fields.get("metadata", "namespace")) &&
  canSelect(budget.fields.get("spec", "selector"), fields.get("spec", "template", "metadata", "labels"));

/** What a stack has is known at the end of a preview only. */
export const missingDisruptionBudget: StackValidationPolicy = {
  name: "missing-disruption-budget",
  description:
    "Without a PodDisruptionBudget, whoever drains several nodes can stop all pods of an app at the same time.",
  validateStack: ({ resources }, report) => {
    const objects = resources.flatMap((resource) => kubernetesObject(resource) ?? []).filter(({ isPatch }) => !isPatch);
    const budgets = objects.filter(({ kind }) => kind === "policy/PodDisruptionBudget");
    const statefulSets = objects.filter(({ kind }) => kind === "apps/StatefulSet");
    for (const statefulSet of statefulSets.filter(hasSeveralPods)) {
      if (budgets.some((budget) => isBudgetOf(budget, statefulSet))) continue;
      const replicas = String(statefulSet.fields.get("spec", "replicas").value);
      const setting = settingOf(statefulSet, "podDisruptionBudget.create");
      report(
        `${statefulSet.title}: spec.replicas is ${replicas}, and no PodDisruptionBudget of the stack selects the pods; an app with several pods must have one.${setting === undefined ? "" : ` Change ${setting}.`}`,
        statefulSet.urn,
      );
    }
  },
};
