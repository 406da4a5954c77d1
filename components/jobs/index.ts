import { BatchV1Api } from "@kubernetes/client-node";
import * as k8s from "@pulumi/kubernetes";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import type { Cluster } from "../cluster";
import type { Labels } from "../labels";
import { objectMetadata, waitForDeletionOnly } from "../metadata";
import { failureOf } from "./conditions";
import { jobEnd } from "./jobEnd";

interface RunArgs {
  namespace: pulumi.Input<string>;
  labels: Labels;
  spec: types.input.batch.v1.JobSpec;
  /** What the job is for: it runs once for each value that this takes. */
  occasion: unknown;
}

/**
 * Runs a Job once for each occasion. It is named by a digest of the occasion and of itself, and stays until the next
 * one takes its place: while nothing changes there is nothing to do. Gives the Job when it has succeeded; one that has
 * failed is an error, and the next deployment makes another.
 */
export function runJob(
  name: string,
  { namespace, labels, spec, occasion }: RunArgs,
  cluster: Cluster | undefined,
  opts: pulumi.CustomResourceOptions,
): pulumi.Output<k8s.batch.v1.Job> {
  const digest = pulumi.output([occasion, spec]).apply(digestOf);
  const objectName = pulumi
    .all([namespace, digest])
    .apply(([namespace, digest]) => unspentName(name, digest, namespace, cluster));
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
    if (cluster?.isReadable && !pulumi.runtime.isDryRun()) await jobEnd(name, objectName, namespace, cluster);
    return job;
  });
}

const digestOf = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 10);

/** The name of the Job for a digest; with a number behind it when the one before has failed. */
async function unspentName(name: string, digest: string, namespace: string, cluster: Cluster | undefined) {
  const query = { namespace, labelSelector: `app.kubernetes.io/name=${name}` };
  const list = await cluster?.read(BatchV1Api, (api) => api.listNamespacedJob(query));
  const jobs = list === undefined || list === "hidden" ? [] : list.items;
  const pattern = new RegExp(`^${name}-${digest}(?:-(\\d+))?$`);
  const attempts = jobs.flatMap((job) => {
    const match = pattern.exec(job.metadata?.name ?? "");
    return match ? [{ number: Number(match[1] ?? 1), isFailed: failureOf(job) !== undefined }] : [];
  });
  const last = attempts.sort((one, other) => other.number - one.number)[0] ?? { number: 1, isFailed: false };
  const number = last.isFailed ? last.number + 1 : last.number;
  return [name, digest, ...(number === 1 ? [] : [number])].join("-");
}
