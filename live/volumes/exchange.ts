import type { V1StatefulSet } from "@kubernetes/client-node";
import { amountOf } from "../../schema/quantities";
import type { Cluster } from "../cluster";
import { poll } from "../poll";

/** A template of the claims of a StatefulSet, as far as the Kubernetes client and Pulumi have the same types. */
export interface ClaimTemplate {
  metadata?: { name?: string };
  spec?: { resources?: { requests?: Record<string, string> } };
}

const nameOf = ({ metadata }: ClaimTemplate) => metadata?.name ?? "";
export const sizeOf = ({ spec }: ClaimTemplate) => spec?.resources?.requests?.storage ?? "";

/** The sizes of templates, by the names of the volumes. */
export const sizesOf = (templates: ClaimTemplate[]): Record<string, string> =>
  Object.fromEntries(templates.map((template) => [nameOf(template), sizeOf(template)]));

/**
 * Whether the templates of a StatefulSet differ from the wanted ones in their sizes, for the same volumes. Kubernetes does
 * not change them: the StatefulSet must be exchanged for another one.
 */
export function haveOtherSizes(live: V1StatefulSet, wanted: ClaimTemplate[]): boolean {
  const { volumeClaimTemplates = [] } = live.spec ?? {};
  const sizes = sizesOf(volumeClaimTemplates);
  const isSameSet = wanted.length === volumeClaimTemplates.length && wanted.every((one) => nameOf(one) in sizes);
  return isSameSet && wanted.some((one) => amountOf(sizeOf(one)) !== amountOf(sizes[nameOf(one)] ?? ""));
}

/**
 * Whether pods are to stay on an older revision. A StatefulSet that is created while its pods are there counts the newest
 * revision as that of all of them, and a pod that is held back would start again with it.
 */
export function holdsBack({ spec, status }: V1StatefulSet, plannedPartition = 0): boolean {
  const partition = spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
  return partition > 0 || plannedPartition > 0 || status?.currentRevision !== status?.updateRevision;
}

/** Templates with the sizes that the StatefulSet has. */
export function withLiveSizes<Template extends ClaimTemplate>(wanted: Template[], live: V1StatefulSet): Template[] {
  const sizes = sizesOf(live.spec?.volumeClaimTemplates ?? []);
  return wanted.map((template) => {
    const { resources } = template.spec ?? {};
    const requests = { ...resources?.requests, storage: sizes[nameOf(template)] ?? sizeOf(template) };
    return { ...template, spec: { ...template.spec, resources: { ...resources, requests } } };
  });
}

/**
 * Deletes a StatefulSet of the stack without its pods, right before the engine replaces it: the new one adopts them. The
 * engine itself would stop them all.
 */
export async function letGo(live: V1StatefulSet, cluster: Cluster): Promise<void> {
  const { namespace = "", name = "", uid } = live.metadata ?? {};
  await cluster.deleteWithoutPods(live);
  const deadline = Date.now() + 60_000;
  await poll(
    `the StatefulSet ${name} is gone`,
    async () => ((await cluster.statefulSet(namespace, name))?.metadata?.uid === uid ? undefined : true),
    () => Date.now() > deadline,
  );
}
