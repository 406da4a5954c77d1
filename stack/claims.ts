import type { V1PersistentVolumeClaim, V1StatefulSet } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { settingKey } from "../schema/settingKey";
import { userError } from "../schema/userError";
import { markClaims } from "../live/claims";
import type { Cluster } from "../live/cluster";
import { type Identity, identityLabel } from "../objects/identity";
import { type Labels, selectorLabels } from "../objects/labels";
import { claimNames, type Numbering, storeVolume } from "../schema/names";
import { adoptedApps } from "./identity";
import { makerOf } from "./ownership";

/** The part of the config that says which claims there are. */
export interface ClaimNames {
  apps: Record<string, Numbering & { claims?: Record<string, unknown> }>;
  stores: Record<string, unknown>;
}

/** The part of the config that concerns claims. */
interface ClaimSettings extends ClaimNames {
  namespace: string;
  /** Names of claims that the stack did not leave behind and is allowed to use. */
  adoptClaims: string[];
  /** Names of claims whose data is allowed to be lost. */
  giveUpClaims: string[];
}

/** The names of the claims of all apps and stores, with the setting that requires each. */
export function wantedClaims({ apps, stores }: ClaimNames): Map<string, { key: string; app: string }> {
  return new Map([
    ...Object.entries(apps).flatMap(([app, { claims = {}, ...numbering }]) =>
      Object.keys(claims).flatMap((volume) =>
        claimNames(app, numbering, [volume]).map((name): [string, { key: string; app: string }] => [
          name,
          { key: `apps.${app}.claims.${volume}`, app },
        ]),
      ),
    ),
    ...Object.keys(stores).flatMap((app) =>
      claimNames(app, { replicas: 1 }, [storeVolume]).map((name): [string, { key: string; app: string }] => [
        name,
        { key: `stores.${app}`, app },
      ]),
    ),
  ]);
}

const nameOf = ({ metadata }: V1PersistentVolumeClaim) => metadata?.name ?? "";
const labelsOf = ({ metadata }: V1PersistentVolumeClaim) => metadata?.labels ?? {};

/** Whether Kubernetes deletes a claim because its pod is beyond the replicas, and the app has `whenScaled: Delete`. */
const goesWithPod = ({ metadata }: V1PersistentVolumeClaim) =>
  metadata?.ownerReferences?.some(({ kind }) => kind === "Pod") ?? false;

/** The size, the age and the creator of a claim. */
function describe(claim: V1PersistentVolumeClaim, identity: Identity): string {
  const size = claim.status?.capacity?.storage ?? claim.spec?.resources?.requests?.storage ?? "?";
  const made = claim.metadata?.creationTimestamp?.toISOString() ?? "?";
  return `${nameOf(claim)} (${size}, created at ${made} by ${makerOf({ ...claim.metadata, name: nameOf(claim) }, identity)})`;
}

/** Finds out whether a claim belongs to the stack. `statefulSets` are those of the namespace. */
export function isOwnClaim(identity: Identity, statefulSets: V1StatefulSet[]) {
  const ownApps = statefulSets.filter(({ metadata }) => identity.owns(metadata?.labels)).map((s) => s.metadata?.name);
  /** Whether the StatefulSet of the stack created the claim, in an update that ended before the claim was labelled. */
  const isUnmarkedOwn = (labels: Labels) => {
    const app = labels["app.kubernetes.io/instance"];
    return (
      labels[identityLabel] === undefined &&
      ownApps.includes(app) &&
      Object.entries(selectorLabels(app ?? "")).every(([label, value]) => labels[label] === value) &&
      labels["app.kubernetes.io/managed-by"] === undefined
    );
  };
  return (claim: V1PersistentVolumeClaim): boolean =>
    identity.ownsRemainder(labelsOf(claim)) || isUnmarkedOwn(labelsOf(claim));
}

/**
 * Throws if pods would start on data that this stack did not leave behind, or if claims are terminating, whose data is
 * lost when their pods stop. Claims that the user named are reported and used.
 */
export async function checkClaims(settings: ClaimSettings, identity: Identity, cluster: Cluster): Promise<void> {
  if (identity.id === undefined) return;
  const wanted = wantedClaims(settings);
  const [claims, statefulSets] = await Promise.all([
    cluster.claims(settings.namespace),
    cluster.statefulSets(settings.namespace),
  ]);
  const isOwn = isOwnClaim(identity, statefulSets);

  const going = claims.filter(
    (claim) =>
      claim.metadata?.deletionTimestamp !== undefined &&
      (wanted.has(nameOf(claim)) || (isOwn(claim) && !goesWithPod(claim))) &&
      !settings.giveUpClaims.includes(nameOf(claim)),
  );
  if (going.length > 0) {
    const lines = going.map((claim) => `  ${describe(claim, identity)}`);
    throw userError(
      `Claims are terminating, and their data is lost when their pods stop; nothing was changed.\n${lines.join("\n")}\n` +
        `  Copy the data first. To lose it and go on: ${listSetting("giveUpClaims", going)}`,
    );
  }

  const foreign = claims.filter((claim) => wanted.has(nameOf(claim)) && !isOwn(claim));
  const adopted = adoptedApps();
  const isAdopted = (claim: V1PersistentVolumeClaim) =>
    labelsOf(claim)[identityLabel] === undefined && adopted.includes(wanted.get(nameOf(claim))?.app ?? "");
  const refused = foreign.filter((claim) => !settings.adoptClaims.includes(nameOf(claim)) && !isAdopted(claim));
  if (refused.length > 0) {
    const lines = refused.map(
      (claim) => `  ${settingKey(wanted.get(nameOf(claim))?.key ?? "")} would use ${describe(claim, identity)}`,
    );
    throw userError(
      `The namespace ${settings.namespace} contains claims that the stack did not leave behind; nothing was changed.\n${lines.join("\n")}\n` +
        `  Choose other names; or, to start pods on their data: ${listSetting("adoptClaims", refused)}`,
    );
  }
  for (const claim of foreign) {
    const reason = settings.adoptClaims.includes(nameOf(claim)) ? ", as adoptClaims allows" : "";
    await pulumi.log.info(`adopts the claim ${describe(claim, identity)}${reason}`);
  }
  if (!pulumi.runtime.isDryRun()) {
    await markClaims([...claims.filter(isOwn), ...foreign], identity.id, cluster);
  }
}

const listSetting = (key: string, claims: V1PersistentVolumeClaim[]) =>
  `${settingKey(key)}: [${claims.map(nameOf).join(", ")}]`;
