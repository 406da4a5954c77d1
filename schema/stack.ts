import type { z } from "zod";
import { app } from "./app";
import { maxAppNameLength } from "./names";
import { list, map, optional, settings, valueOrMap, withDefault } from "./settings";
import { store } from "./store";
import { configKey, integer, label, objectName, serviceName, text } from "./values";

const secretValue = settings(
  "SecretValue",
  {
    title: "Secrets",
    description:
      "A key of a Secret: exactly one of a value, which is set with `pulumi config set --secret --path`, and a value that is generated. In a stack file, the value can stand in place of the map.",
    example: `stateful-apps:secrets:
  credentials:
    token: { generate: 32 }`,
  },
  {
    value: optional(text(), "The value."),
    generate: optional(integer(8, 256), "The number of letters and digits of a random value that is generated once."),
  },
);

/** A stack's config, as a stack file has it under `stateful-apps:`. */
export const stack = settings(
  "Stack",
  { title: "Stack", description: "The settings of a stack." },
  {
    namespace: withDefault(
      label(),
      "stateful-apps",
      "The namespace of all objects. It is created if it is missing, and never removed.",
    ),
    replicas: withDefault(integer(0, 1000), 1, "The number of pods of every app that does not set its own."),
    apps: withDefault(map(serviceName(maxAppNameLength), app), {}, "The apps, by name."),
    configMaps: withDefault(map(objectName(), map(configKey(), text())), {}, "ConfigMaps, by name: text by key."),
    secrets: withDefault(map(objectName(), map(configKey(), valueOrMap(secretValue))), {}, "Secrets, by name and key."),
    stores: withDefault(map(serviceName(maxAppNameLength), store), {}, "Shared stores, by name."),
    adoptClaims: withDefault(
      list(objectName()),
      [],
      "Names of claims that this stack did not create and that its pods are allowed to use.",
    ),
    giveUpClaims: withDefault(
      list(objectName()),
      [],
      "Names of claims that are being deleted and whose pods are allowed to stop. The data of these claims is lost.",
    ),
    clusterId: optional(
      text(),
      "The UID of the namespace `kube-system` of the only cluster that the stack is allowed to use.",
    ),
  },
);

export type StackSettings = z.output<typeof stack>;
