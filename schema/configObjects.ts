import { z } from "zod";
import { type GroupWords, list, optional, required, settings, valueOrMap } from "./settings";
import { base64, configKey, fileSource, integer, text } from "./values";

/*
 * ConfigMaps and Secrets.
 */

/** The most data that Kubernetes allows in a ConfigMap or in a Secret: the values, without their keys. */
export const maxDataSize = 1024 * 1024;

/** The values of an object by key, and the files whose content is added to them. */
export interface DataWithFiles<V> {
  data: Record<string, V>;
  files: string[];
}

/** `files` is a setting if it is a list. Otherwise it is a key like any other. */
function dataWithFiles<V extends z.ZodType>(id: string, words: GroupWords, value: V, description: string) {
  const filesOrValue = z
    .unknown()
    .transform((given, context): unknown => {
      const { data, error } = (Array.isArray(given) ? list(fileSource()) : value).safeParse(given);
      for (const issue of error?.issues ?? []) context.issues.push({ ...issue, input: given } as z.core.$ZodRawIssue);
      return data;
    })
    .meta({ type: ["array", ...[value.meta()?.type].flat()], items: fileSource().meta() });
  const files = optional(
    filesOrValue,
    "Files whose content is added. An entry is PATH or KEY=PATH, with a path relative to the folder of `Pulumi.yaml`. Without KEY, the key is the name of the file. A folder stands for all its files.",
  );
  return z
    .object({ files }, { error: "must be a map" })
    .catchall(required(value, description))
    .superRefine(
      (given, context) => {
        for (const name of Object.keys(given)) {
          const { issues = [] } = configKey().safeParse(name).error ?? {};
          if (issues.length > 0) {
            context.issues.push({ code: "invalid_key", origin: "record", issues, input: given, path: [name] });
          }
        }
      },
      // Also beside a wrong value.
      { when: ({ value }) => value instanceof Object },
    )
    .meta({ id, ...words, propertyNames: configKey().meta() })
    .transform((given): DataWithFiles<z.output<V>> => {
      const { files, ...others } = given as Record<string, z.output<V>>;
      return Array.isArray(files) ? { data: others, files: files as string[] } : { data: given, files: [] };
    });
}

const inBase64 = optional(base64(), "The bytes of the value in base64, for example those of a key store.");

const configMapValue = settings(
  "ConfigMapValue",
  { description: "A key of a ConfigMap." },
  {
    value: optional(text(), "The text. In a stack file, it can stand in place of the map."),
    base64: inBase64,
  },
);

export const configMap = dataWithFiles(
  "ConfigMap",
  {
    title: "ConfigMaps",
    description: "A ConfigMap: text by key, and the content of files.",
    see: "https://kubernetes.io/docs/concepts/configuration/configmap/",
    example: `stateful-apps:configMaps:
  site:
    greeting: hello
    favicon.ico: { base64: AAABAAEAEBAQ }
    files: [apps/go/page.html, python.html=apps/python/page.html, examples/etcd]`,
  },
  valueOrMap(configMapValue),
  "A key: exactly one of its text and its bytes.",
);

const secretValue = settings(
  "SecretValue",
  { description: "A key of a Secret." },
  {
    value: optional(text(), "The value. In a stack file, it can stand in place of the map."),
    base64: inBase64,
    generate: optional(integer(8, 256), "The number of letters and digits of a random value that is generated once."),
  },
);

export const secret = dataWithFiles(
  "Secret",
  {
    title: "Secrets",
    description: "A Secret: values by key, and the content of files.",
    see: "https://kubernetes.io/docs/concepts/configuration/secret/",
    example: `stateful-apps:secrets:
  credentials:
    token: { generate: 32 }`,
  },
  valueOrMap(secretValue),
  "A key: exactly one of a value, which is set with `pulumi config set --secret --path`, its bytes, which are set in the same way, and a value that is generated.",
);
