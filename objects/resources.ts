import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { isInput } from "../schema/values";
import { mergePatch } from "./mergePatch";

type Resources = types.input.core.v1.ResourceRequirements;

const storage = "ephemeral-storage";

/**
 * The resources of a container, with a request of space on the node for its logs and temporary files. There is no limit by
 * default: the kubelet evicts a pod that exceeds one. A limit without a request is also the request.
 */
export function withRequests(given: pulumi.Input<Resources | undefined>): pulumi.Input<Resources> {
  const merged = (given: unknown) => {
    const known = (given ?? {}) as { limits?: object };
    const isLimited = Object.hasOwn(known.limits ?? {}, storage);
    return mergePatch<Resources>(isLimited ? {} : { requests: { [storage]: "64Mi" } }, known);
  };
  const isLater = isInput(given) || isInput(given?.limits);
  return isLater ? pulumi.output(given).apply(merged) : merged(given);
}
