import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { environment } from "./podTemplate";
import { unprivilegedPod, unprivilegedSecurityContext, withDefaults } from "./security";
import type { ConnectionTestArgs, JobArgs, StatefulAppArgs } from "../schema/args";

export type JobSpec = types.input.batch.v1.JobSpec;

export const defaultDeadlineSeconds = 300;

/** What a job gets from its app. */
interface AppOfJob extends Pick<StatefulAppArgs, "image" | "imagePullPolicy" | "imagePullSecrets"> {
  serviceAccountName: pulumi.Input<string>;
}

/** The spec of a Job that ends: it has a deadline, and is not retried unless the user says so. */
export function jobSpec(name: string, app: AppOfJob, args: JobArgs): JobSpec {
  const { image = app.image, command, resources, securityContext } = args;
  return {
    backoffLimit: args.backoffLimit ?? 0,
    activeDeadlineSeconds: args.activeDeadlineSeconds ?? defaultDeadlineSeconds,
    template: {
      spec: {
        restartPolicy: "Never",
        serviceAccountName: app.serviceAccountName,
        imagePullSecrets: app.imagePullSecrets,
        ...unprivilegedPod,
        containers: [
          {
            name,
            image,
            imagePullPolicy: image === app.image ? app.imagePullPolicy : undefined,
            command,
            args: args.args,
            ...environment(args),
            resources,
            securityContext: withDefaults(unprivilegedSecurityContext, securityContext),
          },
        ],
      },
    },
  };
}

/** A job that requests a page from a Service. It is retried, because endpoints can appear a moment after pods are ready. */
export function connectionTest(service: string, port: pulumi.Input<number>, args: ConnectionTestArgs): JobArgs {
  return {
    image: args.image ?? "busybox:1.37",
    command: args.command ?? ["sh", "-c", 'wget -T 5 -q -O - "$URL"'],
    env: { URL: { value: pulumi.interpolate`http://${service}:${port}${args.path ?? "/"}` } },
    backoffLimit: 2,
    activeDeadlineSeconds: 120,
  };
}
