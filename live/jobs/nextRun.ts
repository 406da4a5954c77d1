import type { V1Job } from "@kubernetes/client-node";
import type { Cluster } from "../cluster";
import { failureOf, isComplete } from "./conditions";
import { type JobOutcome, jobRecord, type RecordedJob } from "./jobRecord";

/** The run of a job for a digest. */
export interface Run {
  /** The name of its Job. It ends with a number if an earlier run for the digest has to be repeated. */
  objectName: string;
  /** Whether the run has succeeded, and its Job has been deleted since. */
  isOver: boolean;
}

/** The run that a job needs for a digest: the next one, one that is under way, or one that has ended. */
export async function nextRun(job: RecordedJob, digest: string, cluster: Cluster | undefined): Promise<Run> {
  const pattern = new RegExp(`^${job.name}-${digest}(?:-(\\d+))?$`);
  const numberOf = (objectName = "") => {
    const match = pattern.exec(objectName);
    return match ? Number(match[1] ?? 1) : 0;
  };
  const jobs = (await cluster?.jobs(job.namespace, labelsOf(job))) ?? [];
  const present = new Map(jobs.map((live) => [numberOf(live.metadata?.name), live]));
  const record = cluster && (await jobRecord(job, cluster));
  const recorded = numberOf(record?.objectName);

  const last = Math.max(1, recorded, ...present.keys());
  const outcome = outcomeOf(present.get(last), last === recorded ? record?.outcome : undefined);
  const number = outcome === "failed" || outcome === "outdated" ? last + 1 : last;
  return {
    objectName: [job.name, digest, ...(number === 1 ? [] : [number])].join("-"),
    isOver: outcome === "succeeded" && !present.has(last),
  };
}

/** The app belongs to it: the names of two apps and their jobs can be the same when they are joined. */
const labelsOf = ({ name, app }: RecordedJob) => ({
  "app.kubernetes.io/name": name,
  "app.kubernetes.io/instance": app,
});

/** How a run ended, according to its Job or, if the Job has been deleted, to the record; undefined if it has not ended. */
function outcomeOf(live: V1Job | undefined, recorded: JobOutcome | undefined): JobOutcome | undefined {
  if (live === undefined || recorded === "outdated") return recorded;
  if (failureOf(live) !== undefined) return "failed";
  return isComplete(live) ? "succeeded" : undefined;
}
