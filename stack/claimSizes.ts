import { requestError } from "../live/requests";
import type { Cluster } from "../live/cluster";
import { isBound, isSmaller, type SizedClaim, sizedClaims } from "../live/volumes/claimSizes";
import { isOfApp } from "../live/volumes/growth";
import type { Identity } from "../objects/identity";
import { storeVolume } from "../schema/names";
import { settingKey } from "../schema/settingKey";
import { userError } from "../schema/userError";

/** The part of the config that decides about the sizes of volumes. */
interface SizeSettings {
  namespace: string;
  apps: Record<string, { claims?: Record<string, { size: string }> }>;
  stores: Record<string, { size: string }>;
}

/** A volume of an app or of a store, with its setting. */
interface Volume {
  app: string;
  volume: string;
  size: string;
  key: string;
}

const volumesOf = ({ apps, stores }: SizeSettings): Volume[] => [
  ...Object.entries(apps).flatMap(([app, { claims = {} }]) =>
    Object.entries(claims).map(([volume, { size }]) => ({
      app,
      volume,
      size,
      key: `apps.${app}.claims.${volume}.size`,
    })),
  ),
  ...Object.entries(stores).map(([app, { size }]) => ({ app, volume: storeVolume, size, key: `stores.${app}.size` })),
];

/** Throws if claims of the stack cannot get the size in the config: they never shrink, and not every class lets them grow. */
export async function checkSizes(settings: SizeSettings, identity: Identity, cluster: Cluster): Promise<void> {
  const claims = await cluster.claims(settings.namespace);
  const lines = await Promise.all(
    volumesOf(settings).map(async ({ app, volume, size, key }) => {
      const own = sizedClaims(app, { [volume]: size }, claims).filter(({ claim }) =>
        isOfApp(app, claim.metadata?.labels, identity),
      );
      const problems = await Promise.all(own.map((claim) => problemOf(claim, cluster)));
      return problems.flatMap((problem) =>
        problem === undefined ? [] : [`  ${settingKey(key)} is ${size}; ${problem}`],
      );
    }),
  );
  if (lines.flat().length === 0) return;
  throw userError(["Volumes cannot get another size; nothing was changed.", ...lines.flat()].join("\n"));
}

async function problemOf(sized: SizedClaim, cluster: Cluster): Promise<string | undefined> {
  const { claim, name, requested, wanted } = sized;
  if (isSmaller(wanted, requested)) return `the claim ${name} has ${requested}, and volumes cannot shrink`;
  if (!isBound(sized) || !isSmaller(requested, wanted)) return undefined;
  try {
    await cluster.growClaim(claim, wanted, { dryRun: true });
    return undefined;
  } catch (error) {
    return `the claim ${name} has ${requested} and cannot grow: ${requestError(error)}`;
  }
}
