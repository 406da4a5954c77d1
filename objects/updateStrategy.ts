import type { types } from "@pulumi/kubernetes";
import type { UpdateStrategyArgs } from "../schema/args";
import { intOrString } from "./intOrString";

/**
 * The update strategy of a StatefulSet. Every field is set, including Kubernetes' defaults: a field that is not set is not
 * removed when the type changes, and Kubernetes refuses `rollingUpdate` beside OnDelete.
 */
export function updateStrategy({
  type = "RollingUpdate",
  rollingUpdate: { partition = 0, maxUnavailable } = {},
}: UpdateStrategyArgs = {}): types.input.apps.v1.StatefulSetUpdateStrategy {
  if (type === "OnDelete") return { type };
  const rollingUpdate =
    maxUnavailable === undefined ? { partition } : { partition, maxUnavailable: intOrString(maxUnavailable) };
  return { type, rollingUpdate };
}
