import type { types } from "@pulumi/kubernetes";
import type { CheckedStoreArgs } from "../schema/checkedArgs";
import { hasNetworkPolicy } from "../schema/networkPolicy";
import { storeVolume } from "../schema/names";
import { claimTemplates, retainClaims } from "./claims";
import { appLabels, selectorLabels } from "./labels";
import { mergePatch } from "./mergePatch";
import { objectMetadata, skipAwait } from "./metadata";
import { storeNetworkPolicySpec } from "./networkPolicies";
import { withRequests } from "./resources";
import { podSecurityContext, unprivilegedPod, unprivilegedSecurityContext, withDefaults } from "./security";

const folder = "/data";

/**
 * The objects of a store. It has no PodDisruptionBudget: one that lets its only pod go holds nothing back, and any other one
 * would block the drain of its node for good.
 */
export function storeObjects(name: string, args: CheckedStoreArgs) {
  const labels = appLabels(name, args.partOf, args.image);
  const common = { name, namespace: args.namespace, labels };
  const { overrides = {} } = args;
  const template = {
    metadata: { labels },
    spec: {
      ...unprivilegedPod,
      securityContext: podSecurityContext(args.podSecurityContext),
      containers: [mergePatch(redisContainer(args), overrides.container)],
    },
  };
  const objects = {
    service: {
      apiVersion: "v1" as const,
      kind: "Service" as const,
      // The StatefulSet reports a store without a ready pod.
      metadata: objectMetadata({ ...common, annotations: skipAwait }),
      spec: {
        selector: selectorLabels(name),
        ports: [{ name: "redis", port: args.port, targetPort: "redis" }],
      },
    },
    networkPolicy: hasNetworkPolicy(args)
      ? {
          apiVersion: "networking.k8s.io/v1" as const,
          kind: "NetworkPolicy" as const,
          metadata: objectMetadata(common),
          spec: storeNetworkPolicySpec(name, args),
        }
      : undefined,
    statefulSet: {
      apiVersion: "apps/v1" as const,
      kind: "StatefulSet" as const,
      metadata: objectMetadata(common),
      spec: {
        serviceName: name,
        replicas: 1,
        selector: { matchLabels: selectorLabels(name) },
        template: mergePatch(template, overrides.pod),
        volumeClaimTemplates: claimTemplates(name, {
          [storeVolume]: { size: args.size, storageClassName: args.storageClassName, mountPath: folder },
        }),
        persistentVolumeClaimRetentionPolicy: retainClaims,
      },
    },
  };
  return {
    service: mergePatch(objects.service, overrides.service),
    networkPolicy: objects.networkPolicy && mergePatch(objects.networkPolicy, overrides.networkPolicy),
    statefulSet: mergePatch(objects.statefulSet, overrides.statefulSet),
  };
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

function redisContainer(args: CheckedStoreArgs): types.input.core.v1.Container {
  const { image, port, password, resources } = args;
  return {
    name: "redis",
    image,
    command: args.command ?? ["sh", "-c", startScript(port)],
    // redis-cli reads the variable too.
    env: [{ name: "REDISCLI_AUTH", valueFrom: { secretKeyRef: password } }],
    ports: [{ name: "redis", containerPort: port }],
    resources: withRequests(resources),
    // While redis reads its log it answers something other than PONG. A restart would only start that again.
    readinessProbe: {
      exec: { command: ["sh", "-c", `redis-cli -p ${String(port)} ping | grep -q PONG`] },
      periodSeconds: 2,
      timeoutSeconds: 5,
    },
    livenessProbe: { tcpSocket: { port: "redis" }, initialDelaySeconds: 10 },
    // The image starts as root only to change to a user without rights.
    securityContext: withDefaults(unprivilegedSecurityContext, args.securityContext),
    volumeMounts: [{ name: storeVolume, mountPath: folder }],
  };
}
