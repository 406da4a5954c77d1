import type { V1Pod } from "@kubernetes/client-node";
import { userError } from "../../schema/userError";
import type { Cluster } from "../cluster";
import { LivePods } from "../pods/livePods";
import { poll } from "../poll";
import { failureOf, isComplete } from "./conditions";
import { jobRecord, recordJob, type RecordedJob } from "./jobRecord";
import { defaultDeadlineSeconds } from "../../objects/jobSpec";

/** Seconds after its own deadline in which a Job must report its failure. */
const graceSeconds = 60;

/**
 * Waits until a run of a job has succeeded, if the cluster can be read, and records how it ended. Throws an error with the
 * end of the log if the Job fails.
 */
export async function jobEnd(job: RecordedJob, objectName: string, cluster: Cluster): Promise<void> {
  if (!cluster.isReadable) return;
  const { name, namespace } = job;
  const livePods = new LivePods(cluster, namespace);
  const started = Date.now();
  let deadline = defaultDeadlineSeconds;
  /** The pods when they were last seen: a Job that exceeds its deadline deletes its pods. */
  let pods: V1Pod[] = [];

  const failure = async (reason: string) => {
    const [last] = pods.sort((one, other) => startOf(other) - startOf(one));
    const lastLog = last ? `\n  ${await livePods.explain(last)}` : "";
    await recordJob(job, { objectName, outcome: "failed" }, cluster);
    return userError(`The job ${name} failed: ${reason}.${lastLog}\nThe next \`pulumi up\` retries it.`);
  };
  const isOver = () => Date.now() - started > (deadline + graceSeconds) * 1000;

  await poll(
    `the job ${name} has succeeded`,
    async () => {
      const live = await cluster.job(namespace, objectName);
      if (live === undefined) {
        const record = await jobRecord(job, cluster);
        if (record?.objectName === objectName && record.outcome === "succeeded") return true;
        throw await failure("somebody deleted its Job, and it is not known whether it had succeeded");
      }
      if (isComplete(live)) {
        await recordJob(job, { objectName, outcome: "succeeded" }, cluster);
        return true;
      }
      deadline = live.spec?.activeDeadlineSeconds ?? deadline;
      const found = await livePods.ofOwner(live.metadata?.uid, live.spec?.selector);
      const present = found.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
      if (present.length > 0) pods = present;
      const reason = failureOf(live);
      if (reason !== undefined) throw await failure(reason);
      if (isOver()) throw await failure("it did not end in time");
      return undefined;
    },
    isOver,
  );
}

const startOf = ({ metadata }: V1Pod) => metadata?.creationTimestamp?.getTime() ?? 0;
