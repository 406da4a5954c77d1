import type { types } from "@pulumi/kubernetes";
import type { CheckedAppArgs } from "../schema/checkedArgs";
import { intOrString } from "./intOrString";
import { podLabels } from "./labels";

/**
 * The spec of a PodDisruptionBudget that never blocks the drain of a node for good: one pod can always go, also if there is
 * only one, and a pod that is not ready need not be waited for.
 */
export function podDisruptionBudgetSpec(
  app: string,
  { partOf, podDisruptionBudget = {} }: CheckedAppArgs,
): types.input.policy.v1.PodDisruptionBudgetSpec {
  const { minAvailable, maxUnavailable = "1", unhealthyPodEvictionPolicy = "AlwaysAllow" } = podDisruptionBudget;
  return {
    ...(minAvailable === undefined
      ? { maxUnavailable: intOrString(maxUnavailable) }
      : { minAvailable: intOrString(minAvailable) }),
    unhealthyPodEvictionPolicy,
    selector: { matchLabels: podLabels(app, partOf) },
  };
}
