import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { claimTemplates, retainClaims } from "../objects/claims";
import type { Cluster } from "../live/cluster";
import type { Identity } from "../objects/identity";
import { runJob } from "./job";
import { connectionTest, jobSpec } from "../objects/jobSpec";
import { appLabels, jobLabels, selectorLabels } from "../objects/labels";
import { objectMetadata, skipAwait, waitForDeletionOnly } from "../objects/metadata";
import { claimNames, clientServiceName, connectionTestName, jobName, podDnsNames, podNames } from "../schema/names";
import { podTemplate } from "../objects/podTemplate";
import { rollout } from "../live/rollout";
import { PlannedChange } from "../live/rollout/plannedChange";
import { checkVaultInjectorOf } from "../live/vaultInjector";
import { updateStrategy } from "../objects/updateStrategy";
import { clientServiceSpec, headlessServiceSpec } from "../objects/services";
import type { JobArgs, StatefulAppArgs } from "../schema/args";
import { checkedAppArgs } from "../schema/checkedArgs";
import { createsServiceAccount, serviceAccountName } from "../schema/serviceAccount";

/** A function for each object that changes its arguments last, for what no argument offers. */
export interface StatefulAppTransform {
  statefulSet?: (args: k8s.apps.v1.StatefulSetArgs) => k8s.apps.v1.StatefulSetArgs;
  headlessService?: (args: k8s.core.v1.ServiceArgs) => k8s.core.v1.ServiceArgs;
  service?: (args: k8s.core.v1.ServiceArgs) => k8s.core.v1.ServiceArgs;
  serviceAccount?: (args: k8s.core.v1.ServiceAccountArgs) => k8s.core.v1.ServiceAccountArgs;
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
 * Service for clients, and a ServiceAccount without rights. Their names follow from the name of the component.
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
  /** The port of the Service for clients. */
  readonly port: pulumi.Output<number>;
  /** The URL of the app for pods of any namespace. */
  readonly url: pulumi.Output<string>;
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
    const labels = appLabels(name, settings.partOf, settings.image);
    const metadata = (objectName: pulumi.Input<string>, annotations?: Record<string, pulumi.Input<string>>) =>
      objectMetadata({ name: objectName, namespace: settings.namespace, labels, annotations });
    const last = <T>(change: ((args: T) => T) | undefined, objectArgs: T) => change?.(objectArgs) ?? objectArgs;
    const child = { parent: this };

    const account = serviceAccountName(name, settings);
    const accountArgs = {
      metadata: metadata(account, settings.serviceAccount?.annotations),
      automountServiceAccountToken: settings.automountServiceAccountToken ?? false,
    };
    const serviceAccounts = createsServiceAccount(settings)
      ? [new k8s.core.v1.ServiceAccount(name, last(transform.serviceAccount, accountArgs), child)]
      : [];

    const headlessServiceArgs = { metadata: metadata(name), spec: headlessServiceSpec(name, settings.containerPort) };
    const headlessService = new k8s.core.v1.Service(name, last(transform.headlessService, headlessServiceArgs), child);

    // The StatefulSet reports an app without ready pods, and a pending load balancer is not a failure.
    const serviceArgs = {
      metadata: metadata(clientServiceName(name), { ...settings.service?.annotations, ...skipAwait }),
      spec: clientServiceSpec(name, settings.containerPort, settings.service),
    };
    const service = new k8s.core.v1.Service(clientServiceName(name), last(transform.service, serviceArgs), child);

    const statefulSetArgs = {
      metadata: metadata(name, cluster && waitForDeletionOnly),
      spec: {
        serviceName: headlessService.metadata.name,
        replicas: settings.replicas,
        podManagementPolicy: settings.podManagementPolicy,
        updateStrategy: updateStrategy(settings.updateStrategy),
        minReadySeconds: settings.minReadySeconds,
        selector: { matchLabels: selectorLabels(name) },
        template: podTemplate(name, labels, settings),
        volumeClaimTemplates: claimTemplates(name, settings.claims),
        persistentVolumeClaimRetentionPolicy: retainClaims,
      },
    };
    const finalArgs = last(transform.statefulSet, statefulSetArgs);

    const trigger = pulumi.output(finalArgs.spec).apply((spec) => spec?.template);
    const runJobs = (jobs: Record<string, JobArgs>, dependsOn: pulumi.Input<pulumi.Resource>[]) =>
      Object.entries(jobs).map(([job, jobArgs]) => {
        const labels = jobLabels(name, job, settings.partOf);
        const spec = jobSpec(job, { ...settings, serviceAccountName: account }, jobArgs);
        const run = { namespace: settings.namespace, labels, spec, trigger };
        return runJob(jobName(name, job), run, cluster, { ...child, dependsOn });
      });
    const before = runJobs(settings.jobs?.before ?? {}, serviceAccounts);

    const needed = [...serviceAccounts, headlessService, ...before];
    const whenInjectorIsThere = async () => {
      if (cluster) await checkVaultInjectorOf(name, settings, cluster, this);
      return needed;
    };
    const change = cluster?.isReadable ? new PlannedChange(`change of the StatefulSet ${name}`) : undefined;
    const statefulSet = new k8s.apps.v1.StatefulSet(name, finalArgs, {
      ...child,
      hooks: change?.hooks,
      dependsOn: settings.vault ? whenInjectorIsThere() : needed,
    });
    const ready = cluster
      ? rollout(statefulSet, { cluster, change, identity, app: this, deadline: settings.progressDeadlineSeconds })
      : statefulSet;

    const port = settings.service?.port ?? settings.containerPort;
    const after = { ...settings.jobs?.after };
    // Without pods, nothing answers.
    if (settings.connectionTest && settings.replicas > 0) {
      after[connectionTestName] = connectionTest(clientServiceName(name), port, settings.connectionTest);
    }
    runJobs(after, [ready, service]);

    this.namespace = statefulSet.metadata.namespace;
    this.statefulSet = statefulSet.metadata.name;
    this.headlessService = headlessService.metadata.name;
    this.service = service.metadata.name;
    this.port = pulumi.output(port);
    this.url = pulumi.interpolate`http://${this.service}.${this.namespace}.svc.cluster.local:${this.port}`;
    this.podNames = pulumi.output(podNames(name, settings.replicas));
    this.podDnsNames = this.namespace.apply((namespace) => podDnsNames(name, settings.replicas, namespace));
    this.claimNames = pulumi.output(claimNames(name, settings.replicas, Object.keys(settings.claims ?? {})));
    this.registerOutputs(this.outputs());
  }

  /** What a stack exports of the component. */
  outputs() {
    const { namespace, statefulSet, headlessService, service, port, url, podNames, podDnsNames, claimNames } = this;
    return { namespace, statefulSet, headlessService, service, port, url, podNames, podDnsNames, claimNames };
  }
}
