import type { z } from "zod";
import { app } from "./app";
import { configMap, secret } from "./configObjects";
import { maxAppNameLength } from "./names";
import { list, map, optional, settings, withDefault } from "./settings";
import { object } from "./objects";
import { secretType } from "./secretTypes";
import { store } from "./store";
import { integer, label, objectName, oneOf, serviceName, text } from "./values";

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
    podSecurity: withDefault(
      oneOf("privileged", "baseline", "restricted"),
      "restricted",
      "The level of the Pod Security Standards that the namespace enforces, if the stack created it ([Pod Security](pod-security.md)).",
    ),
    replicas: withDefault(integer(0, 1000), 1, "The number of pods of every app that does not set its own."),
    apps: withDefault(map(serviceName(maxAppNameLength), app), {}, "The apps, by name."),
    configMaps: withDefault(map(objectName(), configMap), {}, "The ConfigMaps, by name."),
    secrets: withDefault(map(objectName(), secret), {}, "The Secrets, by name."),
    existingConfigMaps: withDefault(
      list(objectName()),
      [],
      "Names of ConfigMaps that apps and jobs read and that the stack does not create ([ConfigMaps and Secrets that exist](existing-objects.md)).",
    ),
    existingSecrets: withDefault(
      list(objectName()),
      [],
      "Names of Secrets that apps and jobs read and that the stack does not create ([ConfigMaps and Secrets that exist](existing-objects.md)).",
    ),
    secretTypes: withDefault(
      map(objectName(), secretType()),
      {},
      "The types of Secrets, by the name of the Secret: one of Kubernetes' own, such as `kubernetes.io/tls`, or another. A Secret that is not here is `Opaque`.",
    ),
    stores: withDefault(map(serviceName(maxAppNameLength), store), {}, "Shared stores, by name."),
    objects: withDefault(map(objectName(), object), {}, "Further objects of Kubernetes, by name."),
    adoptClaims: withDefault(
      list(objectName()),
      [],
      "Names of claims that this stack did not create and that its pods are allowed to use.",
    ),
    giveUpClaims: withDefault(
      list(objectName()),
      [],
      "Names of claims whose data pods are allowed to go without: claims that are being deleted, whose data is lost when their pods stop, and claims in whose place another volume is mounted, which stay.",
    ),
    clusterId: optional(
      text(),
      "The UID of the namespace `kube-system` of the only cluster that the stack is allowed to use.",
    ),
  },
);

export type StackSettings = z.output<typeof stack>;

/** A level of the Pod Security Standards. */
export type PodSecurityLevel = StackSettings["podSecurity"];
