import type { AppSettings } from "./app";
import { previousReplicasVariable, replicasVariable, scaleTrigger } from "./jobs";
import { type Mistake, repeated } from "./mistakes";
import { connectionTestName, jobName } from "./names";

type WithJobs = Pick<AppSettings, "jobs">;
type Job = ReturnType<typeof jobsOf>[number]["job"];

/** Every job of an app, with its path in the app's settings. */
export function jobsOf({ jobs }: WithJobs) {
  return Object.entries(jobs ?? {}).flatMap(([when, list]) =>
    Object.entries(list).map(([name, job]) => ({ name, path: ["jobs", when, name], job })),
  );
}

/** What only concerns a job. The container is the only one of its pod. */
export function checkJob({ volumes = {}, env = {}, trigger }: Job): Mistake[] {
  const given = scaleTrigger({ trigger }) ? [replicasVariable, previousReplicasVariable] : [];
  return [
    ...Object.entries(volumes)
      .filter(([, { mountPath, mounts }]) => mountPath === undefined && mounts === undefined)
      .map(([name]) => ({
        path: ["volumes", name],
        problem: "must have one of mountPath and mounts: nothing else mounts a volume of a job",
      })),
    ...given
      .filter((name) => Object.hasOwn(env, name))
      .map((name) => ({
        path: ["env", name],
        problem: `is not allowed: a job with the trigger ${String(trigger)} gets this variable from the program`,
      })),
  ];
}

/** The longest name of an app's job: a label must hold it with a digest, and with the number of a later attempt. */
const maxJobName = 63 - 11 - 3;

export function checkJobNames(app: string, settings: WithJobs): Mistake[] {
  const jobs = jobsOf(settings).map(({ name, path }) => ({ key: name, path }));
  return [
    ...[...repeated(jobs)].map(({ path, first }) => ({
      path,
      problem: `must have another name than ${first.path.join(".")}`,
    })),
    ...jobs
      .filter(({ key }) => key === connectionTestName)
      .map(({ path }) => ({ path, problem: "has the name of the connection test; choose another name" })),
    ...jobs
      .filter(({ key }) => jobName(app, key).length > maxJobName)
      .map(({ key, path }) => ({
        path,
        problem: `is too long: with the name of the app, ${jobName(app, key)} has ${String(jobName(app, key).length)} characters; at most ${String(maxJobName)} are allowed`,
      })),
  ];
}
