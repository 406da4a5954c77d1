import type { V1Pod } from "@kubernetes/client-node";
import { userError } from "../../schema/userError";
import type { Cluster } from "../cluster";
import { LivePods } from "../pods/livePods";
import { poll } from "../poll";
import { failureOf, isComplete } from "./conditions";
import { defaultDeadlineSeconds } from "../../objects/jobSpec";

/** After its own deadline a Job is given so long to say that it has failed, in seconds. */
const graceSeconds = 60;

/** Waits until a Job has succeeded, if the cluster can be read. One that has failed is an error with its last words. */
export async function jobEnd(name: string, objectName: string, namespace: string, cluster: Cluster): Promise<void> {
  if (!cluster.isReadable) return;
  const livePods = new LivePods(cluster, namespace);
  const started = Date.now();
  let deadline = defaultDeadlineSeconds;
  /** As they were when they were last seen: a Job that has run too long takes its pods with it. */
  let pods: V1Pod[] = [];

  const failure = async (reason: string) => {
    const [last] = pods.sort((one, other) => startOf(other) - startOf(one));
    const words = last ? `\n  ${await livePods.explain(last)}` : "";
    return userError(`The job ${name} failed: ${reason}.${words}\nThe next \`pulumi up\` retries it.`);
  };
  const isOver = () => Date.now() - started > (deadline + graceSeconds) * 1000;

  await poll(
    `the job ${name} has succeeded`,
    async () => {
      const job = await cluster.job(namespace, objectName);
      if (job === undefined) {
        throw userError(`The job ${name} no longer exists; \`pulumi up --refresh\` runs it again.`);
      }
      if (isComplete(job)) return true;
      deadline = job.spec?.activeDeadlineSeconds ?? deadline;
      const found = await livePods.ofOwner(job.metadata?.uid, job.spec?.selector);
      const present = found.filter(({ metadata }) => metadata?.deletionTimestamp === undefined);
      if (present.length > 0) pods = present;
      const reason = failureOf(job);
      if (reason !== undefined) throw await failure(reason);
      if (isOver()) throw await failure("it did not end in time");
      return undefined;
    },
    isOver,
  );
}

const startOf = ({ metadata }: V1Pod) => metadata?.creationTimestamp?.getTime() ?? 0;
