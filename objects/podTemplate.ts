import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { intOrString } from "./intOrString";
import { type Labels, selectorLabels } from "./labels";
import { mergePatch } from "./mergePatch";
import { withRequests } from "./resources";
import { containerSecurityContext, podSecurityContext, withDefaults } from "./security";
import type { EnvValueArgs, ProbeArgs, StatefulAppArgs, VolumeArgs } from "../schema/args";
import { byName } from "../schema/byName";
import { afterReferences } from "../schema/circles";
import type { CheckedAppArgs } from "../schema/checkedArgs";
import { mountsOf, withoutMounts } from "../schema/mounts";
import { type ContainerPort, mainPort, portsOf } from "../schema/ports";
import { serviceAccountName } from "../schema/serviceAccount";
import { isInput } from "../schema/values";
import { variablesIn } from "../schema/variablesIn";
import { vaultAnnotations } from "./vaultAnnotations";

type PodTemplate = types.input.core.v1.PodTemplateSpec;
type PodSpec = types.input.core.v1.PodSpec;
type Container = types.input.core.v1.Container;

/** The template of an app's pods. */
export function podTemplate(name: string, labels: Labels, args: CheckedAppArgs): PodTemplate {
  const template: PodTemplate = {
    metadata: { labels: { ...args.podLabels, ...labels }, annotations: annotations(args) },
    spec: {
      ...schedulingFields(name, args),
      serviceAccountName: serviceAccountName(name, args),
      automountServiceAccountToken: args.automountServiceAccountToken ?? false,
      // Variables with the addresses of other Services can break an app, and DNS has every Service.
      enableServiceLinks: false,
      imagePullSecrets: args.imagePullSecrets,
      securityContext: podSecurityContext(args.podSecurityContext),
      terminationGracePeriodSeconds: args.terminationGracePeriodSeconds,
      initContainers: args.initContainers?.map(restricted),
      containers: [container(name, args), ...(args.containers ?? []).map(restricted)],
      volumes: volumes(args.volumes),
    },
  };
  return mergePatch(template, args.overrides?.pod);
}

function annotations({ podAnnotations, vault }: StatefulAppArgs) {
  const all = { ...podAnnotations, ...vaultAnnotations(vault) };
  return Object.keys(all).length > 0 ? all : undefined;
}

/** The fields that decide where pods run. */
function schedulingFields(name: string, args: StatefulAppArgs): Partial<PodSpec> {
  const { priorityClassName, nodeSelector, tolerations, topologySpreadConstraints } = args;
  return {
    priorityClassName,
    nodeSelector,
    tolerations,
    affinity: affinity(name, args.affinity),
    topologySpreadConstraints,
  };
}

type Affinity = types.input.core.v1.Affinity;

/** Prefers nodes and zones without another pod of the app, unless the user says otherwise. */
function affinity(name: string, given: pulumi.Input<Affinity | undefined>): pulumi.Input<Affinity> {
  const withDefault = (known: Affinity = {}) => ({ podAntiAffinity: spread(name), ...known });
  return isInput(given) ? pulumi.output(given).apply((known) => withDefault(known as Affinity)) : withDefault(given);
}

/**
 * Not topologySpreadConstraints: if a pod has soft ones, the scheduler takes no account of nodes that lack the label of any
 * of them, which is every node of a cluster without zones.
 */
const spread = (name: string): types.input.core.v1.PodAntiAffinity => ({
  preferredDuringSchedulingIgnoredDuringExecution: ["kubernetes.io/hostname", "topology.kubernetes.io/zone"].map(
    (topologyKey) => ({
      weight: 100,
      podAffinityTerm: { topologyKey, labelSelector: { matchLabels: selectorLabels(name) } },
    }),
  ),
});

/** Another container, with the same defaults as that of the app. */
function restricted(given: Container): Container {
  return {
    ...given,
    resources: withRequests(given.resources),
    securityContext: withDefaults(containerSecurityContext, given.securityContext),
  };
}

function container(name: string, args: CheckedAppArgs): Container {
  const container: Container = {
    name,
    image: args.image,
    imagePullPolicy: args.imagePullPolicy,
    command: args.command,
    args: args.args,
    workingDir: args.workingDir,
    ports: portsOf(args).map(({ appProtocol, ...port }) => port),
    ...environment(args),
    resources: withRequests(args.resources),
    startupProbe: probe(args.startupProbe, mainPort(args)),
    livenessProbe: probe(args.livenessProbe, mainPort(args)),
    readinessProbe: probe(args.readinessProbe, mainPort(args)),
    lifecycle: args.lifecycle as Container["lifecycle"],
    securityContext: withDefaults(containerSecurityContext, args.securityContext),
    volumeMounts: volumeMounts(args),
  };
  return mergePatch(container, args.overrides?.container);
}

/** The environment of a container. */
export function environment({ env = {}, envFrom }: Pick<StatefulAppArgs, "env" | "envFrom">) {
  return { env: expandable(env).map(([variable, value]) => ({ name: variable, ...value })), envFrom };
}

/** Variables by name, each after those that it refers to: Kubernetes expands `$(NAME)` only if NAME comes before. */
const expandable = (env: Record<string, EnvValueArgs>) =>
  afterReferences(byName(env), ({ value }) => variablesIn(value));

function probe(args: ProbeArgs | undefined, main: ContainerPort | undefined): Container["livenessProbe"] {
  if (args === undefined) return undefined;
  const { httpGet, tcpSocket, grpc, ...rest } = args;
  // A probe that names no port is only allowed if there is a main one.
  const port = (given: pulumi.Input<string> = main?.name ?? "") => intOrString(given);
  return {
    ...rest,
    ...(httpGet && { httpGet: { ...httpGet, port: port(httpGet.port) } }),
    ...(tcpSocket && { tcpSocket: { port: port(tcpSocket.port) } }),
    ...(grpc && { grpc: { ...grpc, port: grpc.port ?? main?.containerPort ?? 0 } }),
  };
}

/** Where a container has the claims and the volumes. */
export const volumeMounts = ({
  claims = {},
  volumes = {},
}: Pick<StatefulAppArgs, "claims" | "volumes">): Container["volumeMounts"] =>
  [...byName(claims), ...byName(volumes)].flatMap(([name, volume]) =>
    mountsOf(volume).map((mount) => ({ name, ...mount })),
  );

/** The sources of the volumes, without how they are mounted. */
export const volumes = (args: Record<string, VolumeArgs> = {}): PodSpec["volumes"] =>
  byName(args).map(([name, volume]) => ({ name, ...withoutMounts(volume) }));
