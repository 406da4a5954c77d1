import type { AppSettings } from "./app";
import { previousReplicasVariable, replicasVariable, scaleTrigger } from "./jobs";
import { type Mistake, repeated } from "./mistakes";
import { connectionTestName, jobName, maxCronJobNameLength } from "./names";

type WithJobs = Pick<AppSettings, "jobs" | "cronJobs">;
type Job = NonNullable<AppSettings["jobs"]>["before"][string] | NonNullable<AppSettings["cronJobs"]>[string];

/** Every job and every CronJob of an app, with its path in the app's settings. */
export function jobsOf({ jobs, cronJobs = {} }: WithJobs): { name: string; path: string[]; job: Job }[] {
  return [
    ...Object.entries(jobs ?? {}).flatMap(([when, list]) =>
      Object.entries(list).map(([name, job]) => ({ name, path: ["jobs", when, name], job })),
    ),
    ...Object.entries(cronJobs).map(([name, job]) => ({ name, path: ["cronJobs", name], job })),
  ];
}

/** The jobs of an app, as far as their names follow from them. A program can leave out what has a default. */
interface NamedJobs {
  jobs?: { before?: object; after?: object };
  cronJobs?: object;
  connectionTest?: object;
}

/** The names of an app's jobs, which are the same for each of their runs, in their order. */
export const jobNames = (app: string, { jobs = {}, cronJobs = {}, connectionTest }: NamedJobs): string[] =>
  [
    ...[jobs.before, jobs.after, cronJobs].flatMap((list) => Object.keys(list ?? {})),
    ...(connectionTest ? [connectionTestName] : []),
  ]
    .map((job) => jobName(app, job))
    .sort();

/** What only concerns a job. The container is the only one of its pod. */
export function checkJob(job: Job): Mistake[] {
  const { volumes = {}, env = {} } = job;
  const trigger = "trigger" in job ? scaleTrigger(job) : undefined;
  const given = trigger ? [replicasVariable, previousReplicasVariable] : [];
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

/** Jobs for a change of the number of replicas run before or after `pulumi up` makes it, and not if an autoscaler does. */
export const checkScaleJobs = ({ jobs, autoscaled }: WithJobs & { autoscaled: boolean }): Mistake[] =>
  jobsOf({ jobs })
    .filter(({ job }) => autoscaled && "trigger" in job && scaleTrigger(job) !== undefined)
    .map(({ path }) => ({
      path: [...path, "trigger"],
      problem: "is not allowed with autoscaled: no job runs when an autoscaler changes the number of pods",
    }));

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
    ...jobs.flatMap(({ key, path }) => {
      const name = jobName(app, key);
      const most = path[0] === "cronJobs" ? maxCronJobNameLength : maxJobName;
      return name.length <= most
        ? []
        : [
            {
              path,
              problem: `is too long: with the name of the app, ${name} has ${String(name.length)} characters; at most ${String(most)} are allowed`,
            },
          ];
    }),
  ];
}
