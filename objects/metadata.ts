import type * as pulumi from "@pulumi/pulumi";
import type { Labels } from "./labels";

/** Who owns the fields that the program sets, whatever sends them. */
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
export function objectMetadata({ annotations, ...metadata }: Metadata) {
  return { ...metadata, annotations: { "pulumi.com/patchFieldManager": fieldManager, ...annotations } };
}

/** The annotation by which pods are replaced when something that they read changes. */
export const versionAnnotations = (configVersions: pulumi.Input<string> | undefined) =>
  configVersions === undefined ? undefined : { "stateful-apps/config-versions": configVersions };

/** Makes the provider record an object without waiting for it. */
export const skipAwait = { "pulumi.com/skipAwait": "true" };

/**
 * The same, but a deletion is waited for: the next object of the name must not meet the old one. The provider's own rules
 * are not used for what the program itself waits for (docs/decisions/rollouts.md).
 */
export const waitForDeletionOnly = { "pulumi.com/waitFor": "jsonpath={.metadata.uid}" };
