import { format } from "prettier";
import { stack } from "../../schema/stack";
import { defaultOf, jsonSchema, type JsonSchema } from "./jsonSchema";

/** The schema by which an editor checks a stack file. */
export function editorSchema(project: string): Promise<string> {
  const { definitions = {}, ...root } = jsonSchema(stack);
  const { Stack: { properties = {} } = root, ...groups } = definitions;
  const keys = Object.entries(properties).map(([key, value]) => [`${project}:${key}`, plain(value)]);
  const schema = {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: `A stack file of ${project}`,
    type: "object",
    properties: {
      config: { type: "object", properties: Object.fromEntries(keys) as unknown, additionalProperties: true },
    },
    definitions: Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, plain(group)])),
  };
  return format(JSON.stringify(schema), { parser: "json", printWidth: 120 });
}

/** A schema in the words of JSON schema alone. */
function plain(schema: JsonSchema): unknown {
  const { absent, preset, plain: reason, kubernetes, see, example, description, ...rest } = schema;
  const otherwise = defaultOf(schema);
  const text = [description, otherwise && `Default: ${otherwise}.`, see].filter(Boolean).join(" ");
  return {
    ...(text === "" ? {} : { description: text }),
    ...(preset === undefined ? {} : { default: preset }),
    ...mapValues(rest, (value, key) => {
      if (key === "properties") return mapValues(value as Record<string, JsonSchema>, plain);
      if (key === "items" || key === "additionalProperties")
        return typeof value === "object" ? plain(value as JsonSchema) : value;
      return value;
    }),
  };
}

const mapValues = <V>(object: Record<string, V>, change: (value: V, key: string) => unknown) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
