import { Field } from "./field";

/** What both kinds of policies know of a resource. */
export interface AnyResource {
  type: string;
  props: Record<string, unknown>;
  urn: string;
  opts: { parent?: string };
}

/** A Kubernetes object that a stack has. */
export interface KubernetesObject {
  /** The kind and its group, without the version of the API: `apps/StatefulSet`. */
  kind: string;
  /** Whether it only has some of the object's fields: what it lacks says nothing. */
  isPatch: boolean;
  fields: Field;
  /** How a message names it: `StatefulSet shop/db`. */
  title: string;
  urn: string;
  parent: string | undefined;
}

/** The Kubernetes object that a resource is; undefined if it is something else. */
export function kubernetesObject({ type, props, urn, opts }: AnyResource): KubernetesObject | undefined {
  const [, group, name = "", patch] = /^kubernetes:([^/:]+)\/[^/:]+:(\w+?)(Patch)?$/.exec(type) ?? [];
  if (group === undefined) return undefined;
  const fields = Field.of(props);
  const place = ["namespace", "name"].flatMap((key) => fields.get("metadata", key).text ?? []);
  return {
    kind: `${group}/${name}`,
    isPatch: patch !== undefined,
    fields,
    title: [name, place.join("/")].filter(Boolean).join(" "),
    urn,
    parent: opts.parent,
  };
}
