import * as k8s from "@pulumi/kubernetes";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import type { Cluster } from "../live/cluster";
import { jobEnd } from "../live/jobs/jobEnd";
import { nextJobName } from "../live/jobs/nextJobName";
import type { Labels } from "../objects/labels";
import { objectMetadata, waitForDeletionOnly } from "../objects/metadata";

interface RunArgs {
  namespace: pulumi.Input<string>;
  labels: Labels;
  spec: types.input.batch.v1.JobSpec;
  /** What the job is for: it runs once for each value that this takes. */
  trigger: unknown;
}

/**
 * Runs a Job once for each trigger. It is named by a digest of the trigger and of itself, and stays until the next
 * one takes its place: while nothing changes there is nothing to do. Gives the Job when it has succeeded; one that has
 * failed is an error, and the next deployment makes another.
 */
export function runJob(
  name: string,
  { namespace, labels, spec, trigger }: RunArgs,
  cluster: Cluster | undefined,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<k8s.batch.v1.Job> {
  const digest = pulumi.output([trigger, spec]).apply(digestOf);
  const objectName = pulumi
    .all([namespace, digest])
    .apply(([namespace, digest]) => nextJobName(name, digest, namespace, cluster));
  const job = new k8s.batch.v1.Job(
    name,
    {
      metadata: objectMetadata({
        name: objectName,
        namespace,
        labels,
        annotations: cluster && waitForDeletionOnly,
      }),
      spec,
    },
    // A job before may have the name of one that is to come, when a change is taken back.
    { ...opts, deleteBeforeReplace: true },
  );
  return pulumi.all([job.metadata.namespace, job.metadata.name]).apply(async ([namespace, objectName]) => {
    if (cluster && !pulumi.runtime.isDryRun()) await jobEnd(name, objectName, namespace, cluster);
    return job;
  });
}

const digestOf = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 10);
