import * as pulumi from "@pulumi/pulumi";
import type { ScaleTrigger } from "../../schema/jobs";
import { userError } from "../../schema/userError";
import type { Cluster } from "../cluster";
import { requestError } from "../requests";

/** An app whose jobs tell its members that their number changes. */
export interface AppWithMembers {
  name: string;
  namespace: string;
  /** The Service that keeps the record. */
  service: string;
  /** The number of replicas that the app must have. It is not 0: an app without pods has stopped, and keeps its members. */
  replicas: number;
}

/** A change of the number of an app's members. */
export interface MemberChange {
  /** Distinguishes the change from an earlier one between the same numbers. */
  change: number;
  replicas: number;
  /** The fewest and the most members that there can be: earlier changes may have failed halfway. */
  fewest: number;
  most: number;
  /** Whether all jobs of the change have succeeded. */
  isComplete: boolean;
}

/** The number of members before a change, for a job that runs for it; undefined if the job does not run. */
export function membersBefore({ fewest, most, replicas }: MemberChange, trigger: ScaleTrigger): number | undefined {
  const before = trigger === "ScaleDown" ? most : fewest;
  return before === replicas ? undefined : before;
}

/**
 * The change that an app needs, or the last one. A change is recorded before it begins: an update that stops halfway can
 * leave a StatefulSet that has the new number already.
 */
export async function memberChange(app: AppWithMembers, cluster: Cluster): Promise<MemberChange> {
  const statefulSets = await cluster.statefulSets(app.namespace);
  const live = statefulSets.find(({ metadata }) => metadata?.name === app.name)?.spec?.replicas;
  const last = (await recordedChange(app, cluster)) ?? unrecorded(live === 0 ? app.replicas : (live ?? app.replicas));
  checkScale(app, last, live);
  if (last.replicas === app.replicas) return last;
  const change = nextChange(last, app.replicas);
  if (!pulumi.runtime.isDryRun()) await recordChange(app, change, cluster);
  return change;
}

/** Records that all jobs of a change have succeeded. */
export async function completeChange(app: AppWithMembers, change: MemberChange, cluster: Cluster): Promise<void> {
  if (!change.isComplete) await recordChange(app, { ...change, isComplete: true }, cluster);
}

/** The members of an app whose jobs have never run. */
const unrecorded = (replicas: number): MemberChange => ({
  change: 0,
  replicas,
  fewest: replicas,
  most: replicas,
  isComplete: false,
});

function nextChange(last: MemberChange, replicas: number): MemberChange {
  const [fewest, most] = bounds(last);
  return {
    change: last.change + 1,
    replicas,
    fewest: Math.min(fewest, replicas),
    most: Math.max(most, replicas),
    isComplete: false,
  };
}

/** The fewest and the most members that there can be after a change. */
const bounds = ({ isComplete, replicas, fewest, most }: MemberChange): [number, number] =>
  isComplete ? [replicas, replicas] : [fewest, most];

/**
 * Throws if somebody has changed the number of a StatefulSet, whose members no job has told. What the update makes of
 * the number is not known here: Pulumi leaves it as it is, unless the config or a refresh changes what Pulumi has recorded.
 */
function checkScale({ name, replicas }: AppWithMembers, last: MemberChange, live = 0): void {
  const [fewest, most] = bounds(last);
  if (live === 0 || live === replicas || (live >= fewest && live <= most)) return;
  throw userError(
    `Somebody has set ${String(live)} replicas of ${name}, whose jobs for a change of the number have last run for ${String(last.replicas)}. ` +
      `Set the replicas to ${String(live)} and run \`pulumi up\`, so that the jobs run for that number, before you set ${String(replicas)}.`,
  );
}

/** The annotation of a Service with the record. No job has this name: that of a job starts with that of its app and a dash. */
const annotation = "jobs.stateful-apps/replicas";

async function recordedChange({ namespace, service }: AppWithMembers, cluster: Cluster) {
  const { [annotation]: text } = await cluster.serviceAnnotations(namespace, service);
  if (text === undefined) return undefined;
  const change = parsed(text);
  if (change !== undefined) return change;
  throw userError(
    `The annotation ${annotation} of the Service ${service} is ${JSON.stringify(text)}, which is not a record of this program. ` +
      `Restore it, or remove it: kubectl annotate service ${service} ${annotation}-`,
  );
}

function parsed(text: string): MemberChange | undefined {
  try {
    const change = JSON.parse(text) as MemberChange;
    const { fewest, most, replicas } = change;
    const numbers = [change.change, replicas, fewest, most];
    return numbers.every(Number.isInteger) && fewest <= replicas && replicas <= most ? change : undefined;
  } catch {
    return undefined;
  }
}

async function recordChange({ name, namespace, service }: AppWithMembers, change: MemberChange, cluster: Cluster) {
  try {
    await cluster.annotateService(namespace, service, { [annotation]: JSON.stringify(change) });
  } catch (error) {
    throw userError(
      `Cannot record in the Service ${service} that ${name} changes to ${String(change.replicas)} replicas: ${requestError(error)}`,
    );
  }
}
