import { args, command, env, envFrom, resources, securityContext } from "./container";
import { annotations, labels } from "./metadata";
import { kubernetes, kubernetesList, list, map, optional, settings, withDefault } from "./settings";
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
