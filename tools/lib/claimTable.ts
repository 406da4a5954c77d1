import type { Cluster, VolumeUse } from "../../live/cluster";
import type { StackClaim } from "./stackClaims";

/** What a row says of every claim. */
export interface ClaimCells {
  size: string;
  used: string;
  age: string;
}

/** Describes claims. How full a volume is, is known only while a pod mounts it, and if the user may ask the kubelet. */
export async function claimCells(
  claims: StackClaim[],
  namespace: string,
  cluster: Cluster,
): Promise<(claim: StackClaim) => ClaimCells> {
  const users = new Set(claims.flatMap((claim) => claim.users));
  const pods = users.size === 0 ? [] : await cluster.pods(namespace, {});
  const nodes = new Set(
    pods.flatMap(({ metadata, spec }) => (users.has(metadata?.name ?? "") && spec?.nodeName) || []),
  );
  const none = new Map<string, VolumeUse>();
  const uses = await Promise.all([...nodes].map((node) => cluster.volumeUse(node, namespace).catch(() => none)));
  const useOf = new Map(uses.flatMap((use) => [...use]));
  return ({ claim: { metadata, spec, status }, name }) => {
    const use = useOf.get(name);
    const created = metadata?.creationTimestamp?.getTime();
    return {
      size: status?.capacity?.storage ?? spec?.resources?.requests?.storage ?? "-",
      used: use === undefined ? "-" : `${inUnits(use.used)} of ${inUnits(use.capacity)}`,
      age: created === undefined ? "-" : age((cluster.now() - created) / 1000),
    };
  };
}

/** Bytes with three digits, in the units in which Kubernetes writes sizes. */
export function inUnits(bytes: number): string {
  const units = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];
  let amount = bytes;
  let unit = 0;
  // 1023.6 would be written as 1024.
  while (amount >= 999.5 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${String(Number(amount.toPrecision(3)))}${units[unit] ?? ""}`;
}

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;
const year = 365 * day;

/** Up to which age which units are shown: the smaller one is left out if there is none of it. */
const ages: [limit: number, unit: number, name: string, smaller?: number, smallerName?: string][] = [
  [2 * minute, 1, "s"],
  [10 * minute, minute, "m", 1, "s"],
  [3 * hour, minute, "m"],
  [8 * hour, hour, "h", minute, "m"],
  [2 * day, hour, "h"],
  [8 * day, day, "d", hour, "h"],
  [2 * year, day, "d"],
  [8 * year, year, "y", day, "d"],
  [Infinity, year, "y"],
];

/** An age as kubectl writes it. https://github.com/kubernetes/apimachinery/blob/master/pkg/util/duration/duration.go */
export function age(given: number): string {
  const seconds = Math.max(0, Math.floor(given));
  const [, unit = 1, name = "", smaller, smallerName = ""] = ages.find(([limit]) => seconds < limit) ?? [];
  const rest = smaller === undefined ? 0 : Math.floor((seconds % unit) / smaller);
  return `${String(Math.floor(seconds / unit))}${name}${rest > 0 ? `${String(rest)}${smallerName}` : ""}`;
}
