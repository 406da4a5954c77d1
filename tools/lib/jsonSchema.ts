import { z } from "zod";

/*
 * The description of all settings as a JSON schema: what the docs, the args interfaces and an editor's schema are made
 * from. Each group of settings is a definition.
 */

export interface JsonSchema {
  type?: string | string[];
  enum?: string[];
  description?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | boolean;
  items?: JsonSchema;
  allOf?: JsonSchema[];
  $ref?: string;
  definitions?: Record<string, JsonSchema>;
  // What `schema/settings.ts` says beside that.
  absent?: string;
  preset?: unknown;
  plain?: string;
  kubernetes?: string;
  title?: string;
  see?: string;
  example?: string;
}

export const jsonSchema = (schema: z.ZodType) =>
  z.toJSONSchema(schema, { io: "input", target: "draft-7", unrepresentable: "any" }) as JsonSchema;

/** The definition that a schema is; undefined if it has none. */
export function definitionOf({ $ref, allOf }: JsonSchema): string | undefined {
  return ($ref ?? allOf?.find((part) => part.$ref)?.$ref)?.replace("#/definitions/", "");
}

/** What applies if a setting is left out, in Markdown. */
export function defaultOf({ absent, preset }: JsonSchema): string | undefined {
  if (absent !== undefined) return /^(\d+|true|false)$/.test(absent) ? `\`${absent}\`` : absent;
  if (preset === undefined) return undefined;
  const text = typeof preset === "string" ? preset : JSON.stringify(preset);
  return text === "{}" || text === "[]" ? "none" : `\`${text}\``;
}

/** The reference of a type of Kubernetes: `core.v1.Affinity`. */
export function kubernetesReference(type: string): string {
  const [group = "", version = "", kind = ""] = type.split(".");
  return `https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#${kind.toLowerCase()}-${version}-${group}`;
}
