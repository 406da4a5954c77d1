import { kubernetes, list, map, optional, required, settings, valueOrMap } from "./settings";
import { quantity } from "./quantities";
import {
  boolean,
  configKey,
  environmentName,
  fieldPath,
  label,
  objectName,
  resourceField,
  resourceName,
  text,
} from "./values";

/*
 * What the containers of an app and of its jobs have in common.
 */

export const mayBeMissing = optional(boolean(), "Whether pods start if it does not exist.", { absent: "false" });

export const keyRef = settings(
  "KeyRef",
  { description: "A key of a ConfigMap or of a Secret." },
  {
    name: required(
      objectName(),
      "The name of the object. A stack file declares it under `configMaps` or `secrets`, or under `existingConfigMaps` or `existingSecrets`.",
    ),
    key: required(configKey(), "One of its keys."),
    optional: mayBeMissing,
  },
);

const fieldRef = settings(
  "FieldRef",
  {
    description: "A field of a pod, as the pod itself has it.",
    see: "https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#available-fields",
  },
  { fieldPath: required(fieldPath(), "The path of the field, such as `metadata.name`.") },
);

const resourceFieldRef = settings(
  "ResourceFieldRef",
  {
    description: "A request or a limit of a container, as the container itself has it.",
    see: "https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#downwardapi-resourceFieldRef",
  },
  {
    resource: required(resourceField(), "The request or the limit, such as `limits.memory`."),
    containerName: optional(label(), "The name of the container.", { absent: "the container with the variable" }),
    divisor: optional(quantity(), "The unit of the value, such as `1Mi`. The value is rounded up.", { absent: "1" }),
  },
);

const envSource = settings(
  "EnvSource",
  { description: "Where the value of a variable comes from: exactly one of these." },
  {
    configMapKeyRef: optional(keyRef, "A key of a ConfigMap."),
    secretKeyRef: optional(keyRef, "A key of a Secret."),
    fieldRef: optional(fieldRef, "A field of the pod."),
    resourceFieldRef: optional(resourceFieldRef, "A request or a limit of a container."),
  },
);

const envValue = settings(
  "EnvValue",
  {
    title: "Environment",
    description:
      "An environment variable: text, or the source of its value. In a stack file, text can stand in place of the map. A value can refer to other variables as `$(NAME)`, wherever they are in the map; `$$(NAME)` is text.",
    see: "https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/",
    example: `env:
  SLEEP_TIME: "5"
  POD_NAME: { valueFrom: { fieldRef: { fieldPath: metadata.name } } }
  PASSWORD: { valueFrom: { secretKeyRef: { name: credentials, key: password } } }
envFrom:
  - configMapRef: { name: settings }`,
  },
  {
    value: optional(text(), "The text."),
    valueFrom: optional(envSource, "The source of the value."),
  },
);

export const localObjectReference = settings(
  "LocalObjectReference",
  { description: "An object in the namespace of the app." },
  { name: required(objectName(), "The name of the object.") },
);

const wholeObject = settings(
  "WholeObject",
  { description: "All keys of a ConfigMap or of a Secret." },
  { name: required(objectName(), "The name of the object."), optional: mayBeMissing },
);

const envFromSource = settings(
  "EnvFrom",
  { description: "Every key of a ConfigMap or of a Secret as an environment variable: exactly one of the two." },
  {
    configMapRef: optional(
      wholeObject,
      "A ConfigMap. A stack file declares it under `configMaps` or `existingConfigMaps`.",
    ),
    secretRef: optional(wholeObject, "A Secret. A stack file declares it under `secrets` or `existingSecrets`."),
    prefix: optional(environmentName(), "Text that precedes the name of every variable."),
  },
);

const amounts = map(resourceName(), quantity());

export const resources = optional(
  settings(
    "Resources",
    {
      title: "Resources",
      description: "CPU, memory and other resources of a container. A request must not exceed its limit.",
      see: "https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
      example: `resources:
  requests: { cpu: 100m, memory: 128Mi }
  limits: { memory: 128Mi }`,
    },
    {
      requests: optional(
        amounts,
        "What the scheduler reserves, by the name of the resource: `cpu`, `memory`, … Beside what is given, every container requests [`ephemeral-storage: 64Mi`](availability.md#space-on-the-node), unless it has a limit of that.",
      ),
      limits: optional(amounts, "What the container must not exceed, by the name of the resource."),
    },
  ),
  "The resources that the container requests, and its limits.",
);

export const command = optional(list(text()), "The command of the container.", { absent: "the image's entry point" });
export const args = optional(list(text()), "The arguments of the command.", { absent: "those of the image" });
export const env = optional(map(environmentName(), valueOrMap(envValue)), "Environment variables, by name.");
export const envFrom = optional(list(envFromSource), "Whole ConfigMaps and Secrets as environment variables.");

export const securityContext = (description: string) =>
  optional(
    kubernetes("core.v1.SecurityContext"),
    `${description} They are [merged](overrides.md#how-values-are-merged) into the restricted default; null removes a field.`,
  );
