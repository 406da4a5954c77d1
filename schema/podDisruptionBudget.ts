import type { Mistake } from "./mistakes";
import { optional, settings, withDefault } from "./settings";
import { boolean, countOrPercentage, known, oneOf } from "./values";

/** How many pods of an app can be evicted at the same time. */
export const podDisruptionBudget = settings(
  "PodDisruptionBudget",
  {
    title: "Disruptions",
    description:
      "The PodDisruptionBudget `NAME`, by which pods of the app `NAME` are evicted, for example when a node is drained ([Evictions](availability.md#evictions)).",
    see: "https://kubernetes.io/docs/tasks/run-application/configure-pdb/",
    example: `replicas: 5
podDisruptionBudget: { minAvailable: 3 }`,
  },
  {
    create: withDefault(boolean(), true, "Whether to create it.", {
      plain: "it decides whether there is such an object",
    }),
    maxUnavailable: optional(
      countOrPercentage(),
      "How many pods, or which share of them, can be evicted at the same time: `50%`. Not allowed beside `minAvailable`.",
      { absent: "1, unless there is `minAvailable`" },
    ),
    minAvailable: optional(
      countOrPercentage(),
      "How many pods, or which share of them, must stay. It must be fewer than there are.",
    ),
    unhealthyPodEvictionPolicy: optional(
      oneOf("AlwaysAllow", "IfHealthyBudget"),
      "Whether pods that are not ready can always be evicted, or only as the others.",
      { absent: "`AlwaysAllow`" },
    ),
  },
);

interface App {
  replicas: number;
  podDisruptionBudget?: { create: boolean; minAvailable?: string; maxUnavailable?: string };
}

/** Whether an app has a PodDisruptionBudget. A program can leave out what has a default. */
export const hasBudget = ({ podDisruptionBudget }: { podDisruptionBudget?: { create?: boolean } }): boolean =>
  podDisruptionBudget?.create ?? true;

/** A budget that would never let a pod go, so that a drain of its node would never end. */
export function checkBudget({ podDisruptionBudget = { create: true }, replicas }: App): Mistake[] {
  const { create, maxUnavailable } = podDisruptionBudget;
  const minAvailable = known(podDisruptionBudget.minAvailable);
  const path = ["podDisruptionBudget", "minAvailable"];
  if (podDisruptionBudget.minAvailable !== undefined && maxUnavailable !== undefined) {
    return [{ path, problem: "is not allowed beside podDisruptionBudget.maxUnavailable" }];
  }
  // Without pods, none is held. If the number is a mistake itself, nothing is compared with it.
  if (!create || minAvailable === undefined || replicas === 0 || !Number.isFinite(replicas)) return [];
  const share = /^(\d+)%$/.exec(minAvailable)?.[1];
  return kept(minAvailable, share, replicas) >= replicas
    ? [
        {
          path,
          value: share === undefined ? Number(minAvailable) : minAvailable,
          problem: `would keep every pod of ${String(replicas)}, so that a node with one can never be drained; it must be fewer`,
        },
      ]
    : [];
}

/** How many pods must stay. Kubernetes rounds a share up. */
const kept = (count: string, share: string | undefined, replicas: number) =>
  share === undefined ? Number(count) : Math.ceil((Number(share) * replicas) / 100);
