import type {
  V1ControllerRevision,
  V1Pod,
  V1PodTemplateSpec,
  V1StatefulSetSpec,
  V1StatefulSetStatus,
} from "@kubernetes/client-node";
import { isDeepStrictEqual } from "node:util";
import { isReady } from "../pods/podTrouble";

/** What a StatefulSet's spec has in store for a pod. */
export type Fate =
  /** It is to be started. */
  | "missing"
  /** It has the revision that it is to have. */
  | "updated"
  /** The controller replaces it when its turn comes. */
  | "outdated"
  /** It keeps its older revision: its ordinal is below the partition. */
  | "heldBack"
  /** It keeps its older revision until somebody deletes it: the strategy is OnDelete. */
  | "waitsForDeletion"
  /** It is beyond the replicas, and to be stopped. */
  | "surplus";

export interface PodState {
  name: string;
  fate: Fate;
  /** What is there; missing for a pod that is to be started. */
  pod?: V1Pod;
}

type Spec = Pick<V1StatefulSetSpec, "replicas" | "ordinals" | "updateStrategy">;

const revisionLabel = "controller-revision-hash";

const revisionOf = (pod: V1Pod) => pod.metadata?.labels?.[revisionLabel];

/** The pods that are there, or are to be there, in the order of their ordinals. `revision` is that of the spec's template. */
export function podStates(name: string, spec: Spec, pods: V1Pod[], revision: string | undefined): PodState[] {
  const first = spec.ordinals?.start ?? 0;
  const end = first + (spec.replicas ?? 1);
  const byOrdinal = new Map(pods.map((pod) => [Number(/\d+$/.exec(pod.metadata?.name ?? "")?.[0]), pod]));
  const { updateStrategy } = spec;
  const fate = (ordinal: number, pod: V1Pod | undefined): Fate => {
    if (ordinal < first || ordinal >= end) return "surplus";
    if (!pod) return "missing";
    if (revision !== undefined && revisionOf(pod) === revision) return "updated";
    if (updateStrategy?.type === "OnDelete") return "waitsForDeletion";
    return ordinal < (updateStrategy?.rollingUpdate?.partition ?? 0) ? "heldBack" : "outdated";
  };
  const wanted = Array.from({ length: end - first }, (_, i) => first + i);
  const ordinals = [...new Set([...wanted, ...byOrdinal.keys()])].sort((one, other) => one - other);
  return ordinals.map((ordinal) => {
    const pod = byOrdinal.get(ordinal);
    return { name: `${name}-${String(ordinal)}`, fate: fate(ordinal, pod), pod };
  });
}

/** The revision that a template has had before; undefined for one that is new. */
export function revisionOfTemplate(template: V1PodTemplateSpec, revisions: V1ControllerRevision[]): string | undefined {
  const same = revisions.find(({ data }) => {
    const { $patch, ...recorded } = (data as { spec: { template: Record<string, unknown> } }).spec.template;
    return $patch === "replace" && isDeepStrictEqual(plain(recorded), plain(template));
  });
  return same?.metadata?.name;
}

/** What Kubernetes cannot change in a StatefulSet. */
const fixedFields = [
  "podManagementPolicy",
  "revisionHistoryLimit",
  "selector",
  "serviceName",
  "volumeClaimTemplates",
] as const;

/** Whether a StatefulSet must be replaced to get a spec: all of its pods stop before the first one starts. */
export const isReplaced = (planned: V1StatefulSetSpec, live: V1StatefulSetSpec) =>
  (planned.volumeClaimTemplates ?? []).length !== (live.volumeClaimTemplates ?? []).length ||
  !fixedFields.every((field) => includes(plain(live[field]) ?? {}, plain(planned[field])));

/** Whether a value has all that another one gives: the API server adds defaults to what it is given. */
function includes(whole: unknown, part: unknown): boolean {
  if (part === undefined) return true;
  if (typeof part !== "object" || typeof whole !== "object" || part === null || whole === null) return whole === part;
  return Object.entries(part).every(([key, value]) => includes((whole as Record<string, unknown>)[key], value));
}

/** Without what is set to nothing, and without classes: as it would be sent. */
const plain = (value: unknown) =>
  value && (JSON.parse(JSON.stringify(value, (_, field: unknown) => (field === null ? undefined : field))) as unknown);

/** Whether a pod is where it is to be. A pod that waits for its deletion is nobody's business but the user's. */
export const isSettled = ({ fate, pod }: PodState) =>
  fate === "waitsForDeletion" || ((fate === "updated" || fate === "heldBack") && pod !== undefined && isReady(pod));

/**
 * The pods that nothing asks for any more: beyond the replicas, or of a revision that neither the template nor the
 * partition wants. Those of the revision before count only while the new one is not in trouble itself: they would come
 * back with it.
 */
export function abandoned(states: PodState[], { currentRevision }: V1StatefulSetStatus): PodState[] {
  const isInTrouble = states.some((state) => state.fate === "updated" && !isSettled(state));
  return states.filter(({ fate, pod }) => {
    if (fate === "surplus") return true;
    const isCurrent = pod !== undefined && revisionOf(pod) === currentRevision;
    return (fate === "outdated" && !(isCurrent && isInTrouble)) || (fate === "heldBack" && !isCurrent);
  });
}
