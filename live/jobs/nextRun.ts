import type { V1Job } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { jobSelectorLabels } from "../../objects/labels";
import type { Cluster } from "../cluster";
import { failureOf, isComplete } from "./conditions";
import { type JobOutcome, jobRecord, type RecordedJob, recordJob } from "./jobRecord";

/** The run of a job for an occasion. */
export interface Run {
  /** The name of its Job. It ends with a number if an earlier run for the occasion has to be repeated. */
  objectName: string;
  hasSucceeded: boolean;
  /** Whether no Job is needed: the run has succeeded, and its Job has been deleted since, or would be another one now. */
  isOver: boolean;
}

/** What there is of a job that has nothing to run for. */
export const noRun: Run = { objectName: "", hasSucceeded: false, isOver: true };

/** The annotation of a Job with the digest of its spec, if another spec is no reason to run again. */
export const specAnnotation = "jobs.stateful-apps/spec";

/**
 * The run that a job needs for an occasion: the next one, one that is under way, or one that has ended. `digest` is that of
 * the occasion, and `specDigest` that of the job's spec if another spec is no reason to run again.
 */
export async function nextRun(
  job: RecordedJob,
  { digest, specDigest }: { digest: string; specDigest?: string },
  cluster: Cluster | undefined,
): Promise<Run> {
  const pattern = new RegExp(`^${job.name}-${digest}(?:-(\\d+))?$`);
  const numberOf = (objectName = "") => {
    const match = pattern.exec(objectName);
    return match ? Number(match[1] ?? 1) : 0;
  };
  const jobs = (await cluster?.jobs(job.namespace, jobSelectorLabels(job.app, job.name))) ?? [];
  const present = new Map(jobs.map((live) => [numberOf(live.metadata?.name), live]));
  const record = cluster && (await jobRecord(job, cluster));
  const recorded = numberOf(record?.objectName);

  const last = Math.max(1, recorded, ...present.keys());
  const live = present.get(last);
  const outcome = outcomeOf(live, last === recorded ? record?.outcome : undefined);
  const number = outcome === "failed" || outcome === "outdated" ? last + 1 : last;
  const objectName = [job.name, digest, ...(number === 1 ? [] : [number])].join("-");
  const hasSucceeded = outcome === "succeeded";
  const isKept = live !== undefined && live.metadata?.annotations?.[specAnnotation] === specDigest;
  // The update that ran it can have been killed before it recorded that, and this one deletes the Job.
  if (cluster && hasSucceeded && live && !isKept && !pulumi.runtime.isDryRun()) {
    await recordJob(job, { objectName, outcome: "succeeded" }, cluster);
  }
  return { objectName, hasSucceeded, isOver: hasSucceeded && !isKept };
}

/** How a run ended, according to its Job or, if the Job has been deleted, to the record; undefined if it has not ended. */
function outcomeOf(live: V1Job | undefined, recorded: JobOutcome | undefined): JobOutcome | undefined {
  if (live === undefined || recorded === "outdated") return recorded;
  if (failureOf(live) !== undefined) return "failed";
  return isComplete(live) ? "succeeded" : undefined;
}
