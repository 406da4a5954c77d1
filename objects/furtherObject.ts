import type { ObjectSettings } from "../schema/objects";
import { stackLabels } from "./labels";
import { objectMetadata, waitForDeletionOnly } from "./metadata";

interface Place<Namespace> {
  namespace: Namespace;
  partOf: string;
}

/** The name of an object that the stack has beside its apps and stores. */
export const objectName = (name: string, { metadata }: Pick<ObjectSettings, "metadata">): string =>
  metadata?.name ?? name;

/** An object that the stack has beside its apps and stores. Its own annotations can tell Pulumi's provider to wait. */
export function furtherObject<Namespace extends Parameters<typeof objectMetadata>[0]["namespace"]>(
  name: string,
  object: ObjectSettings,
  { namespace, partOf }: Place<Namespace>,
) {
  const { labels, annotations } = object.metadata ?? {};
  return {
    ...object,
    metadata: objectMetadata({
      name: objectName(name, object),
      namespace,
      labels: { ...labels, ...stackLabels(partOf) },
      // An Ingress would wait for pods that start after it.
      annotations: { ...waitForDeletionOnly, ...annotations },
    }),
  };
}
