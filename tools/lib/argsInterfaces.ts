import { format } from "prettier";
import { statefulApp } from "../../schema/app";
import { redisStore } from "../../schema/store";
import { defaultOf, definitionOf, jsonSchema, type JsonSchema, kubernetesReference } from "./jsonSchema";

/** Types of Kubernetes with fields that are a number or text, which Pulumi's packages cannot describe. */
const unpackageable = [
  ...["core.v1.Container", "core.v1.Lifecycle"],
  // Of these there are only merge patches, in which null removes a field.
  ...["apps.v1.StatefulSet", "core.v1.PodTemplateSpec", "core.v1.Service", "core.v1.ServiceAccount"],
  ...["networking.v1.NetworkPolicy", "networking.v1.NetworkPolicyEgressRule", "policy.v1.PodDisruptionBudget"],
];

/** The interfaces of what the components are given. */
export function argsInterfaces(): Promise<string> {
  const groups = { ...groupsOf(statefulApp), ...groupsOf(redisStore) };
  const interfaces = Object.entries(groups).map(
    ([name, group]) => `${comment([group.description, group.see])}
export interface ${name}Args {
${Object.entries(group.properties ?? {})
  .map(([key, value]) => field(key, value, isRequired(group, key)))
  .join("\n")}
}`,
  );
  const text = `// Written by \`npm run generate\` from the folder schema.
/* eslint-disable @typescript-eslint/no-explicit-any -- Pulumi's packages cannot describe a number or text in one field. */
import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

${interfaces.join("\n\n")}
`;
  return format(text, { parser: "typescript", printWidth: 120 });
}

function groupsOf(schema: Parameters<typeof jsonSchema>[0]): Record<string, JsonSchema> {
  const { definitions = {}, $ref, ...root } = jsonSchema(schema);
  const name = (schema.meta() as { id: string }).id;
  return { ...($ref === undefined ? { [name]: root } : {}), ...definitions };
}

const isRequired = ({ required = [], properties = {} }: JsonSchema, key: string) =>
  required.includes(key) && properties[key]?.preset === undefined;

function field(key: string, schema: JsonSchema, isRequired: boolean): string {
  const otherwise = defaultOf(schema);
  const lines = [
    schema.description,
    schema.plain && `A plain value, because ${schema.plain}.`,
    schema.enum && schema.enum.length > 1 && `One of ${schema.enum.map((name) => `\`${name}\``).join(", ")}.`,
    otherwise && `Default: ${otherwise}.`,
    ...kubernetesTypes(schema).map(kubernetesReference),
  ];
  return `  ${comment(lines)}\n  ${key}${isRequired ? "" : "?"}: ${typeOf(schema)};`;
}

/** A doc comment, wrapped. */
function comment(parts: (string | false | undefined)[]): string {
  const sentences = parts.flatMap((part) => (part ? [part.replace(/\[([^\]]+)\]\([^)]+\)/g, "$1")] : []));
  const lines = sentences.reduce<string[]>((lines, sentence) => {
    const words = sentence.split(" ");
    for (const [i, word] of words.entries()) {
      const last = lines.at(-1) ?? "";
      const fits = last !== "" && last.length + word.length < 110 && !(i === 0 && word.startsWith("https://"));
      if (fits) lines[lines.length - 1] = `${last} ${word}`;
      else lines.push(word);
    }
    return lines;
  }, []);
  return lines.length === 1 ? `/** ${lines.join("")} */` : `/**\n${lines.map((line) => ` * ${line}`).join("\n")}\n */`;
}

function kubernetesTypes({ kubernetes, items }: JsonSchema): string[] {
  return kubernetes === undefined ? (items ? kubernetesTypes(items) : []) : [kubernetes];
}

function typeOf(schema: JsonSchema): string {
  const group = definitionOf(schema);
  if (group !== undefined) return `${group}Args`;
  if (schema.items) return `${typeOf(schema.items)}[]`;
  if (schema.kubernetes !== undefined) {
    return unpackageable.includes(schema.kubernetes) ? "any" : `types.input.${schema.kubernetes}`;
  }
  if (typeof schema.additionalProperties === "object") return `Record<string, ${typeOf(schema.additionalProperties)}>`;
  const leaf = leafType(schema);
  return schema.plain === undefined ? `pulumi.Input<${leaf}>` : leaf;
}

/** The first of the types that a stack file can have. */
function leafType({ type }: JsonSchema): string {
  const [first] = [type].flat();
  return first === "integer" ? "number" : first === "boolean" ? "boolean" : "string";
}
