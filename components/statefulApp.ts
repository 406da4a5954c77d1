import * as k8s from "@pulumi/kubernetes";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { claimTemplates } from "./claims";
import { appLabels, selectorLabels } from "./labels";
import { objectMetadata } from "./metadata";
import { claimNames, clientServiceName, podDnsNames, podNames } from "./names";
import { podTemplate } from "./podTemplate";
import { clientServiceSpec, headlessServiceSpec } from "./services";
import type { StatefulAppArgs, UpdateStrategyArgs } from "./statefulAppArgs";

/** What no argument offers: a last word on each object before it is made. */
export interface StatefulAppTransform {
  statefulSet?: (args: k8s.apps.v1.StatefulSetArgs) => k8s.apps.v1.StatefulSetArgs;
  headlessService?: (args: k8s.core.v1.ServiceArgs) => k8s.core.v1.ServiceArgs;
  service?: (args: k8s.core.v1.ServiceArgs) => k8s.core.v1.ServiceArgs;
  serviceAccount?: (args: k8s.core.v1.ServiceAccountArgs) => k8s.core.v1.ServiceAccountArgs;
}

export interface StatefulAppOptions extends pulumi.ComponentResourceOptions {
  transform?: StatefulAppTransform;
}

/** Makes the provider record an object without waiting for it. */
const skipAwait = { "pulumi.com/skipAwait": "true" };

/**
 * The same, but a deletion is waited for: the next object of the name must not meet the old one. The provider's own rule
 * waits for ever with a partition, and not at all with OnDelete; rollout.ts has the one that is used.
 */
const waitForDeletionOnly = { "pulumi.com/waitFor": "jsonpath={.metadata.uid}" };

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
  /** Its spec, as the API server completed it. */
  readonly spec: pulumi.Output<types.output.apps.v1.StatefulSetSpec>;
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

  constructor(name: string, args: StatefulAppArgs, { transform = {}, ...opts }: StatefulAppOptions = {}) {
    super("stateful-apps:index:StatefulApp", name, args, opts);
    const labels = appLabels(name, args.partOf, args.image);
    const metadata = (objectName: pulumi.Input<string>, annotations?: Record<string, pulumi.Input<string>>) =>
      objectMetadata({ name: objectName, namespace: args.namespace, labels, annotations });
    const last = <T>(change: ((args: T) => T) | undefined, objectArgs: T) => change?.(objectArgs) ?? objectArgs;
    const child = { parent: this };

    const makesAccount = args.serviceAccount?.create ?? true;
    const accountArgs = {
      metadata: metadata(args.serviceAccount?.name ?? name, args.serviceAccount?.annotations),
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
      metadata: metadata(name, waitForDeletionOnly),
      spec: {
        serviceName: headlessService.metadata.name,
        replicas: args.replicas,
        podManagementPolicy: args.podManagementPolicy ?? "OrderedReady",
        updateStrategy: updateStrategy(args.updateStrategy),
        minReadySeconds: args.minReadySeconds,
        selector: { matchLabels: selectorLabels(name) },
        template: podTemplate(name, labels, args),
        volumeClaimTemplates: claimTemplates(name, args.claims),
        // Kubernetes' default, said aloud: the volumes outlive the pods and the StatefulSet.
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      },
    };
    const statefulSet = new k8s.apps.v1.StatefulSet(name, last(transform.statefulSet, statefulSetArgs), {
      ...child,
      dependsOn: [...serviceAccounts, headlessService],
    });

    this.namespace = statefulSet.metadata.namespace;
    this.statefulSet = statefulSet.metadata.name;
    this.spec = statefulSet.spec;
    this.headlessService = headlessService.metadata.name;
    this.service = service.metadata.name;
    this.port = pulumi.output(args.service?.port ?? args.containerPort);
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
