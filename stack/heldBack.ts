import type { V1PodSpec } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import type { Stack } from "../config";
import type { Cluster } from "../live/cluster";
import { failureOf, isComplete } from "../live/jobs/conditions";
import { NoAnswer } from "../live/requests";
import { LiveStatefulSet } from "../live/rollout/liveStatefulSet";
import { ordinalOf } from "../live/rollout/podStates";
import type { Identity } from "../objects/identity";
import { jobSelectorLabels } from "../objects/labels";
import { jobName } from "../schema/names";
import { type Reader, type Reference, references } from "../schema/references";
import { copyAnnotation, type LiveCopy } from "./configCopies";

/** The copies that are read by pods which an update leaves as they are. They must not be removed. */
export async function copiesHeldBack(
  { namespace, apps }: Pick<Stack, "namespace" | "apps">,
  identity: Identity,
  cluster: Cluster,
): Promise<LiveCopy[]> {
  if (!cluster.isReadable) return [];
  const specs = await Promise.all(
    Object.entries(apps).flatMap(([name, app]) => [
      specsHeldBack(name, namespace, app, cluster),
      ...Object.keys(app.cronJobs ?? {}).map((job) => specsOfRuns(name, job, namespace, cluster)),
    ]),
  );
  const named = new Map(
    specs.flat().flatMap((spec) => references(asReader(spec)).map((found) => [`${found.kind} ${found.name}`, found])),
  );
  const copies = await Promise.all([...named.values()].map((found) => readCopy(found, namespace, identity, cluster)));
  return copies.filter((copy) => copy !== undefined);
}

/** The specs of the pods that a partition or OnDelete holds back, and of those that would replace them. */
async function specsHeldBack(
  name: string,
  namespace: string,
  { ordinals: { start = 0 } = {}, updateStrategy = {} }: Stack["apps"][string],
  cluster: Cluster,
): Promise<V1PodSpec[]> {
  const { type, rollingUpdate: { partition = 0 } = {} } = updateStrategy;
  const isHeldBack = (ordinal: number) => type === "OnDelete" || ordinal < start + partition;
  if (!isHeldBack(start)) return [];
  const live = new LiveStatefulSet(cluster, namespace, name);
  try {
    const statefulSet = await live.read();
    if (statefulSet === undefined) return [];
    const { spec, status } = statefulSet;
    const [pods, revisions] = await Promise.all([
      live.readPods(statefulSet),
      cluster.revisions(namespace, spec.selector.matchLabels ?? {}),
    ]);
    // Under OnDelete, the controller creates every pod with the new revision.
    const recreated = type === "OnDelete" ? undefined : status.currentRevision;
    const current = revisions.find(({ metadata }) => metadata?.name === recreated)?.data as
      { spec: { template: { spec: V1PodSpec } } } | undefined;
    const held = pods.filter((pod) => isHeldBack(ordinalOf(pod)));
    return [...held.map(({ spec }) => spec), current?.spec.template.spec].filter((spec) => spec !== undefined);
  } catch (error) {
    throw new NoAnswer(cluster.context, error);
  }
}

/** The specs of the pods of a CronJob's runs that have not ended. Their Jobs keep the template with which they began. */
async function specsOfRuns(app: string, job: string, namespace: string, cluster: Cluster): Promise<V1PodSpec[]> {
  const runs = await cluster.jobs(namespace, jobSelectorLabels(app, jobName(app, job)));
  return runs
    .filter((run) => !isComplete(run) && failureOf(run) === undefined)
    .flatMap(({ spec }) => spec?.template.spec ?? []);
}

/** A pod's spec in the form of an app's settings, in which volumes have names. */
const asReader = ({ volumes = [], initContainers, containers }: V1PodSpec) =>
  ({
    volumes: Object.fromEntries(volumes.map(({ name, ...source }) => [name, source])),
    initContainers,
    containers,
  }) as Reader;

/** Undefined if it is not a copy, or belongs to somebody else. */
async function readCopy(
  { kind, name }: Reference,
  namespace: string,
  identity: Identity,
  cluster: Cluster,
): Promise<LiveCopy | undefined> {
  const found =
    kind === "configMaps" ? await readConfigMap(namespace, name, cluster) : await readSecret(namespace, name, cluster);
  const copyOf = found?.annotations?.[copyAnnotation];
  if (found === undefined || copyOf === undefined || !identity.owns(found.labels)) return undefined;
  return { kind, name, copyOf, content: found.content };
}

async function readConfigMap(namespace: string, name: string, cluster: Cluster) {
  const found = await cluster.configMap(namespace, name);
  const { metadata: { labels, annotations } = {}, data = {}, binaryData } = found ?? {};
  return found && { labels, annotations, content: { data, binaryData } };
}

async function readSecret(namespace: string, name: string, cluster: Cluster) {
  const found = await cluster.secret(namespace, name);
  if (found === undefined) return undefined;
  const data = [...found.data].map(([key, value]) => [key, pulumi.secret(value)] as const);
  return { ...found, content: { data: Object.fromEntries(data) } };
}
