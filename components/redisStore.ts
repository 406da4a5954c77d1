import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../live/cluster";
import { rollout } from "../live/rollout";
import { PlannedChange } from "../live/rollout/plannedChange";
import { storeAdvice } from "../live/rollout/storeAdvice";
import type { Identity } from "../objects/identity";
import { annotated, waitForDeletionOnly } from "../objects/metadata";
import { storeObjects } from "../objects/storeObjects";
import type { RedisStoreArgs } from "../schema/args";
import { checkedStoreArgs } from "../schema/checkedArgs";
import { claimNames, storeVolume } from "../schema/names";
import { readyAfter, whenReady } from "./readiness";
import { withVolumesReady } from "./volumes";

export interface RedisStoreOptions extends pulumi.ComponentResourceOptions {
  /** The cluster in which to wait until redis is ready. Default: the provider waits by its own rules. */
  cluster?: Cluster;
  /** Whose claims they are: with a `cluster`, they get its label. */
  identity?: Identity;
}

/**
 * A redis that several apps share: one pod with a password and a volume. A write is acknowledged when it is on the
 * volume, so that a crash loses no acknowledged write.
 *
 * The claim is never removed with the component: a store of the same name finds its data again.
 */
export class RedisStore extends pulumi.ComponentResource {
  readonly namespace: pulumi.Output<string>;
  /** The host and the port of the store for pods of the namespace. */
  readonly address: pulumi.Output<string>;
  readonly claimNames: pulumi.Output<string[]>;

  constructor(name: string, args: RedisStoreArgs, { cluster, identity, ...opts }: RedisStoreOptions = {}) {
    super("stateful-apps:index:RedisStore", name, args, opts);
    const settings = checkedStoreArgs(name, args);
    const objects = storeObjects(name, settings);
    const child = { parent: this };

    const service = new k8s.core.v1.Service(name, objects.service, child);
    const policies = objects.networkPolicy
      ? [new k8s.networking.v1.NetworkPolicy(name, objects.networkPolicy, child)]
      : [];
    const change = cluster?.isReadable ? new PlannedChange(`change of the StatefulSet ${name}`) : undefined;
    const { spec, ...statefulSetArgs } = annotated(objects.statefulSet, cluster && waitForDeletionOnly);
    const given = { ...statefulSetArgs, spec: { ...spec, serviceName: service.metadata.name } };
    const grown = withVolumesReady(name, given, {
      cluster,
      identity,
      change,
      restoreFrom: settings.restoreFrom,
      ...child,
    });
    const statefulSet = new k8s.apps.v1.StatefulSet(name, grown, {
      ...child,
      hooks: change?.hooks,
      dependsOn: policies,
    });
    const ready = cluster
      ? rollout(statefulSet, { cluster, change, identity, app: this, advice: storeAdvice })
      : pulumi.output(statefulSet);

    const outputs = {
      namespace: statefulSet.metadata.namespace,
      address: pulumi.interpolate`${service.metadata.name}:${settings.port}`,
      claimNames: pulumi.output(claimNames(name, { replicas: 1 }, [storeVolume])),
    };
    exported.set(this, outputs);
    const waiting = readyAfter(this, ready);
    this.namespace = waiting(outputs.namespace);
    this.address = waiting(outputs.address);
    this.claimNames = waiting(outputs.claimNames);
    this.registerOutputs(outputs);
  }

  protected override initialize() {
    return whenReady(this);
  }

  /** What a stack exports of the component. It does not wait for the pod: it is recorded even if it does not get ready. */
  outputs() {
    return exported.get(this) as Outputs;
  }
}

type Outputs = Pick<RedisStore, "namespace" | "address" | "claimNames">;

const exported = new WeakMap<RedisStore, Outputs>();
