import type * as pulumi from "@pulumi/pulumi";

/** The field manager of every field that the program sets, whether Pulumi or kubectl applies it. */
export const fieldManager = "stateful-apps";

interface Metadata {
  name: pulumi.Input<string>;
  namespace?: pulumi.Input<string>;
  labels: Record<string, pulumi.Input<string>>;
  annotations?: Record<string, pulumi.Input<string>>;
}

/**
 * The metadata of an object. By default the provider generates a field manager for each new object: fields of an adopted
 * object would have two managers, and would stay if the stack drops them.
 */
export function objectMetadata<M extends Metadata>({ annotations, ...metadata }: M) {
  return { ...metadata, annotations: { "pulumi.com/patchFieldManager": fieldManager, ...annotations } };
}

/** An object with more annotations, or as it is if there are none. */
export const annotated = <T extends { metadata: { annotations: Record<string, pulumi.Input<string>> } }>(
  object: T,
  annotations: Record<string, pulumi.Input<string>> | undefined,
): T => ({
  ...object,
  metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, ...annotations } },
});

/** The provider records the object without waiting for it. */
export const skipAwait = { "pulumi.com/skipAwait": "true" };

/**
 * The same, but the provider waits for deletion, so that the next object of that name can be created. The program itself
 * waits for readiness (docs/decisions/rollouts.md).
 */
export const waitForDeletionOnly = { "pulumi.com/waitFor": "jsonpath={.metadata.uid}" };
