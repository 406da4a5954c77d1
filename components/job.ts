import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import type { Cluster } from "../live/cluster";
import { jobEnd } from "../live/jobs/jobEnd";
import { nextJobName } from "../live/jobs/nextJobName";
import type { AppJob } from "../objects/appObjects";
import { objectMetadata, waitForDeletionOnly } from "../objects/metadata";

interface RunArgs {
  namespace: pulumi.Input<string>;
  /** The job runs once for each value of this. */
  trigger: unknown;
}

/**
 * Runs a Job once for each value of the trigger. The name of the Job contains a digest of the trigger and of its spec.
 * The Job stays until the next one replaces it, so that nothing happens while nothing changes. The result is there when
 * the Job has succeeded. A Job that fails is an error, and the next deployment creates another one.
 */
export function runJob(
  { name, labels, spec }: Omit<AppJob, "path">,
  { namespace, trigger }: RunArgs,
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
    // If a change is reverted, an earlier Job can have the name of the new one.
    { ...opts, deleteBeforeReplace: true },
  );
  return pulumi.all([job.metadata.namespace, job.metadata.name]).apply(async ([namespace, objectName]) => {
    if (cluster && !pulumi.runtime.isDryRun()) await jobEnd(name, objectName, namespace, cluster);
    return job;
  });
}

const digestOf = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 10);
