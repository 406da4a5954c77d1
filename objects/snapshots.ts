import type { V1ObjectMeta } from "@kubernetes/client-node";
import { claimName } from "../schema/names";
import { identityLabel } from "./identity";
import { selectorLabels } from "./labels";

/*
 * VolumeSnapshots, and claims that are made from them: https://kubernetes.io/docs/concepts/storage/volume-snapshots/
 */

const apiGroup = "snapshot.storage.k8s.io";
export const snapshotApi = `${apiGroup}/v1`;

/** The labels by which a claim finds its snapshot: the set that it belongs to, and the volume and the ordinal of the claim. */
export const setLabel = "stateful-apps/snapshot-set";
export const volumeLabel = "stateful-apps/volume";
export const ordinalLabel = "stateful-apps/ordinal";

/** The annotation that has the number of snapshots in a set, without which a part of a set would look like a whole one. */
export const countAnnotation = "stateful-apps/snapshots-in-set";

/** The claim of a replica. */
export interface ReplicaClaim {
  app: string;
  volume: string;
  ordinal: number;
}

/** Where an object is, and the identity of the stack that it belongs to. */
interface Owned {
  namespace: string;
  id: string;
}

const nameOf = ({ app, volume, ordinal }: ReplicaClaim) => claimName(app, volume, ordinal);

/** The snapshot of a claim, as one of a set. */
export function volumeSnapshot(
  claim: ReplicaClaim,
  { set, count, className }: { set: string; count: number; className?: string },
  { namespace, id }: Owned,
) {
  return {
    apiVersion: snapshotApi,
    kind: "VolumeSnapshot",
    metadata: {
      namespace,
      name: `${nameOf(claim)}-${set}`,
      labels: {
        ...selectorLabels(claim.app),
        [identityLabel]: id,
        [setLabel]: set,
        [volumeLabel]: claim.volume,
        [ordinalLabel]: String(claim.ordinal),
      },
      annotations: { [countAnnotation]: String(count) },
    },
    spec: { volumeSnapshotClassName: className, source: { persistentVolumeClaimName: nameOf(claim) } },
  };
}

/** A template of claims, as far as the Kubernetes client and Pulumi have the same types. */
interface Template {
  metadata?: Pick<V1ObjectMeta, "labels" | "annotations">;
  spec?: object;
}

/** The claim that Kubernetes would make from a template, with the content of a snapshot. */
export function claimFromSnapshot(
  claim: ReplicaClaim,
  { metadata, spec }: Template,
  snapshot: string,
  { namespace, id }: Owned,
) {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: {
      namespace,
      name: nameOf(claim),
      labels: { ...metadata?.labels, ...selectorLabels(claim.app), [identityLabel]: id },
      annotations: metadata?.annotations,
    },
    // In place of what the template starts with.
    spec: {
      ...spec,
      dataSource: { apiGroup, kind: "VolumeSnapshot", name: snapshot },
      dataSourceRef: undefined,
    },
  };
}

/** What a driver knows of a snapshot. */
export interface SnapshotHandle {
  driver: string;
  handle: string;
  volumeMode?: string;
  className?: string;
}

/**
 * A snapshot of another namespace, in this one: a VolumeSnapshot, and the VolumeSnapshotContent by which it finds the data,
 * which stay when both are removed.
 */
export function snapshotOfOtherNamespace(
  claim: ReplicaClaim,
  set: string,
  { driver, handle, volumeMode, className }: SnapshotHandle,
  { namespace, id }: Owned,
) {
  const name = `${nameOf(claim)}-${set}`;
  const contentName = `${namespace}-${name}`;
  // Without the label of a set: it is not one of the app's own snapshots.
  const labels = { ...selectorLabels(claim.app), [identityLabel]: id };
  return {
    content: {
      apiVersion: snapshotApi,
      kind: "VolumeSnapshotContent",
      metadata: { name: contentName, labels },
      spec: {
        deletionPolicy: "Retain",
        driver,
        source: { snapshotHandle: handle },
        sourceVolumeMode: volumeMode,
        volumeSnapshotClassName: className,
        volumeSnapshotRef: { name, namespace },
      },
    },
    snapshot: {
      apiVersion: snapshotApi,
      kind: "VolumeSnapshot",
      metadata: { namespace, name, labels },
      spec: { volumeSnapshotClassName: className, source: { volumeSnapshotContentName: contentName } },
    },
  };
}
