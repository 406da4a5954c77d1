import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { ClientServiceArgs, JobArgs } from "../schema/args";
import { byName } from "../schema/byName";
import type { CheckedAppArgs } from "../schema/checkedArgs";
import { previousReplicasVariable, replicasVariable, type ScaleTrigger, scaleTrigger } from "../schema/jobs";
import { clientServiceName, connectionTestName, jobName, jobsPolicyName, podNames } from "../schema/names";
import { jobNames } from "../schema/checkJobs";
import { hasNetworkPolicy } from "../schema/networkPolicy";
import { hasBudget } from "../schema/podDisruptionBudget";
import { mainPort, servicePort } from "../schema/ports";
import { createsServiceAccount, serviceAccountName } from "../schema/serviceAccount";
import { claimTemplates, retainClaims } from "./claims";
import { connectionTest, jobSpec, type JobSpec } from "./jobSpec";
import { appLabels, jobLabels, type Labels, selectorLabels } from "./labels";
import { mergePatch } from "./mergePatch";
import { objectMetadata, skipAwait } from "./metadata";
import { appNetworkPolicySpec, jobsNetworkPolicySpec } from "./networkPolicies";
import { podDisruptionBudgetSpec } from "./podDisruptionBudget";
import { podTemplate } from "./podTemplate";
import { clientServiceSpec, headlessServiceSpec, podServiceSpec } from "./services";
import { updateStrategy } from "./updateStrategy";

/** The objects of an app, except its jobs. */
export function appObjects(name: string, args: CheckedAppArgs) {
  const labels = appLabels(name, args.partOf, args.image);
  const common = { namespace: args.namespace, labels };
  const service = (
    name: string,
    { labels: given, annotations }: Pick<ClientServiceArgs, "labels" | "annotations"> = {},
    spec: types.input.core.v1.ServiceSpec,
  ) => ({
    apiVersion: "v1" as const,
    kind: "Service" as const,
    metadata: objectMetadata({
      name,
      ...common,
      labels: { ...given, ...labels },
      // The provider would watch endpoints and pods. The StatefulSet reports an app without ready pods, and a pending load
      // balancer is not a failure.
      annotations: { ...annotations, ...skipAwait },
    }),
    spec,
  });
  const networkPolicy = (name: string, spec: types.input.networking.v1.NetworkPolicySpec) => ({
    apiVersion: "networking.k8s.io/v1" as const,
    kind: "NetworkPolicy" as const,
    metadata: objectMetadata({ name, ...common }),
    spec,
  });
  const isGuarded = hasNetworkPolicy(args);
  const { overrides = {} } = args;
  const objects = {
    serviceAccount: createsServiceAccount(args)
      ? {
          apiVersion: "v1" as const,
          kind: "ServiceAccount" as const,
          metadata: objectMetadata({
            name: serviceAccountName(name, args),
            ...common,
            annotations: args.serviceAccount?.annotations,
          }),
          automountServiceAccountToken: args.automountServiceAccountToken ?? false,
        }
      : undefined,
    headlessService: service(name, args.headlessService, headlessServiceSpec(name, args)),
    service: service(clientServiceName(name), args.service, clientServiceSpec(name, args)),
    podServices: (args.podServices ? podNames(name, args) : []).map((pod, index) =>
      service(pod, args.podServices, podServiceSpec(pod, index, args)),
    ),
    networkPolicy: isGuarded ? networkPolicy(name, appNetworkPolicySpec(name, args)) : undefined,
    jobsNetworkPolicy:
      isGuarded && jobNames(name, args).length > 0
        ? networkPolicy(jobsPolicyName(name), jobsNetworkPolicySpec(name, args))
        : undefined,
    podDisruptionBudget: hasBudget(args)
      ? {
          apiVersion: "policy/v1" as const,
          kind: "PodDisruptionBudget" as const,
          metadata: objectMetadata({ name, ...common }),
          spec: podDisruptionBudgetSpec(name, args),
        }
      : undefined,
    statefulSet: {
      apiVersion: "apps/v1" as const,
      kind: "StatefulSet" as const,
      metadata: objectMetadata({ name, ...common }),
      spec: {
        serviceName: name,
        replicas: args.replicas,
        ordinals: args.ordinals,
        podManagementPolicy: args.podManagementPolicy,
        updateStrategy: updateStrategy(args.updateStrategy),
        minReadySeconds: args.minReadySeconds,
        revisionHistoryLimit: args.revisionHistoryLimit,
        selector: { matchLabels: selectorLabels(name) },
        template: podTemplate(name, labels, args),
        volumeClaimTemplates: claimTemplates(name, args.claims),
        persistentVolumeClaimRetentionPolicy: { ...retainClaims, ...args.persistentVolumeClaimRetentionPolicy },
      },
    },
  };
  return {
    serviceAccount: objects.serviceAccount && mergePatch(objects.serviceAccount, overrides.serviceAccount),
    headlessService: mergePatch(objects.headlessService, overrides.headlessService),
    service: mergePatch(objects.service, overrides.service),
    podServices: objects.podServices,
    networkPolicy: objects.networkPolicy && mergePatch(objects.networkPolicy, overrides.networkPolicy),
    jobsNetworkPolicy: objects.jobsNetworkPolicy,
    podDisruptionBudget:
      objects.podDisruptionBudget && mergePatch(objects.podDisruptionBudget, overrides.podDisruptionBudget),
    statefulSet: mergePatch(objects.statefulSet, overrides.statefulSet),
  };
}

/** A job of an app. The name of its Job starts with `name`. */
export interface AppJob {
  name: string;
  labels: Labels;
  spec: JobSpec;
  /** The change of the number of replicas for which the job runs; undefined if it runs for each change of the pods. */
  trigger?: ScaleTrigger;
  /** The setting of the app that requires the job. */
  path: string[];
}

/** The paths of an app's jobs that run for a change of the number of replicas. An app without pods keeps its members. */
export const memberJobs = ({ jobs: { before = {}, after = {} } = {}, replicas }: CheckedAppArgs): string[] =>
  Object.entries({ before, after }).flatMap(([when, list]) =>
    byName(list).flatMap(([job, settings]) => (replicas > 0 && scaleTrigger(settings) ? [`jobs.${when}.${job}`] : [])),
  );

/**
 * The jobs of an app, including the connection test. `previousReplicas` is the number before a change of the number of
 * replicas. Jobs for such a change have any other number if it is not given.
 */
export function appJobs(
  app: string,
  args: CheckedAppArgs,
  previousReplicas: (trigger: ScaleTrigger) => pulumi.Input<string> = () => "0",
): { before: AppJob[]; after: AppJob[] } {
  const ofApp = { ...args, serviceAccountName: serviceAccountName(app, args) };
  const appJob = (job: string, settings: JobArgs, path: string[]): AppJob => {
    const labels = jobLabels(app, job, args.partOf);
    const trigger = scaleTrigger(settings);
    const numbers = trigger && {
      [replicasVariable]: { value: String(args.replicas) },
      [previousReplicasVariable]: { value: previousReplicas(trigger) },
    };
    const given = numbers ? { ...settings, env: { ...settings.env, ...numbers } } : settings;
    return { name: jobName(app, job), labels, spec: jobSpec(job, labels, ofApp, given), trigger, path };
  };
  const appJobsOf = (when: string, list: Record<string, JobArgs> = {}) =>
    byName(list)
      // An app without pods has stopped, and keeps its members.
      .filter(([, settings]) => args.replicas > 0 || scaleTrigger(settings) === undefined)
      .map(([job, settings]) => appJob(job, settings, ["jobs", when, job]));
  const test = args.connectionTest;
  const main = mainPort(args);
  return {
    before: appJobsOf("before", args.jobs?.before),
    after: [
      ...appJobsOf("after", args.jobs?.after),
      // Without pods, nothing answers.
      ...(test && main && args.replicas > 0
        ? [
            appJob(connectionTestName, connectionTest(clientServiceName(app), servicePort(main, args), test), [
              "connectionTest",
            ]),
          ]
        : []),
    ],
  };
}
