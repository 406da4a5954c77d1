import type * as pulumi from "@pulumi/pulumi";
import type { Labels } from "./labels";

/** Who owns the fields that the stack sets. One name for all of its life, so that it can take up what it made before. */
export const fieldManager = "stateful-apps";

interface Metadata {
  name: pulumi.Input<string>;
  namespace?: pulumi.Input<string>;
  labels: Labels;
  annotations?: Record<string, pulumi.Input<string>>;
}

/**
 * An object's metadata. The provider's own field manager has a new random name for each new object: fields of an object
 * that is taken up would belong to two managers, and stay when the stack drops them.
 */
export function objectMetadata({ annotations, ...metadata }: Metadata, manager = fieldManager) {
  return { ...metadata, annotations: { "pulumi.com/patchFieldManager": manager, ...annotations } };
}
