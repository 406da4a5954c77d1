import * as pulumi from "@pulumi/pulumi";
import type { Identity } from "../../objects/identity";
import {
  claimFromSnapshot,
  type ReplicaClaim,
  type SnapshotHandle,
  snapshotOfOtherNamespace,
} from "../../objects/snapshots";
import { claimName, type Numbering, ordinalsOf } from "../../schema/names";
import { amountOf } from "../../schema/quantities";
import { userError } from "../../schema/userError";
import type { Cluster, VolumeSnapshot } from "../cluster";
import { requestError } from "../requests";
import { type ClaimTemplate, sizesOf } from "../volumes/exchange";
import { setsOf, snapshotOf, timeOf } from "./sets";

/** The set of snapshots from which claims are made. */
export interface RestoreFrom {
  snapshot: string;
  /** Default: that of the claims. */
  namespace?: string;
  /** Default: that of the claims. */
  app?: string;
}

/** The claims that an app or a store needs. */
export interface NeededClaims {
  app: string;
  namespace: string;
  numbering: Numbering;
  /** By the name of the volume. */
  sizes: Record<string, string>;
}

/** A claim that is made from a snapshot. */
interface Restoration {
  claim: ReplicaClaim;
  snapshot: VolumeSnapshot;
  /** How the driver knows the snapshot, if it is one of another namespace. */
  handle?: SnapshotHandle;
}

/** What is wrong with the set itself, or with the size of a volume. */
interface RestoreProblem {
  volume?: string;
  problem: string;
}

interface RestorePlan {
  made: Restoration[];
  /** Claims of which the set has no snapshot. */
  empty: ReplicaClaim[];
  problems: RestoreProblem[];
}

const nameOf = ({ app, volume, ordinal }: ReplicaClaim) => claimName(app, volume, ordinal);

/** Finds out which claims of an app are missing, and from which snapshots they can be made. */
export async function planRestore(
  { app, namespace, numbering, sizes }: NeededClaims,
  from: RestoreFrom,
  cluster: Cluster,
): Promise<RestorePlan> {
  const there = new Set((await cluster.claims(namespace)).map(({ metadata }) => metadata?.name));
  const missing = Object.keys(sizes)
    .flatMap((volume) => ordinalsOf(numbering).map((ordinal) => ({ app, volume, ordinal })))
    .filter((claim) => !there.has(nameOf(claim)));
  if (missing.length === 0 || !cluster.isReadable) return { made: [], empty: [], problems: [] };
  const { namespace: source = namespace, app: sourceApp = app } = from;
  const failed = (problem: string) => ({ made: [], empty: [], problems: [{ problem }] });

  const snapshots = await cluster.snapshots(source);
  if (snapshots === undefined) return failed("the cluster has no VolumeSnapshots");
  const sets = setsOf(sourceApp, snapshots);
  const set = sets.find(({ name }) => name === from.snapshot);
  if (set === undefined) {
    const others = sets.map(({ name }) => name).join(", ") || "none";
    return failed(`the namespace ${source} has no such snapshots of ${sourceApp}; it has ${others}`);
  }
  if (set.problem !== undefined) return failed(set.problem);

  const found = missing.map((claim) => ({ claim, snapshot: snapshotOf(set, claim.volume, claim.ordinal) }));
  const made = found.flatMap(({ claim, snapshot }) => (snapshot ? [{ claim, snapshot }] : []));
  const empty = found.flatMap(({ claim, snapshot }) => (snapshot ? [] : [claim]));
  const problems: RestoreProblem[] = made.flatMap(({ claim: { volume }, snapshot }) => {
    const { restoreSize = "0" } = snapshot.status ?? {};
    return amountOf(sizes[volume] ?? "") < amountOf(restoreSize)
      ? [{ volume, problem: `the snapshot ${snapshot.metadata.name} requires ${restoreSize}` }]
      : [];
  });
  if (source === namespace) return { made, empty, problems };
  const handled = await Promise.all(
    made.map(async (one) => ({ ...one, handle: await handleOf(one.snapshot, cluster) })),
  );
  const lost = handled.filter(({ handle }) => handle === undefined);
  return {
    made: handled,
    empty,
    problems: [
      ...problems,
      ...lost.map(({ snapshot: { metadata } }) => ({ problem: `the snapshot ${metadata.name} has no content` })),
    ],
  };
}

async function handleOf({ status }: VolumeSnapshot, cluster: Cluster): Promise<SnapshotHandle | undefined> {
  const content = await cluster.snapshotContent(status?.boundVolumeSnapshotContentName ?? "");
  const handle = content?.status?.snapshotHandle;
  if (content === undefined || handle === undefined) return undefined;
  const { driver, sourceVolumeMode, volumeSnapshotClassName } = content.spec;
  return { driver, handle, volumeMode: sourceVolumeMode, className: volumeSnapshotClassName };
}

/**
 * Makes the claims that an app does not have from snapshots, before Kubernetes makes them empty. Claims that exist stay as
 * they are. A preview says what would be made.
 */
export async function restoreClaims(
  { templates, ...needed }: Omit<NeededClaims, "sizes"> & { templates: ClaimTemplate[] },
  from: RestoreFrom,
  { identity: { id = "" }, cluster, resource }: { identity: Identity; cluster: Cluster; resource: pulumi.Resource },
): Promise<void> {
  const { made, empty, problems } = await planRestore({ ...needed, sizes: sizesOf(templates) }, from, cluster);
  // They were checked before anything was changed, and can have changed since.
  if (problems.length > 0) {
    const lines = problems.map(({ problem }) => `  ${problem}`);
    throw userError([`The claims of ${needed.app} cannot be made from ${from.snapshot}.`, ...lines].join("\n"));
  }
  const owned = { namespace: needed.namespace, id };
  for (const { claim, snapshot, handle } of made) {
    const { name } = snapshot.metadata;
    const message = `makes ${nameOf(claim)} from the snapshot ${name} of ${timeOf(snapshot)}`;
    await pulumi.log.info(message, resource);
    if (pulumi.runtime.isDryRun()) continue;
    const template = templates.find(({ metadata }) => metadata?.name === claim.volume) ?? {};
    const copy = handle && snapshotOfOtherNamespace(claim, from.snapshot, handle, owned);
    const source = copy?.snapshot.metadata.name ?? name;
    const objects = [...(copy ? [copy.content, copy.snapshot] : []), claimFromSnapshot(claim, template, source, owned)];
    for (const object of objects) {
      await cluster.apply(object).catch((error: unknown) => {
        throw userError(`The ${object.kind} ${object.metadata.name} cannot be created: ${requestError(error)}`);
      });
    }
  }
  for (const claim of empty) {
    await pulumi.log.warn(`${nameOf(claim)} starts empty: ${from.snapshot} has no snapshot of it`, resource);
  }
}
