import { kubernetesList, optional, settings, withDefault } from "./settings";
import { boolean } from "./values";

/** Who reaches the pods of an app or of a store, and what they reach. */
export const networkPolicy = settings(
  "NetworkPolicy",
  {
    title: "Network policies",
    description:
      "The NetworkPolicy `NAME`, which decides who reaches the pods of the app or of the store `NAME` ([Network policies](network-policies.md)).",
    see: "https://kubernetes.io/docs/concepts/services-networking/network-policies/",
    example: `networkPolicy:
  from:
    - namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: monitoring } }`,
  },
  {
    create: withDefault(boolean(), true, "Whether to create it, and that of the jobs of an app.", {
      plain: "it decides whether there are such objects",
    }),
    from: optional(
      kubernetesList("networking.v1.NetworkPolicyPeer"),
      "Who else reaches the ports, such as pods of another namespace.",
      { absent: "nobody else" },
    ),
    egress: optional(
      kubernetesList("networking.v1.NetworkPolicyEgressRule"),
      "What the pods reach, beside DNS, each other and the store of the app.",
      { absent: "everything" },
    ),
  },
);

/** Whether an app or a store has a NetworkPolicy. A program can leave out what has a default. */
export const hasNetworkPolicy = ({ networkPolicy }: { networkPolicy?: { create?: boolean } }): boolean =>
  networkPolicy?.create ?? true;
