import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import { claimPrefix } from "../../schema/names";
import { amountOf } from "../../schema/quantities";

/** A claim that Kubernetes made for a replica of an app, and the size that it must have. */
export interface SizedClaim {
  claim: V1PersistentVolumeClaim;
  name: string;
  volume: string;
  /** The pod that uses it, which need not exist: claims outlive the replicas. */
  pod: string;
  /** What the claim asks for. */
  requested: string;
  /** What its volume has; undefined before there is one. */
  capacity: string | undefined;
  wanted: string;
}

export const isSmaller = (one: string, other: string) => amountOf(one) < amountOf(other);

/** The claims of an app for volumes of these sizes, by the names of the volumes, with those of former replicas. */
export function sizedClaims(
  app: string,
  sizes: Record<string, string>,
  claims: V1PersistentVolumeClaim[],
): SizedClaim[] {
  const found = Object.entries(sizes).flatMap(([volume, wanted]) =>
    claims.flatMap((claim) => {
      const name = claim.metadata?.name ?? "";
      const prefix = `${claimPrefix(app, volume)}-`;
      const ordinal = name.startsWith(prefix) ? name.slice(prefix.length) : "";
      if (!/^\d+$/.test(ordinal)) return [];
      const requested = claim.spec?.resources?.requests?.storage ?? "0";
      const capacity = claim.status?.capacity?.storage;
      return [{ claim, name, volume, pod: `${app}-${ordinal}`, requested, capacity, wanted }];
    }),
  );
  return found.sort((one, other) => one.name.localeCompare(other.name, "en", { numeric: true }));
}

/** Whether the size of a claim can change: Kubernetes allows that only when there is a volume. */
export const isBound = ({ claim }: SizedClaim) => claim.status?.phase === "Bound";

/** Whether the volume has the size, and only its file system must still grow, when a pod uses it. */
export const waitsForPod = ({ claim }: SizedClaim) =>
  claim.status?.conditions?.some(({ type }) => type === "FileSystemResizePending") ?? false;
