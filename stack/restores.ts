import type { Cluster } from "../live/cluster";
import { type NeededClaims, planRestore, type RestoreFrom } from "../live/snapshots/restore";
import { type Numbering, storeVolume } from "../schema/names";
import { settingKey } from "../schema/settingKey";
import { userError } from "../schema/userError";

/** The part of the config that decides from which snapshots claims are made. */
interface RestoreSettings {
  namespace: string;
  apps: Record<string, Numbering & { claims?: Record<string, { size: string }>; restoreFrom?: RestoreFrom }>;
  stores: Record<string, { size: string; restoreFrom?: RestoreFrom }>;
}

/** What an app or a store restores, with its key and the key of the size of a volume. */
interface Restore {
  needed: NeededClaims;
  from: RestoreFrom | undefined;
  key: string;
  sizeKey: (volume: string) => string;
}

const restoresOf = ({ namespace, apps, stores }: RestoreSettings): Restore[] => [
  ...Object.entries(apps).map(([app, { claims = {}, restoreFrom, ...numbering }]) => ({
    needed: {
      app,
      namespace,
      numbering,
      sizes: Object.fromEntries(Object.entries(claims).map(([volume, { size }]) => [volume, size])),
    },
    from: restoreFrom,
    key: `apps.${app}`,
    sizeKey: (volume: string) => `apps.${app}.claims.${volume}.size`,
  })),
  ...Object.entries(stores).map(([app, { size, restoreFrom }]) => ({
    needed: { app, namespace, numbering: { replicas: 1 }, sizes: { [storeVolume]: size } },
    from: restoreFrom,
    key: `stores.${app}`,
    sizeKey: () => `stores.${app}.size`,
  })),
];

/** Throws if claims that are missing cannot be made from the snapshots in the config. */
export async function checkRestores(settings: RestoreSettings, cluster: Cluster): Promise<void> {
  const lines = await Promise.all(
    restoresOf(settings).map(async ({ needed, from, key, sizeKey }) => {
      if (from === undefined) return [];
      const { problems } = await planRestore(needed, from, cluster);
      return problems.map(({ volume, problem }) =>
        volume === undefined
          ? `  ${settingKey(`${key}.restoreFrom.snapshot`)} is ${from.snapshot}; ${problem}`
          : `  ${settingKey(sizeKey(volume))} is ${needed.sizes[volume] ?? ""}; ${problem}`,
      );
    }),
  );
  if (lines.flat().length === 0) return;
  throw userError(["Volumes cannot be restored from snapshots; nothing was changed.", ...lines.flat()].join("\n"));
}
