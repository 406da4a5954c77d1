import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { claimTemplates, retainClaims } from "../objects/claims";
import type { Cluster } from "../live/cluster";
import type { Identity } from "../objects/identity";
import { appLabels, selectorLabels } from "../objects/labels";
import { objectMetadata, skipAwait, versionAnnotations, waitForDeletionOnly } from "../objects/metadata";
import { claimNames, storeVolume } from "../schema/names";
import { rollout } from "../live/rollout";
import { unprivilegedPod, unprivilegedSecurityContext } from "../objects/security";
import type { KeyRefArgs, ResourcesArgs } from "../schema/args";

/** What a {@link RedisStore} is made from. */
export interface RedisStoreArgs {
  /** The namespace of everything the store consists of. It must exist. */
  namespace: pulumi.Input<string>;
  /** The whole that the store is a part of, as a label's value; names the stack that made it. */
  partOf: string;
  /** The image of redis. */
  image: string;
  /** The port that it listens on. */
  port: number;
  /** The Secret's key that holds the password. */
  password: KeyRefArgs;
  /** The version of the password, in a text that gives nothing away: when it changes, redis starts anew. */
  configVersions?: pulumi.Input<string>;
  /** The volume's size, as in `1Gi`. */
  size: pulumi.Input<string>;
  /** Default: the cluster's default class. */
  storageClassName?: pulumi.Input<string>;
  /** CPU and memory that are set aside for redis, and that it cannot exceed. */
  resources?: ResourcesArgs;
}

export interface RedisStoreOptions extends pulumi.ComponentResourceOptions {
  /** Where to wait until redis is ready. Without it the provider waits by its own rules. */
  cluster?: Cluster;
  /** Whose claims they are: with a `cluster`, they get its label. */
  identity?: Identity;
}

const folder = "/data";

/**
 * A redis that several apps share: one pod, called by the component's name, with a password and a volume of its own. It
 * answers a write when the write is on the volume, so that a crash loses nothing that was acknowledged.
 *
 * The claim is never removed with it: a store of the same name finds its data again.
 */
export class RedisStore extends pulumi.ComponentResource {
  readonly namespace: pulumi.Output<string>;
  /** Host and port, as pods of the namespace reach it. */
  readonly address: pulumi.Output<string>;
  readonly claimNames: pulumi.Output<string[]>;

  constructor(name: string, args: RedisStoreArgs, { cluster, identity, ...opts }: RedisStoreOptions = {}) {
    super("stateful-apps:index:RedisStore", name, args, opts);
    const labels = appLabels(name, args.partOf, args.image);
    const metadata = (annotations?: Record<string, string>) =>
      objectMetadata({ name, namespace: args.namespace, labels, annotations });
    const child = { parent: this };

    const ports = [{ name: "redis", port: args.port, targetPort: "redis" }];
    const service = new k8s.core.v1.Service(
      name,
      // Whether it leads to a pod is the StatefulSet's to report.
      { metadata: metadata(skipAwait), spec: { selector: selectorLabels(name), ports } },
      child,
    );

    const statefulSet = new k8s.apps.v1.StatefulSet(
      name,
      {
        metadata: metadata(cluster && waitForDeletionOnly),
        spec: {
          serviceName: service.metadata.name,
          replicas: 1,
          selector: { matchLabels: selectorLabels(name) },
          template: {
            metadata: { labels, annotations: versionAnnotations(args.configVersions) },
            spec: { ...unprivilegedPod, containers: [redisContainer(args)] },
          },
          volumeClaimTemplates: claimTemplates(name, {
            [storeVolume]: { size: args.size, storageClassName: args.storageClassName, mountPath: folder },
          }),
          persistentVolumeClaimRetentionPolicy: retainClaims,
        },
      },
      child,
    );
    if (cluster) rollout(statefulSet, { cluster, identity, app: this });

    this.namespace = statefulSet.metadata.namespace;
    this.address = pulumi.interpolate`${service.metadata.name}:${args.port}`;
    this.claimNames = pulumi.output(claimNames(name, 1, [storeVolume]));
    this.registerOutputs(this.outputs());
  }

  /** What a stack exports of it. */
  outputs() {
    const { namespace, address, claimNames } = this;
    return { namespace, address, claimNames };
  }
}

/**
 * Starts redis with its password on standard input: everybody on the node can read a process's arguments. The shell has
 * no part of the password in an argument either, because its printf is built in, and keeps the here-document in a pipe.
 *
 * Every write goes to the log, and is on the disk before it is answered. The log is all there is: no snapshots beside it.
 */
const startScript = (port: number) => String.raw`set -eu
password=$(printf %s "$REDISCLI_AUTH" | sed 's/[\\"]/\\&/g')
exec redis-server - --port ${String(port)} --dir ${folder} --save "" --appendonly yes --appendfsync always <<EOF
requirepass "$password"
EOF
`;

function redisContainer({ image, port, password, resources }: RedisStoreArgs): k8s.types.input.core.v1.Container {
  return {
    name: "redis",
    image,
    command: ["sh", "-c", startScript(port)],
    // redis-cli reads it too.
    env: [{ name: "REDISCLI_AUTH", valueFrom: { secretKeyRef: password } }],
    ports: [{ name: "redis", containerPort: port }],
    resources,
    // It answers other than PONG while it reads its log; a restart would only make it begin again.
    readinessProbe: {
      exec: { command: ["sh", "-c", `redis-cli -p ${String(port)} ping | grep -q PONG`] },
      periodSeconds: 2,
      timeoutSeconds: 5,
    },
    livenessProbe: { tcpSocket: { port: "redis" }, initialDelaySeconds: 10 },
    // The image's own start as root only changes to a user without rights.
    securityContext: unprivilegedSecurityContext,
    volumeMounts: [{ name: storeVolume, mountPath: folder }],
  };
}
