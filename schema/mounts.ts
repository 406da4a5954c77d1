import type { MountArgs } from "./args";

/** How a claim or a volume is mounted. */
type Mounting = Partial<MountArgs> & { mounts?: MountArgs[] };

/** The mounts of a claim or of a volume in the container of the app. */
export const mountsOf = ({ mountPath, subPath, readOnly, mounts = [] }: Mounting): MountArgs[] =>
  mountPath === undefined ? mounts : [{ mountPath, subPath, readOnly }];

/** A claim or a volume without how it is mounted. */
export function withoutMounts<V extends Mounting>(volume: V) {
  const { mountPath, subPath, readOnly, mounts, ...rest } = volume;
  return rest;
}
