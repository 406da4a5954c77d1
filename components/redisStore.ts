import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { claimTemplates, retainClaims } from "../objects/claims";
import type { Cluster } from "../live/cluster";
import type { Identity } from "../objects/identity";
import { appLabels, selectorLabels } from "../objects/labels";
import { objectMetadata, skipAwait, versionAnnotations, waitForDeletionOnly } from "../objects/metadata";
import { claimNames, storeVolume } from "../schema/names";
import { rollout } from "../live/rollout";
import { PlannedChange } from "../live/rollout/plannedChange";
import { unprivilegedPod, unprivilegedSecurityContext } from "../objects/security";
import type { RedisStoreArgs } from "../schema/args";
import { type CheckedStoreArgs, checkedStoreArgs } from "../schema/checkedArgs";

export interface RedisStoreOptions extends pulumi.ComponentResourceOptions {
  /** The cluster in which to wait until redis is ready. Default: the provider waits by its own rules. */
  cluster?: Cluster;
  /** Whose claims they are: with a `cluster`, they get its label. */
  identity?: Identity;
}

const folder = "/data";

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
    const labels = appLabels(name, settings.partOf, settings.image);
    const metadata = (annotations?: Record<string, string>) =>
      objectMetadata({ name, namespace: settings.namespace, labels, annotations });
    const child = { parent: this };

    const ports = [{ name: "redis", port: settings.port, targetPort: "redis" }];
    const service = new k8s.core.v1.Service(
      name,
      // The StatefulSet reports a store without a ready pod.
      { metadata: metadata(skipAwait), spec: { selector: selectorLabels(name), ports } },
      child,
    );

    const change = cluster?.isReadable ? new PlannedChange(`change of the StatefulSet ${name}`) : undefined;
    const statefulSet = new k8s.apps.v1.StatefulSet(
      name,
      {
        metadata: metadata(cluster && waitForDeletionOnly),
        spec: {
          serviceName: service.metadata.name,
          replicas: 1,
          selector: { matchLabels: selectorLabels(name) },
          template: {
            metadata: { labels, annotations: versionAnnotations(settings.configVersions) },
            spec: { ...unprivilegedPod, containers: [redisContainer(settings)] },
          },
          volumeClaimTemplates: claimTemplates(name, {
            [storeVolume]: { size: settings.size, storageClassName: settings.storageClassName, mountPath: folder },
          }),
          persistentVolumeClaimRetentionPolicy: retainClaims,
        },
      },
      { ...child, hooks: change?.hooks },
    );
    if (cluster) rollout(statefulSet, { cluster, change, identity, app: this });

    this.namespace = statefulSet.metadata.namespace;
    this.address = pulumi.interpolate`${service.metadata.name}:${settings.port}`;
    this.claimNames = pulumi.output(claimNames(name, 1, [storeVolume]));
    this.registerOutputs(this.outputs());
  }

  /** What a stack exports of the component. */
  outputs() {
    const { namespace, address, claimNames } = this;
    return { namespace, address, claimNames };
  }
}

/**
 * Starts redis with its password on standard input, because everyone on the node can read the arguments of a process.
 * The shell does not pass the password as an argument either: its printf is built in, and the here-document is a pipe.
 *
 * Every write is appended to the log and synchronized to the disk before it is acknowledged. There are no snapshots.
 */
const startScript = (port: number) => String.raw`set -eu
password=$(printf %s "$REDISCLI_AUTH" | sed 's/[\\"]/\\&/g')
exec redis-server - --port ${String(port)} --dir ${folder} --save "" --appendonly yes --appendfsync always <<EOF
requirepass "$password"
EOF
`;

function redisContainer({ image, port, password, resources }: CheckedStoreArgs): k8s.types.input.core.v1.Container {
  return {
    name: "redis",
    image,
    command: ["sh", "-c", startScript(port)],
    // redis-cli reads the variable too.
    env: [{ name: "REDISCLI_AUTH", valueFrom: { secretKeyRef: password } }],
    ports: [{ name: "redis", containerPort: port }],
    resources,
    // While redis reads its log it answers something other than PONG. A restart would only start that again.
    readinessProbe: {
      exec: { command: ["sh", "-c", `redis-cli -p ${String(port)} ping | grep -q PONG`] },
      periodSeconds: 2,
      timeoutSeconds: 5,
    },
    livenessProbe: { tcpSocket: { port: "redis" }, initialDelaySeconds: 10 },
    // The image starts as root only to change to a user without rights.
    securityContext: unprivilegedSecurityContext,
    volumeMounts: [{ name: storeVolume, mountPath: folder }],
  };
}
