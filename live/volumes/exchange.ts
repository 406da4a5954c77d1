import type { V1StatefulSet } from "@kubernetes/client-node";
import { isDeepStrictEqual } from "node:util";
import type { Labels } from "../../objects/labels";
import { amountOf } from "../../schema/quantities";
import type { Cluster } from "../cluster";
import { poll } from "../poll";

/** A template of the claims of a StatefulSet, as far as the Kubernetes client and Pulumi have the same types. */
export interface ClaimTemplate {
  metadata?: { name?: string; labels?: Labels; annotations?: Record<string, string> };
  spec?: { resources?: { requests?: Record<string, string> }; storageClassName?: string; volumeMode?: string };
}

/**
 * What a config can change in a StatefulSet, and Kubernetes or Pulumi's provider cannot: the StatefulSet must be exchanged
 * for another one.
 * https://github.com/pulumi/pulumi-kubernetes/blob/v4.32.0/provider/pkg/provider/diff.go
 */
export interface FixedSpec<Template = ClaimTemplate> {
  podManagementPolicy?: string;
  revisionHistoryLimit?: number;
  volumeClaimTemplates?: Template[];
}

/**
 * The annotation of a StatefulSet with its fixed spec as the engine has sent it: whether the engine exchanges the
 * StatefulSet follows from that, and not from what webhooks or users have made of it.
 */
export const fixedSpecAnnotation = "stateful-apps/fixed-spec";

/** Fields that stacks can leave out, with the values that they then have. */
const defaults = { podManagementPolicy: "OrderedReady", revisionHistoryLimit: 10 };
const fields = ["podManagementPolicy", "revisionHistoryLimit"] as const;

export const nameOf = ({ metadata }: ClaimTemplate) => metadata?.name ?? "";
const sizeOf = ({ spec }: ClaimTemplate) => spec?.resources?.requests?.storage ?? "0";

/** The sizes of templates, by the names of the volumes. */
export const sizesOf = (templates: ClaimTemplate[]): Record<string, string> =>
  Object.fromEntries(templates.map((template) => [nameOf(template), sizeOf(template)]));

/** A template without its size, and with the defaults of Kubernetes. */
function withoutSize({ metadata, spec }: ClaimTemplate): unknown {
  const { labels, annotations } = { labels: undefined, annotations: undefined, ...metadata };
  const { resources, volumeMode = "Filesystem", ...rest } = spec ?? {};
  const { storage, ...requests } = resources?.requests ?? {};
  return plain({ labels, annotations, ...rest, volumeMode, resources: { ...resources, requests } });
}

/** A value without undefined fields, and without classes. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

/** Whether claims that are made for a template are made otherwise than for the other one, apart from their size. */
const isOtherKind = (one: ClaimTemplate, other: ClaimTemplate) =>
  !isDeepStrictEqual(withoutSize(one), withoutSize(other));

/** The volumes of which a StatefulSet has templates and the planned one has others, by their names. */
export function changedVolumes(
  { volumeClaimTemplates: before = [] }: FixedSpec,
  { volumeClaimTemplates: wanted = [] }: FixedSpec,
) {
  const namesBefore = before.map(nameOf);
  const names = wanted.map(nameOf);
  const both = wanted.flatMap((template) => {
    const former = before.find((one) => nameOf(one) === nameOf(template));
    return former ? [{ name: nameOf(template), former, template }] : [];
  });
  return {
    added: names.filter((name) => !namesBefore.includes(name)),
    removed: namesBefore.filter((name) => !names.includes(name)),
    /** Those whose claims stay as they are, and only further ones are others. */
    altered: both.filter(({ former, template }) => isOtherKind(former, template)).map(({ name }) => name),
    resized: both.filter(({ former, template }) => amountOf(sizeOf(former)) !== amountOf(sizeOf(template))),
  };
}

/** Whether a StatefulSet must be exchanged for the planned one. */
export function mustBeExchanged(live: FixedSpec, planned: FixedSpec): boolean {
  const order = (templates: ClaimTemplate[] = []) => templates.map(nameOf);
  const { altered, resized } = changedVolumes(live, planned);
  return (
    fields.some((field) => (live[field] ?? defaults[field]) !== (planned[field] ?? defaults[field])) ||
    !isDeepStrictEqual(order(live.volumeClaimTemplates), order(planned.volumeClaimTemplates)) ||
    altered.length + resized.length > 0
  );
}

/**
 * Whether pods are to stay on an older revision. A StatefulSet that is created while its pods are there counts the newest
 * revision as that of all of them, and a pod that is held back would start again with it.
 */
export function holdsBack({ status }: V1StatefulSet, plannedPartition = 0): boolean {
  return plannedPartition > 0 || status?.currentRevision !== status?.updateRevision;
}

/** The fixed spec that the engine has sent; undefined if it was an earlier version of the program that did. */
export function recordedSpec<Template>({ metadata }: V1StatefulSet): FixedSpec<Template> | undefined {
  const recorded = metadata?.annotations?.[fixedSpecAnnotation];
  return recorded === undefined ? undefined : (JSON.parse(recorded) as FixedSpec<Template>);
}

/** What the engine has sent for a StatefulSet of the same volumes, as far as it can be seen, in place of what is planned. */
export function asItIs<Template extends ClaimTemplate>(
  live: V1StatefulSet,
  planned: FixedSpec<Template>,
): FixedSpec<Template> {
  const nothing = { podManagementPolicy: undefined, revisionHistoryLimit: undefined, volumeClaimTemplates: undefined };
  return { ...nothing, ...(recordedSpec<Template>(live) ?? inCluster(live, planned)) };
}

function inCluster<Template extends ClaimTemplate>(
  { spec }: V1StatefulSet,
  planned: FixedSpec<Template>,
): FixedSpec<Template> {
  const templates = spec?.volumeClaimTemplates ?? [];
  const set = fields.filter(
    (field) => planned[field] !== undefined || (spec?.[field] ?? defaults[field]) !== defaults[field],
  );
  return {
    ...Object.fromEntries(set.map((field) => [field, spec?.[field]])),
    volumeClaimTemplates: planned.volumeClaimTemplates?.map((wanted) => {
      const live = templates.find((template) => nameOf(template) === nameOf(wanted));
      if (live === undefined) return wanted;
      // What Kubernetes has added is nothing that the stack has set.
      const { volumeMode, ...fields } = live.spec ?? {};
      const { labels, annotations } = live.metadata ?? {};
      return {
        ...wanted,
        metadata: { name: nameOf(wanted), ...(labels && { labels }), ...(annotations && { annotations }) },
        spec: { ...fields, ...(wanted.spec?.volumeMode && { volumeMode }) },
      };
    }),
  };
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
