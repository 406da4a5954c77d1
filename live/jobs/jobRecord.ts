import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster";
import { requestError } from "../requests";

/** A job of an app, and the Service that keeps its record. */
export interface RecordedJob {
  /** The name that all runs of the job have in common. */
  name: string;
  app: string;
  namespace: string;
  service: string;
}

/** How a run ended. An outdated run succeeded, but its change has been replaced by another one since. */
export type JobOutcome = "succeeded" | "failed" | "outdated";

/** How the last run of a job ended. */
export interface JobRecord {
  objectName: string;
  outcome: JobOutcome;
}

/**
 * The annotation of a Service with the record of a job. A Job can be deleted when it has ended, by its user, by an operator
 * or by `ttlSecondsAfterFinished`. The Service stays as long as its app.
 */
const annotation = (job: string) => `jobs.stateful-apps/${job}`;

export async function jobRecord({ name, namespace, service }: RecordedJob, cluster: Cluster) {
  const annotations = await cluster.serviceAnnotations(namespace, service);
  const [objectName, outcome] = annotations[annotation(name)]?.split(" ") ?? [];
  return objectName === undefined ? undefined : ({ objectName, outcome } as JobRecord);
}

/** Records how a run ended. Without the right to do so, the user is warned. */
export async function recordJob(job: RecordedJob, { objectName, outcome }: JobRecord, cluster: Cluster): Promise<void> {
  const { name, namespace, service } = job;
  const before = await jobRecord(job, cluster);
  if (before?.objectName === objectName && before.outcome === outcome) return;
  try {
    await cluster.annotateService(namespace, service, { [annotation(name)]: `${objectName} ${outcome}` });
  } catch (error) {
    await pulumi.log.warn(
      `Cannot record in the Service ${service} that the job ${name} ${outcome}: ${requestError(error)}. Do not delete its Job, which is the only evidence.`,
    );
  }
}
