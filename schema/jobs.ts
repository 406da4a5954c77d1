import { args, command, env, envFrom, resources, securityContext } from "./container";
import { annotations, labels } from "./metadata";
import { kubernetes, kubernetesList, list, map, optional, required, settings, withDefault } from "./settings";
import { cronSchedule, timeZone } from "./schedule";
import {
  boolean,
  image,
  integer,
  label,
  labelText,
  objectName,
  oneOf,
  qualifiedName,
  seconds,
  text,
  urlPath,
} from "./values";
import { volume } from "./volumes";

const work = {
  image: optional(image(), "The image of the container.", { absent: "the image of the app" }),
  command,
  args,
  env,
  envFrom,
  volumes: optional(map(label(), volume), "Volumes by name. The job must mount each of them."),
  resources,
  backoffLimit: optional(integer(0, 100), "How often a failed pod is retried.", { absent: "0" }),
};

const pod = {
  podAnnotations: annotations("Annotations of the pod, in addition to [those of the app](jobs.md#the-pod-of-a-job)."),
  podLabels: labels("Labels of the pod, in addition to those of the app. Those of the job take precedence."),
  podSecurityContext: optional(
    kubernetes("core.v1.PodSecurityContext"),
    "Fields of the security context of the pod. Each replaces that of the restricted default; null removes it.",
  ),
  securityContext: securityContext(
    "Fields of the security context of the container, which runs as user 65532 by default.",
  ),
  nodeSelector: optional(map(qualifiedName(), labelText()), "Labels that a node must have.", {
    absent: "those of the app",
  }),
  tolerations: optional(kubernetesList("core.v1.Toleration"), "Taints that the pod tolerates.", {
    absent: "those of the app",
  }),
  affinity: optional(
    kubernetes("core.v1.Affinity"),
    "Where the pod runs in relation to nodes and to other pods, for example on the node of a pod whose claim it mounts.",
    { absent: "the `nodeAffinity` of the app" },
  ),
  serviceAccountName: optional(objectName(), "The ServiceAccount of the pod. It must exist.", {
    absent: "that of the app",
  }),
  automountServiceAccountToken: optional(boolean(), "Whether the pod gets a token for the Kubernetes API.", {
    absent: "false",
  }),
};

/** The changes of the number of replicas for which a job can run. */
const scaleTriggers = ["ScaleDown", "ScaleUp"] as const;
export type ScaleTrigger = (typeof scaleTriggers)[number];

/** The change of the number of replicas for which a job runs; undefined if the job runs for each change of the pods. */
export const scaleTrigger = ({ trigger }: { trigger?: string }): ScaleTrigger | undefined =>
  scaleTriggers.find((name) => name === trigger);

/** The variables of a job that runs for a change of the number of replicas: the new number, and the one before. */
export const replicasVariable = "REPLICAS";
export const previousReplicasVariable = "PREVIOUS_REPLICAS";

const job = settings(
  "Job",
  {
    title: "Job",
    description: "A Job that runs once for each change of the app's pods, or of the job itself.",
    see: "https://kubernetes.io/docs/concepts/workloads/controllers/job/",
  },
  {
    trigger: optional(
      oneOf("Change", ...scaleTriggers),
      `What the job runs for. \`Change\` is a change of the pods, or of the job. \`ScaleDown\` and \`ScaleUp\` are changes of the number of replicas ([Members](jobs.md#members)): the job then has the variables ${replicasVariable} and ${previousReplicasVariable}, and other changes do not run it.`,
      { absent: "`Change`", plain: "it decides whether the job runs" },
    ),
    ...work,
    activeDeadlineSeconds: optional(seconds(1), "Seconds after which the job fails.", {
      absent: "300",
      plain: "`up` waits a little longer than that",
    }),
    ...pod,
  },
);

export const jobs = settings(
  "Jobs",
  {
    title: "Jobs",
    description: "Jobs around a change of the app's pods. The jobs of one list run at the same time.",
    example: `jobs:
  before:
    migrate: { image: "registry.example/team/app:1.0.0", command: [/app/migrate] }
connectionTest: { path: /healthcheck }`,
  },
  {
    before: withDefault(map(label(), job), {}, "Jobs that must succeed before the pods change, by name."),
    after: withDefault(map(label(), job), {}, "Jobs that start when the pods are ready, by name."),
  },
);

/** As many seconds as there are: a run can take days. */
const anySeconds = (minimum: number) => integer(minimum, 2 ** 31 - 1);

export const cronJob = settings(
  "CronJob",
  {
    title: "CronJobs",
    description:
      "A CronJob `APP-NAME`, which runs a job at the times of a schedule, for example to back up the data of the app ([CronJobs](jobs.md#cronjobs)).",
    see: "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/",
    example: `cronJobs:
  dump:
    schedule: "0 3 * * *"
    timeZone: Europe/Berlin
    command: [sh, -c, "tar -cf /backup/data.tar -C /data ."]
    volumes:
      data: { mountPath: /data, readOnly: true, persistentVolumeClaim: { claimName: data-cart-0 } }
      backup: { mountPath: /backup, persistentVolumeClaim: { claimName: backup } }`,
  },
  {
    schedule: required(
      cronSchedule(),
      "When the job runs: minute, hour, day of the month, month and day of the week, or a name such as `@daily`.",
    ),
    timeZone: optional(timeZone(), "The time zone of the schedule, such as `Europe/Berlin`.", {
      absent: "that of the control plane",
    }),
    concurrencyPolicy: withDefault(
      oneOf("Allow", "Forbid", "Replace"),
      "Forbid",
      "What happens if the last run has not ended: `Forbid` leaves the new one out, `Replace` ends the last one, `Allow` lets both run.",
    ),
    startingDeadlineSeconds: optional(
      anySeconds(0),
      "Seconds after its time in which a run that was missed can still start.",
      { absent: "no limit" },
    ),
    suspend: optional(boolean(), "Whether no further run starts.", { absent: "false" }),
    successfulJobsHistoryLimit: optional(integer(0, 1000), "How many Jobs that succeeded are kept.", { absent: "3" }),
    failedJobsHistoryLimit: optional(integer(0, 1000), "How many Jobs that failed are kept.", { absent: "1" }),
    ...work,
    activeDeadlineSeconds: optional(anySeconds(1), "Seconds after which a run fails.", { absent: "no limit" }),
    ...pod,
  },
);

export const connectionTest = settings(
  "ConnectionTest",
  { description: "A Job that requests a page from the Service for clients when the pods are ready." },
  {
    path: optional(urlPath(), "The path of the request.", { absent: "`/`" }),
    image: optional(image(), "The image of the container.", { absent: "`busybox:1.37`" }),
    command: optional(
      list(text()),
      "The command that requests the address in the variable `URL`, and fails if nothing answers.",
      { absent: "`wget`" },
    ),
    resources,
  },
);
