import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import type { Identity } from "../../objects/identity";
import { type ReplicaClaim, volumeSnapshot } from "../../objects/snapshots";
import { userError } from "../../schema/userError";
import type { Cluster, VolumeSnapshot } from "../cluster";
import { poll } from "../poll";
import { requestError } from "../requests";
import { isOfApp } from "../volumes/growth";
import { setsOf, type SnapshotSet } from "./sets";

/** The snapshots to take. */
export interface SnapshotOrder {
  app: string;
  namespace: string;
  set: string;
  /** Default: the default VolumeSnapshotClass of the driver. */
  className?: string;
}

/** Seconds after which no further snapshot is expected to be ready. Some drivers copy a snapshot elsewhere first. */
const patience = 600;

/** The same if a snapshot has an error, which can still go away. */
const patienceWithError = 60;

/** The claims of an app of the stack that have a volume, those of former replicas among them. */
export function claimsWithVolume(app: string, claims: V1PersistentVolumeClaim[], identity: Identity): ReplicaClaim[] {
  return claims.flatMap(({ metadata: { name = "", labels = {} } = {}, status }) => {
    const end = new RegExp(`^(.+)-${app}-(\\d+)$`).exec(name);
    const instance = labels["app.kubernetes.io/instance"] ?? app;
    if (end === null || instance !== app || !isOfApp(app, labels, identity) || status?.phase !== "Bound") return [];
    return [{ app, volume: end[1] ?? "", ordinal: Number(end[2]) }];
  });
}

/** The snapshots in a namespace. */
export async function snapshotsIn(namespace: string, cluster: Cluster): Promise<VolumeSnapshot[]> {
  const snapshots = await cluster.snapshots(namespace);
  if (snapshots !== undefined) return snapshots;
  throw userError(
    "The cluster has no VolumeSnapshots. They require the CRDs and the controller of https://github.com/kubernetes-csi/external-snapshotter, and a driver that can take snapshots.",
  );
}

/** Takes a snapshot of each claim of an app, all at the same time, and waits until claims can be made from them. */
export async function takeSnapshots(order: SnapshotOrder, identity: Identity, cluster: Cluster): Promise<SnapshotSet> {
  const { app, namespace, set, className } = order;
  const before = await snapshotsIn(namespace, cluster);
  const claims = claimsWithVolume(app, await cluster.claims(namespace), identity);
  if (claims.length === 0) throw userError(`${app} has no claim with a volume in the namespace ${namespace}.`);
  const snapshots = claims.map((claim) =>
    volumeSnapshot(claim, { set, count: claims.length, className }, { namespace, id: identity.id ?? "" }),
  );
  const names = snapshots.map(({ metadata }) => metadata.name);
  const taken = before.find(({ metadata }) => names.includes(metadata.name));
  if (taken) throw userError(`There is a snapshot ${taken.metadata.name} already; choose another name.`);
  await Promise.all(
    snapshots.map((snapshot) =>
      cluster.apply(snapshot).catch((error: unknown) => {
        throw userError(`The snapshot ${snapshot.metadata.name} cannot be created: ${requestError(error)}`);
      }),
    ),
  );
  return untilReady(order, cluster);
}

async function untilReady({ app, namespace, set }: SnapshotOrder, cluster: Cluster): Promise<SnapshotSet> {
  let most = 0;
  let since = Date.now();
  let unready: VolumeSnapshot[] = [];
  const limit = () => (unready.some(({ status }) => status?.error !== undefined) ? patienceWithError : patience);
  const isOver = () => Date.now() - since > limit() * 1000;
  return poll(
    `the snapshots ${set} are ready`,
    async () => {
      const found = setsOf(app, await snapshotsIn(namespace, cluster)).find(({ name }) => name === set);
      if (found && found.problem === undefined) return found;
      unready = found?.snapshots.filter(({ status }) => status?.readyToUse !== true) ?? [];
      const ready = (found?.snapshots.length ?? 0) - unready.length;
      if (ready > most) since = Date.now();
      most = Math.max(most, ready);
      if (isOver()) throw failure(set, unready, limit());
      return undefined;
    },
    isOver,
  );
}

function failure(set: string, unready: VolumeSnapshot[], seconds: number): Error {
  const lines = unready.map(
    ({ metadata, status }) => `  ${metadata.name}: ${status?.error?.message ?? "the driver has not reported an error"}`,
  );
  return userError(
    [`The snapshots ${set} do not get ready: no progress for ${String(seconds)} s.`, ...lines].join("\n"),
  );
}

/**
 * Removes the sets of an app that are older than its newest ones, of which it keeps a number of whole sets. Snapshots without
 * the identity of the stack stay. Returns the names of the sets.
 */
export async function removeOldSets(
  { app, namespace, keep }: { app: string; namespace: string; keep: number },
  identity: Identity,
  cluster: Cluster,
): Promise<string[]> {
  const own = (await snapshotsIn(namespace, cluster)).filter(({ metadata }) => identity.owns(metadata.labels));
  const sets = setsOf(app, own);
  const oldest = sets.filter(({ problem }) => problem === undefined)[keep - 1];
  const old = oldest ? sets.slice(sets.indexOf(oldest) + 1) : [];
  for (const snapshot of old.flatMap(({ snapshots }) => snapshots)) await cluster.deleteSnapshot(snapshot);
  return old.map(({ name }) => name);
}
