import type { VolumeSnapshot } from "../cluster";
import { selectorLabels } from "../../objects/labels";
import { countAnnotation, ordinalLabel, setLabel, volumeLabel } from "../../objects/snapshots";

/** The snapshots that were taken of the claims of an app at the same time. */
export interface SnapshotSet {
  name: string;
  snapshots: VolumeSnapshot[];
  /** When the first one was asked for, in milliseconds. */
  time: number;
  /** Why no claim can be made from it. */
  problem: string | undefined;
}

const labelOf = ({ metadata }: VolumeSnapshot, label: string) => metadata.labels?.[label] ?? "";

/** The sets of an app or a store, the newest one first. Snapshots that are being removed are in none. */
export function setsOf(app: string, snapshots: VolumeSnapshot[]): SnapshotSet[] {
  const own = snapshots.filter(
    (snapshot) =>
      labelOf(snapshot, setLabel) !== "" &&
      snapshot.metadata.deletionTimestamp === undefined &&
      Object.entries(selectorLabels(app)).every(([label, value]) => labelOf(snapshot, label) === value),
  );
  const names = [...new Set(own.map((snapshot) => labelOf(snapshot, setLabel)))];
  const sets = names.map((name) => {
    const ofSet = own
      .filter((snapshot) => labelOf(snapshot, setLabel) === name)
      .sort((one, other) => one.metadata.name.localeCompare(other.metadata.name, "en", { numeric: true }));
    const times = ofSet.map(({ metadata }) => metadata.creationTimestamp?.getTime() ?? 0);
    return { name, snapshots: ofSet, time: Math.min(...times), problem: problemOf(ofSet) };
  });
  return sets.sort((one, other) => other.time - one.time || other.name.localeCompare(one.name));
}

function problemOf(snapshots: VolumeSnapshot[]): string | undefined {
  const count = Math.max(...snapshots.map(({ metadata }) => Number(metadata.annotations?.[countAnnotation] ?? 0)));
  if (snapshots.length < count) return `only ${String(snapshots.length)} of its ${String(count)} snapshots are there`;
  const unready = snapshots.find(({ status }) => status?.readyToUse !== true);
  return unready && `${unready.metadata.name} is not ready: ${unready.status?.error?.message ?? "it is being taken"}`;
}

/** The snapshot of one claim. */
export const snapshotOf = ({ snapshots }: SnapshotSet, volume: string, ordinal: number) =>
  snapshots.find(
    (snapshot) => labelOf(snapshot, volumeLabel) === volume && labelOf(snapshot, ordinalLabel) === String(ordinal),
  );

/** When the driver took a snapshot, in words. */
export const timeOf = ({ status }: VolumeSnapshot) => status?.creationTime ?? "an unknown time";
