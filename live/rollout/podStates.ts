import type { V1ControllerRevision, V1Pod, V1PodTemplateSpec, V1StatefulSetSpec } from "@kubernetes/client-node";
import { isDeepStrictEqual } from "node:util";

/** What the controller will do with a pod. */
export type Fate =
  /** The pod does not exist and will be created. */
  | "missing"
  /** The pod runs the target revision. */
  | "updated"
  /** The pod will be replaced. */
  | "outdated"
  /** The pod keeps an older revision, because the partition excludes it from updates. */
  | "heldBack"
  /** The pod keeps an older revision until someone deletes it, because the strategy is OnDelete. */
  | "waitsForDeletion"
  /** The pod is beyond the replicas and will be deleted. */
  | "surplus";

export interface PodState {
  name: string;
  fate: Fate;
  /** Undefined if the pod does not exist. */
  pod?: V1Pod;
}

/**
 * Whether a pod will be replaced because it has no claim for a volume of which the StatefulSet has a template. The
 * controller does not do that: it goes no further than the first such pod, to which it tries to add the volume.
 */
export const lacksVolume = ({ fate, pod }: PodState, { volumeClaimTemplates = [] }: V1StatefulSetSpec): boolean =>
  fate === "outdated" &&
  volumeClaimTemplates.some(
    ({ metadata }) =>
      !pod?.spec?.volumes?.some(
        ({ name, persistentVolumeClaim }) => name === metadata?.name && persistentVolumeClaim !== undefined,
      ),
  );

type Spec = Pick<V1StatefulSetSpec, "replicas" | "ordinals" | "updateStrategy">;

const revisionLabel = "controller-revision-hash";

export const revisionOf = (pod: V1Pod) => pod.metadata?.labels?.[revisionLabel];

/** The number at the end of the name of a StatefulSet's pod. */
export const ordinalOf = ({ metadata }: V1Pod) => Number(/\d+$/.exec(metadata?.name ?? "")?.[0]);

/** The pods that exist or will be created, in the order of their ordinals. `revision` is that of the template in the spec. */
export function podStates(name: string, spec: Spec, pods: V1Pod[], revision: string | undefined): PodState[] {
  const first = spec.ordinals?.start ?? 0;
  const end = first + (spec.replicas ?? 1);
  const byOrdinal = new Map(pods.map((pod) => [ordinalOf(pod), pod]));
  const { updateStrategy } = spec;
  const fate = (ordinal: number, pod: V1Pod | undefined): Fate => {
    if (ordinal < first || ordinal >= end) return "surplus";
    if (!pod) return "missing";
    if (revision !== undefined && revisionOf(pod) === revision) return "updated";
    if (updateStrategy?.type === "OnDelete") return "waitsForDeletion";
    return ordinal < first + (updateStrategy?.rollingUpdate?.partition ?? 0) ? "heldBack" : "outdated";
  };
  const wanted = Array.from({ length: end - first }, (_, i) => first + i);
  const ordinals = [...new Set([...wanted, ...byOrdinal.keys()])].sort((one, other) => one - other);
  return ordinals.map((ordinal) => {
    const pod = byOrdinal.get(ordinal);
    return { name: `${name}-${String(ordinal)}`, fate: fate(ordinal, pod), pod };
  });
}

/** The revision of a template; undefined if the template is new. */
export function revisionOfTemplate(template: V1PodTemplateSpec, revisions: V1ControllerRevision[]): string | undefined {
  const same = revisions.find(({ data }) => {
    const { $patch, ...recorded } = (data as { spec: { template: Record<string, unknown> } }).spec.template;
    return $patch === "replace" && isDeepStrictEqual(plain(recorded), plain(template));
  });
  return same?.metadata?.name;
}

/** A value as it is sent to the API server: without empty fields, and without classes. */
const plain = (value: unknown) =>
  value && (JSON.parse(JSON.stringify(value, (_, field: unknown) => (field === null ? undefined : field))) as unknown);
