import { kubernetes, optional, settings } from "./settings";

/** A merge patch of an object. A program cannot give it as one output, because its fields are checked. */
const patch = (type: string, description: string) =>
  optional(kubernetes(type), description, { plain: "what it changes is checked; its leaves can be outputs" });

const workload = {
  statefulSet: patch("apps.v1.StatefulSet", "The StatefulSet, except for the template of its pods."),
  pod: patch("core.v1.PodTemplateSpec", "The template of the pods, with `metadata` and `spec`."),
  container: patch("core.v1.Container", "The container of the image."),
  networkPolicy: patch("networking.v1.NetworkPolicy", "The NetworkPolicy, if there is one."),
};

const see = "https://www.rfc-editor.org/rfc/rfc7396";

/** What changes the objects of an app last. */
export const appOverrides = settings(
  "Overrides",
  {
    title: "Overrides",
    description:
      "JSON merge patches of the objects of an app, for [what no setting offers](overrides.md). They are applied last.",
    see,
    example: `overrides:
  pod:
    spec: { dnsConfig: { options: [{ name: ndots, value: "2" }] } }
  service:
    spec: { sessionAffinity: ClientIP }`,
  },
  {
    ...workload,
    headlessService: patch("core.v1.Service", "The headless Service, which names the pods."),
    service: patch("core.v1.Service", "The Service for clients."),
    serviceAccount: patch("core.v1.ServiceAccount", "The ServiceAccount, if the app creates one."),
    podDisruptionBudget: patch("policy.v1.PodDisruptionBudget", "The PodDisruptionBudget, if the app has one."),
  },
);

/** What changes the objects of a store last. */
export const storeOverrides = settings(
  "StoreOverrides",
  { description: "JSON merge patches of the objects of a store.", see },
  { ...workload, service: patch("core.v1.Service", "The Service of the store.") },
);
