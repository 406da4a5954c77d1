import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../cluster";
import { jobRecord, recordJob } from "./jobRecord";

/** The part of a StatefulSet's inputs that matters here. */
interface Inputs {
  metadata: { namespace: string };
  spec: { serviceName: string; template: object };
}

/**
 * A hook for a StatefulSet: before its pods change, the jobs that ran after the previous change are outdated. If the change
 * fails and is taken back, they run again, because the pods have changed twice.
 */
export const outdatedRuns = (app: string, jobs: { name: string }[], cluster: Cluster) =>
  new pulumi.ResourceHook(`jobs after the previous change of the StatefulSet ${app}`, ({ oldInputs, newInputs }) =>
    outdate(app, jobs, oldInputs as Inputs, newInputs as Inputs, cluster),
  );

export async function outdate(
  app: string,
  jobs: { name: string }[],
  before: Inputs,
  { metadata, spec }: Inputs,
  cluster: Cluster,
): Promise<void> {
  if (JSON.stringify(before.spec.template) === JSON.stringify(spec.template)) return;
  for (const { name } of jobs) {
    const job = { name, app, namespace: metadata.namespace, service: spec.serviceName };
    const record = await jobRecord(job, cluster);
    if (record?.outcome === "succeeded") await recordJob(job, { ...record, outcome: "outdated" }, cluster);
  }
}
