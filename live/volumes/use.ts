import type { VolumeUse } from "../cluster";

/**
 * What a kubelet says of the volumes of its pods.
 * https://kubernetes.io/docs/reference/instrumentation/node-metrics/#summary-api-source
 */
export interface StatsSummary {
  pods?: {
    volume?: { pvcRef?: { name: string; namespace: string }; usedBytes?: number; capacityBytes?: number }[];
  }[];
}

/** How full the volumes of the claims of a namespace are. The kubelet does not measure every kind of volume. */
export function usedVolumes({ pods = [] }: StatsSummary, namespace: string): Map<string, VolumeUse> {
  return new Map(
    pods.flatMap(({ volume = [] }) =>
      volume.flatMap(({ pvcRef, usedBytes: used, capacityBytes: capacity }) =>
        pvcRef?.namespace === namespace && used !== undefined && capacity !== undefined
          ? [[pvcRef.name, { used, capacity }] as const]
          : [],
      ),
    ),
  );
}
