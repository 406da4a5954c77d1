import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Labels } from "./labels";
import { environment, volumeMounts, volumes } from "./podTemplate";
import { withRequests } from "./resources";
import { podSecurityContext, unprivilegedPod, unprivilegedSecurityContext, withDefaults } from "./security";
import type { ConnectionTestArgs, JobArgs, StatefulAppArgs } from "../schema/args";

export type JobSpec = types.input.batch.v1.JobSpec;

export const defaultDeadlineSeconds = 300;

/** What a job gets from its app: what decides whether the job runs, and where. */
export interface AppOfJob extends Pick<
  StatefulAppArgs,
  | "image"
  | "imagePullPolicy"
  | "imagePullSecrets"
  | "priorityClassName"
  | "nodeSelector"
  | "tolerations"
  | "affinity"
  | "podLabels"
  | "podAnnotations"
> {
  serviceAccountName: pulumi.Input<string>;
}

/** The spec of a Job that ends: it has a deadline, and is not retried unless the user says so. */
export function jobSpec(name: string, labels: Labels, app: AppOfJob, args: Omit<JobArgs, "trigger">): JobSpec {
  const { image = app.image, nodeSelector = app.nodeSelector, tolerations = app.tolerations } = args;
  return {
    backoffLimit: args.backoffLimit ?? 0,
    activeDeadlineSeconds: args.activeDeadlineSeconds ?? defaultDeadlineSeconds,
    template: {
      metadata: podMetadata(labels, app, args),
      spec: {
        restartPolicy: "Never",
        priorityClassName: app.priorityClassName,
        nodeSelector,
        tolerations,
        affinity: args.affinity ?? nodeAffinity(app),
        serviceAccountName: args.serviceAccountName ?? app.serviceAccountName,
        imagePullSecrets: app.imagePullSecrets,
        ...unprivilegedPod,
        automountServiceAccountToken: args.automountServiceAccountToken ?? false,
        securityContext: podSecurityContext(args.podSecurityContext),
        containers: [
          {
            name,
            image,
            imagePullPolicy: image === app.image ? app.imagePullPolicy : undefined,
            command: args.command,
            args: args.args,
            ...environment(args),
            resources: withRequests(args.resources),
            securityContext: withDefaults(unprivilegedSecurityContext, args.securityContext),
            ...(args.volumes && { volumeMounts: volumeMounts(args) }),
          },
        ],
        ...(args.volumes && { volumes: volumes(args.volumes) }),
      },
    },
  };
}

/**
 * Annotations that name a container of the app, by which Vault's injector adds a container that never ends, or with which
 * this program says what the pods of the app read.
 */
const ofAppOnly = /^(vault\.hashicorp\.com|container\.[^/]+|stateful-apps)\//;

/** The user's labels and annotations of the app, as far as they fit a job, and those of the job itself. */
function podMetadata(labels: Labels, app: AppOfJob, job: Pick<JobArgs, "podLabels" | "podAnnotations">) {
  const ofApp = Object.entries(app.podAnnotations ?? {}).filter(([name]) => !ofAppOnly.test(name));
  const annotations = { ...Object.fromEntries(ofApp), ...job.podAnnotations };
  return {
    // Those of the job take precedence: Services send requests to pods with the labels of the app.
    labels: { ...app.podLabels, ...job.podLabels, ...labels },
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
}

/** Which nodes the pods of the app can run on, without how the pods are spread. */
const nodeAffinity = ({ affinity }: AppOfJob) =>
  affinity && pulumi.output(affinity).apply(({ nodeAffinity }) => nodeAffinity && { nodeAffinity });

/** A job that requests a page from a Service. It is retried, because endpoints can appear a moment after pods are ready. */
export function connectionTest(service: string, port: pulumi.Input<number>, args: ConnectionTestArgs): JobArgs {
  return {
    image: args.image ?? "busybox:1.37",
    command: args.command ?? ["sh", "-c", 'wget -T 5 -q -O - "$URL"'],
    env: { URL: { value: pulumi.interpolate`http://${service}:${port}${args.path ?? "/"}` } },
    resources: args.resources,
    backoffLimit: 2,
    activeDeadlineSeconds: 120,
  };
}
