/*
 * `npm run docs`: writes docs/configuration.md and docs/configuration.schema.json from schema/stack.ts.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { format } from "prettier";
import { z } from "zod";
import { stack } from "../schema/stack";

interface JsonSchema {
  type?: string | string[];
  enum?: string[];
  description?: string;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | false;
  items?: JsonSchema;
}

const folder = resolve(__dirname, "../docs");

/** The content of each generated file, by path. */
export async function generatedDocs(): Promise<Record<string, string>> {
  const schema = z.toJSONSchema(stack, { io: "input", target: "draft-7", unrepresentable: "any" });
  return {
    [join(folder, "configuration.schema.json")]: await format(JSON.stringify(editorSchema(schema)), {
      parser: "json",
      printWidth: 120,
    }),
    [join(folder, "configuration.md")]: await format(page(schema as JsonSchema), {
      parser: "markdown",
      printWidth: 120,
    }),
  };
}

/** The schema of a stack file, where every key carries the project's name. */
function editorSchema({ $schema, properties, ...schema }: z.core.JSONSchema.BaseSchema) {
  const prefixed = Object.entries(properties ?? {}).map(([key, value]) => [`stateful-apps:${key}`, value]);
  return {
    $schema,
    title: "A stack file of stateful-apps",
    type: "object",
    properties: {
      config: { ...schema, additionalProperties: true, properties: Object.fromEntries(prefixed) as unknown },
    },
  };
}

function page(schema: JsonSchema): string {
  return `<!-- Written by \`npm run docs\` from schema/stack.ts. -->

# Configuration

Every setting of a stack, as it stands in \`Pulumi.STACK.yaml\` under \`stateful-apps:\`. Names in capitals are yours. A setting without a default can be left out unless it is marked *required*. Numbers and booleans may be written as text, as \`pulumi config set\` does.

| Setting | Value | Meaning |
|---|---|---|
${rows(schema, "").join("\n")}

## Secrets

\`\`\`sh
pulumi config set --secret --path 'secrets.credentials.password'      # asks for the value
pulumi config set --path 'secrets.credentials.token.generate' 32      # makes one up, once
\`\`\`

An app reads them by \`env.NAME.valueFrom.secretKeyRef\`, \`envFrom\` or a volume. A Secret with a generated value outlives \`pulumi destroy\`, as the claims do, and the next \`pulumi up\` takes it up again: what the value opens outlives the stack too. No command changes it.

A change of a ConfigMap's or a Secret's key replaces the pods whose \`env\`, \`envFrom\` or \`volumes\` read that key, and no others; what stands in \`containers\` and \`initContainers\` is passed on unread.

## Where it goes

\`kubernetes:context\` and \`kubernetes:kubeconfig\` name the cluster; without them it is the one that \`kubectl\` uses. A kubeconfig is a path or its content, and content is best set as a secret, with \`pulumi config set --secret kubernetes:kubeconfig < FILE\`: then it is encrypted in the stack file, in state and in history. From its first update to its destruction a stack remembers its cluster, and \`preview\` and \`up\` refuse another one. Told to move by \`clusterId\`, it makes everything anew there and takes its apps, not its volumes, away here. \`pulumi destroy\` and \`pulumi refresh\` run no program and check nothing, unless \`--run-program\` is given.

\`docs/configuration.schema.json\` lets an editor check a stack file: begin the file with \`# yaml-language-server: $schema=docs/configuration.schema.json\`.
`;
}

const names: Record<string, string> = {
  apps: "APP",
  configMaps: "NAME",
  secrets: "NAME",
  claims: "VOLUME",
  volumes: "VOLUME",
};

function rows(schema: JsonSchema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, value]) => {
    const required = schema.required?.includes(key) ? "*required*: " : "";
    const here = path === "" ? key : `${path}.${key}`;
    return [
      `| \`${here}\` | ${kind(value)} | ${required}${value.description ?? ""} |`,
      ...nested(value, here, names[key] ?? "KEY"),
    ];
  });
}

function nested(schema: JsonSchema, path: string, name: string): string[] {
  if (schema.items) return nested(schema.items, `${path}[]`, name);
  if (schema.properties) return rows(schema, path);
  if (schema.additionalProperties) return nested(schema.additionalProperties, `${path}.${name}`, "KEY");
  return [];
}

function kind(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.join(", ");
  if (schema.minimum !== undefined) return `${String(schema.minimum)} to ${String(schema.maximum)}`;
  if (schema.type === "object" || schema.properties) return "map";
  if (schema.type === "array") return "list";
  if ([schema.type].flat().includes("boolean") && ![schema.type].flat().includes("number")) return "true, false";
  return "text";
}

async function main() {
  mkdirSync(folder, { recursive: true });
  for (const [path, content] of Object.entries(await generatedDocs())) writeFileSync(path, content);
}

if (require.main === module) void main();
