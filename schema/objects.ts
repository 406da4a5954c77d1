import { z } from "zod";
import { map, optional, required, settings } from "./settings";
import { apiVersion, kind, label, labelText, objectName, qualifiedName, text, unchecked } from "./values";

const metadata = settings(
  "ObjectMetadata",
  { description: "The metadata of an object." },
  {
    name: optional(objectName(), "The name of the object.", { absent: "its name in the map" }),
    namespace: optional(label(), "The namespace of the stack. No other one is allowed.", {
      absent: "the namespace of the stack",
    }),
    labels: optional(map(qualifiedName(), labelText()), "Labels. Those of the stack take precedence."),
    annotations: optional(map(qualifiedName(), text()), "Annotations."),
  },
);

/** An object of any kind. */
export const object = z
  .object(
    {
      apiVersion: required(apiVersion(), "The version of the API, with its group: `networking.k8s.io/v1`."),
      kind: required(kind(), "The kind: `Ingress`."),
      metadata: optional(metadata, "Its metadata."),
    },
    { error: "must be a map" },
  )
  .catchall(required(unchecked(), "Every other field that the kind has, such as `spec`."))
  .meta({
    id: "Object",
    title: "Objects",
    description:
      "A further object of Kubernetes in the namespace of the stack, for [what no setting offers](overrides.md#further-objects).",
    see: "https://kubernetes.io/docs/concepts/overview/working-with-objects/",
    example: `stateful-apps:objects:
  web:
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    spec:
      scaleTargetRef: { apiVersion: apps/v1, kind: StatefulSet, name: web }
      maxReplicas: 5`,
  });

export type ObjectSettings = z.output<typeof object>;
