import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import type { Labels } from "./labels";
import { containerSecurityContext, podSecurityContext } from "./security";
import type { ClaimArgs, ProbeArgs, StatefulAppArgs } from "./statefulAppArgs";

type PodTemplate = types.input.core.v1.PodTemplateSpec;
type Container = types.input.core.v1.Container;

/** The name of the container's port, which Services and probes use in place of the number. */
export const portName = "http";

/** The template of an app's pods. */
export function podTemplate(name: string, labels: Labels, args: StatefulAppArgs): PodTemplate {
  return {
    metadata: { labels },
    spec: {
      serviceAccountName: name,
      automountServiceAccountToken: false,
      // Names of other Services in the environment can break an app, and DNS has them all.
      enableServiceLinks: false,
      securityContext: podSecurityContext,
      terminationGracePeriodSeconds: args.terminationGracePeriodSeconds,
      containers: [container(name, args)],
    },
  };
}

function container(name: string, args: StatefulAppArgs): Container {
  return {
    name,
    image: args.image,
    imagePullPolicy: args.imagePullPolicy,
    command: args.command,
    args: args.args,
    ports: [{ name: portName, containerPort: args.containerPort }],
    env: environment(args.env),
    resources: args.resources,
    startupProbe: probe(args.startupProbe),
    livenessProbe: probe(args.livenessProbe),
    readinessProbe: probe(args.readinessProbe),
    securityContext: containerSecurityContext,
    volumeMounts: volumeMounts(args.claims),
  };
}

function environment(variables: Record<string, pulumi.Input<string>> = {}): Container["env"] {
  return Object.entries(variables).map(([name, value]) => ({ name, value }));
}

function probe(args: ProbeArgs | undefined): Container["livenessProbe"] {
  return args && { ...args, httpGet: { path: args.httpGet.path, port: portName } };
}

function volumeMounts(claims: Record<string, ClaimArgs> = {}): Container["volumeMounts"] {
  return Object.entries(claims).map(([name, { mountPath }]) => ({ name, mountPath }));
}
