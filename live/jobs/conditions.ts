import type { V1Job } from "@kubernetes/client-node";

const condition = ({ status }: V1Job, ...types: string[]) =>
  status?.conditions?.find(({ type, status }) => types.includes(type) && status === "True");

export const isComplete = (job: V1Job) => condition(job, "Complete") !== undefined;

/** Why a Job has failed; undefined if it has not. `FailureTarget` is set first, before the pods are stopped. */
export function failureOf(job: V1Job): string | undefined {
  const failed = condition(job, "Failed", "FailureTarget");
  return failed && (failed.message ?? failed.reason ?? "no reason was given");
}
