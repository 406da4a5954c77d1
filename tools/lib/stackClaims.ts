import type { V1PersistentVolumeClaim, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import type { Cluster } from "../../live/cluster";
import { listed } from "../../live/rollout/messages";
import type { Identity } from "../../objects/identity";
import { claimNames, storeVolume } from "../../schema/names";
import { type ClaimNames, isOwnClaim, wantedClaims } from "../../stack/claims";
import { project } from "./stackConfig";

/** The part of a stack's config that says which claims it uses. */
export interface ClaimConfig extends ClaimNames {
  namespace: string;
  /** Objects of any kind, which can name claims too. */
  objects?: unknown;
}

/** A claim of a stack. */
export interface StackClaim {
  claim: V1PersistentVolumeClaim;
  name: string;
  /** Undefined if the name of the claim is not one of an app's or a store's. */
  app?: string;
  ordinal?: number;
  /** Whether the config asks for it, within the replicas of its app. */
  isWanted: boolean;
  /** The pods that use it, and the pod that a StatefulSet would start with it. */
  users: string[];
  /** What it takes to delete it, in words. */
  removal: string;
}

/** The claims of a namespace. */
export interface NamespaceClaims {
  /** Those of the stack, by name. */
  own: StackClaim[];
  others: V1PersistentVolumeClaim[];
}

const nameOf = ({ metadata }: { metadata?: { name?: string } }) => metadata?.name ?? "";

/** Finds the claims of a stack, also those that its config does not ask for any longer. */
export async function stackClaims(config: ClaimConfig, identity: Identity, cluster: Cluster): Promise<NamespaceClaims> {
  const { namespace } = config;
  const claims = await cluster.claims(namespace);
  const [statefulSets, pods] = await Promise.all([cluster.listStatefulSets(namespace), cluster.pods(namespace, {})]);
  const isOwn = isOwnClaim(identity, statefulSets);
  const users = usersOf(statefulSets, pods);
  const wanted = wantedClaims(config);
  const named = claimsNamedIn([config.apps, config.objects]);
  const own = claims.filter(isOwn).map((claim): StackClaim => {
    const name = nameOf(claim);
    const app = wanted.get(name)?.app ?? claim.metadata?.labels?.["app.kubernetes.io/instance"];
    const [, ordinal] = (app !== undefined && name.includes(`-${app}-`) && /-(\d+)$/.exec(name)) || [];
    const found = {
      claim,
      name,
      ...(ordinal === undefined ? {} : { app, ordinal: Number(ordinal) }),
      isWanted: wanted.has(name) || named.has(name),
      users: [...(users.get(name) ?? [])].sort(),
    };
    return { ...found, removal: removal(found, config) };
  });
  return {
    own: own.sort((one, other) => one.name.localeCompare(other.name, "en", { numeric: true })),
    others: claims.filter((claim) => !isOwn(claim)),
  };
}

/** The claims of the stack that its config does not ask for. */
export const orphansAmong = (claims: StackClaim[]) => claims.filter(({ isWanted }) => !isWanted);

/** The pods that use a claim, by its name. The pod of a replica counts also while it does not exist, because it returns. */
function usersOf(statefulSets: V1StatefulSet[], pods: V1Pod[]): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  const add = (claim: string, pod: string) => users.set(claim, (users.get(claim) ?? new Set<string>()).add(pod));
  for (const pod of pods) {
    for (const { persistentVolumeClaim } of pod.spec?.volumes ?? []) {
      if (persistentVolumeClaim) add(persistentVolumeClaim.claimName, nameOf(pod));
    }
  }
  for (const { metadata, spec } of statefulSets) {
    const app = metadata?.name ?? "";
    const numbering = { replicas: spec?.replicas ?? 1, ordinals: spec?.ordinals };
    for (const template of spec?.volumeClaimTemplates ?? []) {
      const volume = nameOf(template);
      for (const claim of claimNames(app, numbering, [volume])) add(claim, claim.slice(volume.length + 1));
    }
  }
  return users;
}

/** The claims that something in the config names itself, at whatever place. */
function claimsNamedIn(value: unknown): Set<string> {
  if (typeof value !== "object" || value === null) return new Set();
  const { claimName } = value as { claimName?: unknown };
  const within = Object.values(value).flatMap((part) => [...claimsNamedIn(part)]);
  return new Set([...(typeof claimName === "string" ? [claimName] : []), ...within]);
}

function removal(
  { claim, name, app, ordinal, isWanted, users }: Omit<StackClaim, "removal">,
  { apps, stores }: ClaimConfig,
): string {
  if (claim.metadata?.deletionTimestamp !== undefined) {
    const { finalizers = [] } = claim.metadata;
    return users.length > 0 ? "terminating: ends with its pods" : `terminating: held by ${finalizers.join(", ")}`;
  }
  const others = users.filter((user) => user !== `${app ?? ""}-${String(ordinal)}`);
  if (others.length > 0) return `in use: stop ${listed(others)}`;
  if (users.length > 0 && !isWanted) return "in use: run `pulumi up --refresh`, which stops its pod";
  if (users.length > 0 && app !== undefined && ordinal !== undefined) {
    if (Object.hasOwn(stores, app) && name === `${storeVolume}-${app}-0`)
      return `in use: remove ${project}:stores.${app}`;
    const before = ordinal - ((Object.hasOwn(apps, app) ? apps[app] : undefined)?.ordinals?.start ?? 0);
    return `in use: set ${project}:apps.${app}.replicas to ${String(before)}${before > 0 ? " or less" : ""}`;
  }
  return isWanted ? `--delete ${name}; \`pulumi up\` would use it again` : `--delete ${name}`;
}
