import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import type { Cluster } from "../live/cluster";
import { jobEnd } from "../live/jobs/jobEnd";
import { nextRun, noRun, type Run, specAnnotation } from "../live/jobs/nextRun";
import type { AppJob } from "../objects/appObjects";
import { objectMetadata, waitForDeletionOnly } from "../objects/metadata";

interface RunArgs {
  app: string;
  namespace: pulumi.Input<string>;
  /** What the job runs for: it runs once for each value. A job with a trigger does not run if this is undefined. */
  occasion: pulumi.Output<unknown>;
  /** What a preview says of a run. */
  announcement?: pulumi.Output<string>;
  /** The Service that keeps the record of how the job ended. It stays as long as the app. */
  recordedIn: k8s.core.v1.Service;
}

/**
 * Runs a Job once for each occasion. The name of the Job contains a digest of the occasion and of its spec or, if the job
 * has a trigger, of the occasion alone. The Job stays until the next one replaces it, so that nothing happens while nothing
 * changes. A Job that succeeded and was deleted is not created again. A Job that fails is an error, and the next deployment
 * creates another one.
 *
 * The result is there when the job has succeeded, for what must come after it.
 */
export function runJob(
  { name, labels, spec, trigger }: Omit<AppJob, "path">,
  { app, namespace, occasion, announcement, recordedIn }: RunArgs,
  cluster: Cluster | undefined,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<pulumi.Resource> {
  const specDigest = trigger && pulumi.output(spec).apply(digestOf);
  const digest: pulumi.Output<string | undefined> = trigger
    ? occasion.apply((known) => (known === undefined ? undefined : digestOf(known)))
    : pulumi.output([occasion, spec]).apply(digestOf);
  const job = pulumi
    .all([namespace, recordedIn.metadata.name])
    .apply(([namespace, service]) => ({ name, app, namespace, service }));
  const run = pulumi
    .all([job, digest, specDigest])
    .apply(async ([job, digest, specDigest]) => (digest ? await nextRun(job, { digest, specDigest }, cluster) : noRun));

  const create = () =>
    new k8s.batch.v1.Job(
      name,
      {
        metadata: objectMetadata({
          name: run.objectName,
          namespace,
          labels,
          annotations: cluster && {
            ...waitForDeletionOnly,
            ...(specDigest && { [specAnnotation]: specDigest }),
          },
        }),
        spec,
      },
      {
        ...opts,
        // If a change is reverted, an earlier Job can have the name of the new one.
        deleteBeforeReplace: true,
        // A component that is protected must still be able to replace its Jobs.
        protect: false,
      },
    );
  if (!cluster?.isReadable) return pulumi.output(create());
  return pulumi.output(ifKnown(run)).apply((known): pulumi.Output<pulumi.Resource> => {
    if (known?.isOver) return pulumi.output(recordedIn);
    if (pulumi.runtime.isDryRun() && !known?.hasSucceeded)
      announcement?.apply((words) => pulumi.log.info(words, opts.parent));
    const created = create();
    return pulumi.all([job, created.metadata.name]).apply(async ([job, objectName]) => {
      if (!pulumi.runtime.isDryRun()) await jobEnd(job, objectName, cluster);
      return created;
    });
  });
}

/** The value of an output; undefined if a preview cannot know it. The SDK does not declare the function. */
const ifKnown = (output: pulumi.Output<Run>) =>
  (output as unknown as { promise: () => Promise<Run | undefined> }).promise();

const digestOf = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 10);
