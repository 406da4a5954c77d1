import { byName } from "../schema/byName";
import type { CheckedAppArgs } from "../schema/checkedArgs";
import { jobName } from "../schema/names";
import { serviceAccountName } from "../schema/serviceAccount";
import { jobSpec } from "./jobSpec";
import { jobLabels } from "./labels";
import { objectMetadata } from "./metadata";

/** The CronJobs of an app. Their pods have what those of its jobs have. */
export function appCronJobs(app: string, args: CheckedAppArgs) {
  const ofApp = { ...args, serviceAccountName: serviceAccountName(app, args) };
  return byName(args.cronJobs ?? {}).map(([name, settings]) => {
    const { namespace, partOf } = args;
    const labels = jobLabels(app, name, partOf);
    const { activeDeadlineSeconds, ...job } = settings;
    return {
      name: jobName(app, name),
      /** The setting of the app that requires the CronJob. */
      path: ["cronJobs", name],
      object: {
        apiVersion: "batch/v1" as const,
        kind: "CronJob" as const,
        metadata: objectMetadata({ name: jobName(app, name), namespace, labels }),
        spec: {
          schedule: settings.schedule,
          timeZone: settings.timeZone,
          concurrencyPolicy: settings.concurrencyPolicy,
          startingDeadlineSeconds: settings.startingDeadlineSeconds,
          suspend: settings.suspend,
          successfulJobsHistoryLimit: settings.successfulJobsHistoryLimit,
          failedJobsHistoryLimit: settings.failedJobsHistoryLimit,
          jobTemplate: {
            metadata: { labels },
            // A run can take as long as it takes: nothing waits for it.
            spec: { ...jobSpec(name, labels, ofApp, job), activeDeadlineSeconds },
          },
        },
      },
    };
  });
}
