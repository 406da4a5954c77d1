import type { V1Pod, V1StatefulSetSpec } from "@kubernetes/client-node";
import { freesPods, isCutOff, isReady } from "../pods/podTrouble";
import { watchSeconds } from "../pods/steadiness";
import { type Fate, lacksVolume, type PodState } from "./podStates";

/** Names as a part of a sentence. A long list is shortened to its ends. */
export function listed(names: string[]): string {
  if (names.length > 6) return `${names[0] ?? ""} … ${names.at(-1) ?? ""} (${String(names.length)} pods)`;
  return [names.slice(0, -1).join(", "), names.at(-1)].filter((part) => part).join(" and ");
}

const named = (states: PodState[], fate: Fate) => states.filter((state) => state.fate === fate).map(({ name }) => name);

/** What a change does to the pods; empty if it does nothing. */
export function announcement(spec: V1StatefulSetSpec, states: PodState[]): string {
  const starts = named(states, "missing");
  const stops = named(states, "surplus").reverse();
  // Kubernetes starts with the highest ordinal, and where it goes no further by itself, `pulumi up` with the lowest.
  const isStuck = states.some((state) => lacksVolume(state, spec));
  const updates = isStuck ? named(states, "outdated") : named(states, "outdated").reverse();
  const atATime = isStuck ? 1 : maxUnavailable(spec);
  return sentence([
    starts.length > 0 && `starts ${listed(starts)}`,
    stops.length > 0 && `stops ${listed(stops)}${fateOfClaims(spec, stops)}`,
    updates.length === 1 && `updates ${listed(updates)}`,
    updates.length > 1 && `updates ${listed(updates)}, ${atATime === 1 ? "one" : String(atATime)} at a time`,
    ...leftOut(spec, states),
  ]);
}

/** What becomes of the claims of pods beyond the replicas. Those that are deleted are all named, however many they are. */
function fateOfClaims(
  { persistentVolumeClaimRetentionPolicy: policy, volumeClaimTemplates = [] }: V1StatefulSetSpec,
  pods: string[],
): string {
  const claims = pods.flatMap((pod) => volumeClaimTemplates.map(({ metadata }) => `${metadata?.name ?? ""}-${pod}`));
  if (policy?.whenScaled !== "Delete" || claims.length === 0) return ", whose claims are kept";
  return ` and deletes ${pods.length === 1 ? "its" : "their"} claims with all data (whenScaled): ${claims.join(", ")}`;
}

/** How many pods the controller replaces at the same time: of a percentage, what Kubernetes makes of it. */
function maxUnavailable({ updateStrategy, replicas = 1 }: V1StatefulSetSpec): number {
  const given = String(updateStrategy?.rollingUpdate?.maxUnavailable ?? 1);
  return given.endsWith("%") ? Math.max(1, Math.floor((parseInt(given) * replicas) / 100)) : Number(given);
}

/** What happens to the pods of a StatefulSet that must be replaced. */
export const replacement = (names: string[]): string =>
  names.length === 0
    ? ""
    : `stops ${listed(names)}, whose claims are kept, and recreates the StatefulSet, because Kubernetes cannot change this field`;

/** The same if the pods stay. */
export const exchange = (names: string[]): string =>
  names.length === 0
    ? ""
    : `replaces the StatefulSet, because Kubernetes cannot change this field, while ${listed(names)} keep${names.length === 1 ? "s" : ""} running`;

/** What an update says of a StatefulSet that somebody deleted. */
export const isGone = (name: string): string =>
  `The StatefulSet ${name} no longer exists; \`pulumi up --refresh\` creates it again.`;

/** Whether the number of replicas is another one than Pulumi set; empty if it is not. */
export const scaledByHand = (live: V1StatefulSetSpec, recorded: V1StatefulSetSpec): string =>
  live.replicas === recorded.replicas
    ? ""
    : `keeps ${String(live.replicas)} instead of ${String(recorded.replicas)} replicas, which somebody has set; \`pulumi up --refresh\` sets them back`;

/** Whether somebody has changed the number of replicas after an update has set it; empty if nobody has. */
export const scaledMeanwhile = (live: V1StatefulSetSpec, planned: V1StatefulSetSpec): string =>
  live.replicas === planned.replicas
    ? ""
    : `somebody has set ${String(live.replicas)} instead of ${String(planned.replicas)} replicas; \`pulumi up --refresh\` sets them back`;

/** Which pods wait for nodes that do not answer, and what frees them; empty if there are none. */
export function cutOff(pods: V1Pod[]): string {
  const lost = pods.filter(isCutOff);
  const nodes = new Set(lost.map(({ spec }) => spec?.nodeName ?? ""));
  return sentence(
    [...nodes].map((node) => {
      const names = lost.filter(({ spec }) => spec?.nodeName === node).map(({ metadata }) => metadata?.name ?? "");
      const [are, their] = names.length === 1 ? ["is", "its"] : ["are", "their"];
      return `${listed(names)} ${are} not ready, because ${their} node ${node} does not answer; ${freesPods(node)}`;
    }),
  );
}

/** What is said of an app whose readiness means nothing; empty if a probe is set. */
export const unprobed = (name: string, { template }: V1StatefulSetSpec): string =>
  template.spec?.containers.some((container) => container.name === name && !container.readinessProbe)
    ? `${name} has no readinessProbe: Kubernetes takes a pod for ready as soon as it starts, and \`pulumi up\` only sees whether it runs for ${String(watchSeconds)} s`
    : "";

/** The pods that are not started before another one is ready; empty if there are none. */
export function notStarted({ podManagementPolicy }: V1StatefulSetSpec, states: PodState[]): string {
  const index = states.findIndex(({ fate, pod }) => fate !== "surplus" && !(pod && isReady(pod)));
  const missing = named(states.slice(index + 1), "missing");
  if (podManagementPolicy === "Parallel" || !states[index]?.pod || missing.length === 0) return "";
  return `${listed(missing)}: not started, because podManagementPolicy OrderedReady waits for ${states[index].name}; \`Parallel\` lets pods find each other before they are ready`;
}

/**
 * The pods that a finished rollout has left on an older revision; empty if there are none. `problems` are those of pods
 * that do not work.
 */
export const leftBehind = (spec: V1StatefulSetSpec, states: PodState[], problems: string[]): string =>
  sentence([...leftOut(spec, states), ...problems]);

function leftOut(spec: V1StatefulSetSpec, states: PodState[]) {
  const heldBack = named(states, "heldBack");
  const waiting = named(states, "waitsForDeletion");
  const partition = String(spec.updateStrategy?.rollingUpdate?.partition ?? 0);
  return [
    heldBack.length > 0 && `holds back ${listed(heldBack)} by the partition ${partition}`,
    waiting.length > 0 && `leaves ${listed(waiting)} as they are until they are deleted (OnDelete)`,
  ];
}

const sentence = (parts: (string | false)[]) => parts.filter((part) => part).join("; ");
