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
import { clientServiceSpec, headlessServiceSpec } from "../objects/services";
import type { JobArgs, StatefulAppArgs, UpdateStrategyArgs } from "../schema/args";

/** What no argument offers: a last word on each object before it is made. */
export interface StatefulAppTransform {
  statefulSet?: (args: k8s.apps.v1.StatefulSetArgs) => k8s.apps.v1.StatefulSetArgs;
  headlessService?: (args: k8s.core.v1.ServiceArgs) => k8s.core.v1.ServiceArgs;
  service?: (args: k8s.core.v1.ServiceArgs) => k8s.core.v1.ServiceArgs;
  serviceAccount?: (args: k8s.core.v1.ServiceAccountArgs) => k8s.core.v1.ServiceAccountArgs;
}

export interface StatefulAppOptions extends pulumi.ComponentResourceOptions {
  transform?: StatefulAppTransform;
  /**
   * Where to wait until jobs have succeeded and pods are ready. Without it the provider waits by its own rules, which a
   * partition keeps from coming true.
   */
  cluster?: Cluster;
  /** Whose claims they are: with a `cluster`, they get its label. */
  identity?: Identity;
}

/**
 * An app whose pods keep their names and their volumes: a StatefulSet, the headless Service that names its pods, a
 * Service for clients, and a ServiceAccount that has no rights. All are called after the component.
 *
 * Claims are never removed with it: an app of the same name finds its data again.
 */
export class StatefulApp extends pulumi.ComponentResource {
  readonly namespace: pulumi.Output<string>;
  /** The StatefulSet's name. */
  readonly statefulSet: pulumi.Output<string>;
  /** The name of the Service that gives each pod a DNS name. */
  readonly headlessService: pulumi.Output<string>;
  /** The name of the Service for clients. */
  readonly service: pulumi.Output<string>;
  /** The port of the Service for clients. */
  readonly port: pulumi.Output<number>;
  /** Where pods of any namespace reach the app. */
  readonly url: pulumi.Output<string>;
  /** In the order of their ordinals, as are the two lists below. */
  readonly podNames: pulumi.Output<string[]>;
  readonly podDnsNames: pulumi.Output<string[]>;
  readonly claimNames: pulumi.Output<string[]>;

  constructor(
    name: string,
    args: StatefulAppArgs,
    { transform = {}, cluster, identity, ...opts }: StatefulAppOptions = {},
  ) {
    super("stateful-apps:index:StatefulApp", name, args, opts);
    const labels = appLabels(name, args.partOf, args.image);
    const metadata = (objectName: pulumi.Input<string>, annotations?: Record<string, pulumi.Input<string>>) =>
      objectMetadata({ name: objectName, namespace: args.namespace, labels, annotations });
    const last = <T>(change: ((args: T) => T) | undefined, objectArgs: T) => change?.(objectArgs) ?? objectArgs;
    const child = { parent: this };

    const makesAccount = args.serviceAccount?.create ?? true;
    const account = args.serviceAccount?.name ?? name;
    const accountArgs = {
      metadata: metadata(account, args.serviceAccount?.annotations),
      automountServiceAccountToken: args.automountServiceAccountToken ?? false,
    };
    const serviceAccounts = makesAccount
      ? [new k8s.core.v1.ServiceAccount(name, last(transform.serviceAccount, accountArgs), child)]
      : [];

    const headlessServiceArgs = { metadata: metadata(name), spec: headlessServiceSpec(name, args.containerPort) };
    const headlessService = new k8s.core.v1.Service(name, last(transform.headlessService, headlessServiceArgs), child);

    // An app without ready pods is the StatefulSet's to report, and a pending load balancer is no failure.
    const serviceArgs = {
      metadata: metadata(clientServiceName(name), { ...args.service?.annotations, ...skipAwait }),
      spec: clientServiceSpec(name, args.containerPort, args.service),
    };
    const service = new k8s.core.v1.Service(clientServiceName(name), last(transform.service, serviceArgs), child);

    const statefulSetArgs = {
      metadata: metadata(name, cluster && waitForDeletionOnly),
      spec: {
        serviceName: headlessService.metadata.name,
        replicas: args.replicas,
        podManagementPolicy: args.podManagementPolicy ?? "OrderedReady",
        updateStrategy: updateStrategy(args.updateStrategy),
        minReadySeconds: args.minReadySeconds,
        selector: { matchLabels: selectorLabels(name) },
        template: podTemplate(name, labels, args),
        volumeClaimTemplates: claimTemplates(name, args.claims),
        persistentVolumeClaimRetentionPolicy: retainClaims,
      },
    };
    const finalArgs = last(transform.statefulSet, statefulSetArgs);

    const trigger = pulumi.output(finalArgs.spec).apply((spec) => spec?.template);
    const runJobs = (jobs: Record<string, JobArgs>, dependsOn: pulumi.Input<pulumi.Resource>[]) =>
      Object.entries(jobs).map(([job, jobArgs]) => {
        const labels = jobLabels(name, job, args.partOf);
        const spec = jobSpec(job, { ...args, serviceAccountName: account }, jobArgs);
        const run = { namespace: args.namespace, labels, spec, trigger };
        return runJob(jobName(name, job), run, cluster, { ...child, dependsOn });
      });
    const before = runJobs(args.jobs?.before ?? {}, serviceAccounts);

    const statefulSet = new k8s.apps.v1.StatefulSet(name, finalArgs, {
      ...child,
      dependsOn: [...serviceAccounts, headlessService, ...before],
    });
    const ready = cluster
      ? rollout(statefulSet, { cluster, identity, app: this, deadline: args.progressDeadlineSeconds })
      : statefulSet;

    const port = args.service?.port ?? args.containerPort;
    const after = { ...args.jobs?.after };
    // Without pods nobody answers.
    if (args.connectionTest && args.replicas > 0) {
      after[connectionTestName] = connectionTest(clientServiceName(name), port, args.connectionTest);
    }
    runJobs(after, [ready, service]);

    this.namespace = statefulSet.metadata.namespace;
    this.statefulSet = statefulSet.metadata.name;
    this.headlessService = headlessService.metadata.name;
    this.service = service.metadata.name;
    this.port = pulumi.output(port);
    this.url = pulumi.interpolate`http://${this.service}.${this.namespace}.svc.cluster.local:${this.port}`;
    this.podNames = pulumi.output(podNames(name, args.replicas));
    this.podDnsNames = this.namespace.apply((namespace) => podDnsNames(name, args.replicas, namespace));
    this.claimNames = pulumi.output(claimNames(name, args.replicas, Object.keys(args.claims ?? {})));
    this.registerOutputs(this.outputs());
  }

  /** What a stack exports of it. */
  outputs() {
    const { namespace, statefulSet, headlessService, service, port, url, podNames, podDnsNames, claimNames } = this;
    return { namespace, statefulSet, headlessService, service, port, url, podNames, podDnsNames, claimNames };
  }
}

/**
 * Every field is given, Kubernetes' own defaults too: what is not given is not removed either when the type changes, and
 * OnDelete is refused beside it.
 */
function updateStrategy({ type = "RollingUpdate", rollingUpdate }: UpdateStrategyArgs = {}) {
  return type === "OnDelete" ? { type } : { type, rollingUpdate: { partition: 0, ...rollingUpdate } };
}
