import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../live/cluster";
import { outdatedRuns } from "../live/jobs/outdatedRuns";
import { rollout } from "../live/rollout";
import { PlannedChange } from "../live/rollout/plannedChange";
import { checkVaultInjectorOf } from "../live/vaultInjector";
import { type AppJob, appJobs, appObjects, memberJobs } from "../objects/appObjects";
import { appCronJobs } from "../objects/cronJobs";
import type { Identity } from "../objects/identity";
import { annotated, waitForDeletionOnly } from "../objects/metadata";
import type { StatefulAppArgs } from "../schema/args";
import { byName } from "../schema/byName";
import { type CheckedAppArgs, checkedAppArgs } from "../schema/checkedArgs";
import { claimNames, clientServiceName, jobsPolicyName, podDnsNames, podNames } from "../schema/names";
import { mainPort, portsOf, servicePort } from "../schema/ports";
import { runJob } from "./job";
import { Members } from "./members";
import { readyAfter, whenReady } from "./readiness";
import { withVolumesReady } from "./volumes";

/** A function for each object that changes its arguments last, for what no argument offers. */
export interface StatefulAppTransform {
  statefulSet?: (args: k8s.apps.v1.StatefulSetArgs) => k8s.apps.v1.StatefulSetArgs;
  headlessService?: (args: k8s.core.v1.ServiceArgs) => k8s.core.v1.ServiceArgs;
  service?: (args: k8s.core.v1.ServiceArgs) => k8s.core.v1.ServiceArgs;
  /** Called for the Service of each pod. */
  podServices?: (args: k8s.core.v1.ServiceArgs) => k8s.core.v1.ServiceArgs;
  serviceAccount?: (args: k8s.core.v1.ServiceAccountArgs) => k8s.core.v1.ServiceAccountArgs;
  networkPolicy?: (args: k8s.networking.v1.NetworkPolicyArgs) => k8s.networking.v1.NetworkPolicyArgs;
  podDisruptionBudget?: (args: k8s.policy.v1.PodDisruptionBudgetArgs) => k8s.policy.v1.PodDisruptionBudgetArgs;
}

export interface StatefulAppOptions extends pulumi.ComponentResourceOptions {
  transform?: StatefulAppTransform;
  /**
   * The cluster in which to wait until jobs have succeeded and pods are ready. Default: the provider waits by its own
   * rules, which are never met if there is a partition.
   */
  cluster?: Cluster;
  /** Whose claims they are: with a `cluster`, they get its label. */
  identity?: Identity;
}

/**
 * An app whose pods keep their names and their volumes: a StatefulSet, the headless Service that names its pods, a
 * Service for clients, a ServiceAccount without rights, a NetworkPolicy and a PodDisruptionBudget. Their names follow from
 * the name of the component.
 *
 * Claims are never removed with the component: an app of the same name finds its data again.
 */
export class StatefulApp extends pulumi.ComponentResource {
  readonly namespace: pulumi.Output<string>;
  /** The name of the StatefulSet. */
  readonly statefulSet: pulumi.Output<string>;
  /** The name of the Service that gives each pod a DNS name. */
  readonly headlessService: pulumi.Output<string>;
  /** The name of the Service for clients. */
  readonly service: pulumi.Output<string>;
  /** The names of the Services of single pods, in the order of the ordinals of the pods. */
  readonly podServices: pulumi.Output<string[]>;
  /** The number of the port `http`, or of the only one, of the Service for clients; undefined if there are others. */
  readonly port: pulumi.Output<number | undefined>;
  /** The URL of the app for pods of any namespace; undefined if it has no port `http`. */
  readonly url: pulumi.Output<string | undefined>;
  /** The address of each port of the Service for clients, by the name of the port: `HOST:PORT`. */
  readonly addresses: pulumi.Output<Record<string, string>>;
  /** The names of the pods, in the order of their ordinals. */
  readonly podNames: pulumi.Output<string[]>;
  /** The DNS names of the pods for pods of any namespace, in the order of their ordinals. */
  readonly podDnsNames: pulumi.Output<string[]>;
  /** The names of the claims, by volume and then in the order of the ordinals. */
  readonly claimNames: pulumi.Output<string[]>;

  constructor(
    name: string,
    args: StatefulAppArgs,
    { transform = {}, cluster, identity, ...opts }: StatefulAppOptions = {},
  ) {
    super("stateful-apps:index:StatefulApp", name, args, opts);
    const settings = checkedAppArgs(name, args);
    const objects = appObjects(name, settings);
    const last = <T>(change: ((args: T) => T) | undefined, objectArgs: T) => change?.(objectArgs) ?? objectArgs;
    const child = { parent: this };

    const serviceAccounts = objects.serviceAccount
      ? [new k8s.core.v1.ServiceAccount(name, last(transform.serviceAccount, objects.serviceAccount), child)]
      : [];
    const headlessService = new k8s.core.v1.Service(
      name,
      last(transform.headlessService, objects.headlessService),
      child,
    );
    const service = new k8s.core.v1.Service(clientServiceName(name), last(transform.service, objects.service), child);
    const podServices = objects.podServices.map(
      (object) => new k8s.core.v1.Service(object.metadata.name, last(transform.podServices, object), child),
    );
    // They come before the pods that they select.
    const policies = objects.networkPolicy
      ? [new k8s.networking.v1.NetworkPolicy(name, last(transform.networkPolicy, objects.networkPolicy), child)]
      : [];
    const jobsPolicies = objects.jobsNetworkPolicy
      ? [new k8s.networking.v1.NetworkPolicy(jobsPolicyName(name), objects.jobsNetworkPolicy, child)]
      : [];
    if (objects.podDisruptionBudget) {
      const budget = last(transform.podDisruptionBudget, objects.podDisruptionBudget);
      new k8s.policy.v1.PodDisruptionBudget(name, budget, child);
    }

    const { spec, ...statefulSetArgs } = annotated(objects.statefulSet, cluster && waitForDeletionOnly);
    const finalArgs = last(transform.statefulSet, {
      ...statefulSetArgs,
      spec: { ...spec, serviceName: headlessService.metadata.name },
    });

    const ofMembers = memberJobs(settings);
    const members =
      cluster?.isReadable && ofMembers.length > 0
        ? new Members(name, settings.replicas, headlessService, cluster)
        : undefined;
    if (members === undefined && ofMembers.length > 0) {
      void pulumi.log.warn(
        `Left out of ${name}, because it is not known whether the number of replicas changes: ${ofMembers.join(", ")}.`,
        this,
      );
    }
    const jobs = appJobs(name, settings, members?.previousReplicas);
    const template = pulumi.output(finalArgs.spec).apply((spec) => spec?.template);
    const runArgs = { app: name, namespace: settings.namespace, recordedIn: headlessService };
    const run = ({ trigger, ...job }: AppJob, dependsOn: pulumi.Input<pulumi.Resource>[]) => {
      const reason = trigger ? members?.reasonFor(job.name, trigger) : { occasion: template };
      return reason ? [runJob({ ...job, trigger }, { ...runArgs, ...reason }, cluster, { ...child, dependsOn })] : [];
    };
    const before = jobs.before.flatMap((job) => run(job, [...serviceAccounts, headlessService, ...jobsPolicies]));

    const needed = [
      ...serviceAccounts,
      headlessService,
      ...policies,
      ...before,
      ...(members ? [members.recorded] : []),
    ];
    const whenInjectorIsThere = async () => {
      if (cluster) await checkVaultInjectorOf(name, settings, cluster, this);
      return needed;
    };
    const change = cluster?.isReadable ? new PlannedChange(`change of the StatefulSet ${name}`) : undefined;
    const ofPods = jobs.after.filter(({ trigger }) => trigger === undefined);
    const grown = withVolumesReady(name, finalArgs, {
      cluster,
      identity,
      change,
      parent: this,
      isAutoscaled: settings.autoscaled,
      restoreFrom: settings.restoreFrom,
      after: before,
    });
    const statefulSet = new k8s.apps.v1.StatefulSet(name, grown, {
      ...child,
      hooks: {
        ...change?.hooks,
        beforeUpdate: [
          ...(change?.hooks.beforeUpdate ?? []),
          ...(cluster?.isReadable && ofPods.length > 0 ? [outdatedRuns(name, ofPods, cluster)] : []),
        ],
      },
      dependsOn: settings.vault ? whenInjectorIsThere() : needed,
    });
    const ready = cluster
      ? rollout(statefulSet, {
          cluster,
          change,
          identity,
          app: this,
          isAutoscaled: settings.autoscaled,
          deadline: settings.progressDeadlineSeconds,
        })
      : statefulSet;

    const after = jobs.after.flatMap((job) => run(job, [ready, service, ...podServices, ...jobsPolicies]));
    const done = pulumi.all<unknown>([ready, ...after]);

    for (const cronJob of appCronJobs(name, settings)) {
      new k8s.batch.v1.CronJob(cronJob.name, cronJob.object, {
        ...child,
        dependsOn: [ready, ...serviceAccounts, ...jobsPolicies],
      });
    }

    const outputs = appOutputs(name, settings, { statefulSet, headlessService, service, podServices });
    exported.set(this, outputs);
    const waiting = readyAfter(this, members?.completeAfter(done) ?? done);
    this.namespace = waiting(outputs.namespace);
    this.statefulSet = waiting(outputs.statefulSet);
    this.headlessService = waiting(outputs.headlessService);
    this.service = waiting(outputs.service);
    this.podServices = waiting(outputs.podServices);
    this.port = waiting(outputs.port);
    this.url = waiting(outputs.url);
    this.addresses = waiting(outputs.addresses);
    this.podNames = waiting(outputs.podNames);
    this.podDnsNames = waiting(outputs.podDnsNames);
    this.claimNames = waiting(outputs.claimNames);
    this.registerOutputs(outputs);
  }

  protected override initialize() {
    return whenReady(this);
  }

  /** What a stack exports of the component. It does not wait for the pods: it is recorded even if they do not get ready. */
  outputs() {
    return exported.get(this) as Outputs;
  }
}

type Outputs = ReturnType<typeof appOutputs>;

const exported = new WeakMap<StatefulApp, Outputs>();

interface Made {
  statefulSet: k8s.apps.v1.StatefulSet;
  headlessService: k8s.core.v1.Service;
  service: k8s.core.v1.Service;
  podServices: k8s.core.v1.Service[];
}

function appOutputs(
  name: string,
  settings: CheckedAppArgs,
  { statefulSet, headlessService, service, podServices }: Made,
) {
  const { namespace } = statefulSet.metadata;
  const host = pulumi.interpolate`${service.metadata.name}.${namespace}.svc.cluster.local`;
  const addresses = portsOf(settings).map(
    (port) => [port.name, pulumi.interpolate`${host}:${servicePort(port, settings)}`] as const,
  );
  const known = pulumi.output(Object.fromEntries(addresses));
  const main = mainPort(settings);
  const volumes = byName(settings.claims ?? {}).map(([volume]) => volume);
  return {
    namespace,
    statefulSet: statefulSet.metadata.name,
    headlessService: headlessService.metadata.name,
    service: service.metadata.name,
    podServices: pulumi.all(podServices.map(({ metadata }) => metadata.name)),
    port: pulumi.output(main && servicePort(main, settings)),
    url: known.apply(({ http }) => (http === undefined ? undefined : `http://${http}`)),
    addresses: known,
    podNames: pulumi.output(podNames(name, settings)),
    podDnsNames: namespace.apply((namespace) => podDnsNames(name, settings, namespace)),
    claimNames: pulumi.output(claimNames(name, settings, volumes)),
  };
}
