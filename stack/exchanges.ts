import type { V1Container, V1PersistentVolumeClaim, V1StatefulSet, V1StatefulSetSpec } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../live/cluster";
import { sizedClaims } from "../live/volumes/claimSizes";
import { changedVolumes, holdsBack, nameOf, recordedSpec } from "../live/volumes/exchange";
import { isOfApp } from "../live/volumes/growth";
import type { Identity } from "../objects/identity";
import { settingKey } from "../schema/settingKey";
import { userError } from "../schema/userError";
import { valueOf } from "./identity";
import type { PlannedObject } from "./plannedObjects";

interface ExchangeSettings {
  namespace: string;
  /** Names of claims whose data is allowed to be lost. */
  giveUpClaims: string[];
}

/**
 * Throws if a StatefulSet of the stack cannot get other volumes: pods must not start on an empty volume in place of one with
 * data, and none can be added or removed while pods stay on an older revision.
 */
export async function checkExchanges(
  planned: PlannedObject[],
  { namespace, giveUpClaims }: ExchangeSettings,
  identity: Identity,
  cluster: Cluster,
): Promise<void> {
  const wanted = planned.filter(({ path, object: { kind } }) => path[0] === "apps" && kind === "StatefulSet");
  if (wanted.length === 0) return;
  const [statefulSets, claims] = await Promise.all([cluster.statefulSets(namespace), cluster.claims(namespace)]);
  const lines = await Promise.all(
    wanted.map(async ({ path, object }) => {
      const { metadata, spec } = await valueOf<V1StatefulSet>(pulumi.output(object));
      const app = metadata?.name ?? "";
      const live = statefulSets.find((one) => one.metadata?.name === app && identity.owns(one.metadata.labels));
      if (!spec || !live?.spec) return [];
      const kept = claims.filter(
        (claim) => isOfApp(app, claim.metadata?.labels, identity) && !giveUpClaims.includes(claim.metadata?.name ?? ""),
      );
      const key = settingKey(path.join("."));
      return [...withoutData(app, live.spec, spec, kept), ...heldBack(app, live, spec)].map(
        (line) => `  ${key}${line}`,
      );
    }),
  );
  if (lines.flat().length === 0) return;
  throw userError(["Apps cannot get other volumes; nothing was changed.", ...lines.flat()].join("\n"));
}

/** The paths at which containers would find another volume than that of claims with data. */
function withoutData(
  app: string,
  live: V1StatefulSetSpec,
  planned: V1StatefulSetSpec,
  claims: V1PersistentVolumeClaim[],
) {
  const names = new Set(planned.volumeClaimTemplates?.map(nameOf));
  return containersOf(live).flatMap(({ name, volumeMounts = [] }) =>
    volumeMounts.flatMap(({ name: volume, mountPath }) => {
      const isClaim = live.volumeClaimTemplates?.some((template) => nameOf(template) === volume);
      const container = containersOf(planned).find((one) => one.name === name);
      const now = container?.volumeMounts?.find((mount) => mount.mountPath === mountPath)?.name;
      if (!isClaim || now === undefined || (now === volume && names.has(volume))) return [];
      const left = sizedClaims(app, { [volume]: "0" }, claims).map(({ name }) => name);
      if (left.length === 0) return [];
      return [
        `: ${now} would be mounted at ${mountPath} in place of ${volume}, without the data of ${left.join(", ")}; ` +
          `to start without it (the claims stay): ${settingKey("giveUpClaims")}: [${left.join(", ")}]`,
      ];
    }),
  );
}

const containersOf = ({ template: { spec } }: V1StatefulSetSpec): V1Container[] => [
  ...(spec?.containers ?? []),
  ...(spec?.initContainers ?? []),
];

/** What cannot be done while pods stay as they are until somebody lets them go. */
function heldBack(app: string, live: V1StatefulSet, planned: V1StatefulSetSpec): string[] {
  const { added, removed } = changedVolumes(recordedSpec(live) ?? live.spec ?? {}, planned);
  const { type, rollingUpdate } = planned.updateStrategy ?? {};
  const isHeldBack = holdsBack(live, rollingUpdate?.partition);
  const volumes = [...added, ...removed];
  if (volumes.length === 0 || !(isHeldBack || (type === "OnDelete" && added.length > 0))) return [];
  const why =
    type === "OnDelete"
      ? "updateStrategy is OnDelete, under which Kubernetes creates no pod of it before all others have the volume"
      : `pods of ${app} are held back on an older revision, and cannot stay so`;
  const cure = type === "OnDelete" ? "use RollingUpdate for this change" : "end the rollout first, without a partition";
  return volumes.map(
    (volume) =>
      `.claims.${volume}: a volume cannot be ${added.includes(volume) ? "added" : "removed"}: ${why}; ${cure}`,
  );
}
