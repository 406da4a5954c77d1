import type { z } from "zod";
import { componentSettings } from "./component";
import { args, command, env, envFrom, localObjectReference, resources, securityContext } from "./container";
import { connectionTest, cronJob, jobs } from "./jobs";
import { annotations, labels } from "./metadata";
import { networkPolicy } from "./networkPolicy";
import { containerPort, ports } from "./ports";
import { podDisruptionBudget } from "./podDisruptionBudget";
import { probe } from "./probes";
import { appOverrides } from "./overrides";
import { headlessService, podServices, service } from "./service";
import { kubernetes, kubernetesList, list, map, optional, required, settings, withDefault } from "./settings";
import {
  boolean,
  countOrPercentage,
  image,
  integer,
  label,
  objectName,
  oneOf,
  seconds,
  workingDirectory,
} from "./values";
import { vault } from "./vault";
import { claim, restoreFrom, retentionPolicy, volume } from "./volumes";

const serviceAccount = settings(
  "ServiceAccount",
  { description: "The ServiceAccount of the pods. It has no rights of its own." },
  {
    name: optional(objectName(), "Its name.", { absent: "the name of the app" }),
    create: withDefault(boolean(), true, "Whether to create it. `false` uses one that exists.", {
      plain: "it decides whether there is such an object",
    }),
    annotations: annotations("Annotations of the ServiceAccount, for example to bind an identity of a cloud."),
  },
);

const rollingUpdate = settings(
  "RollingUpdate",
  { description: "How `RollingUpdate` replaces pods." },
  {
    partition: optional(
      integer(0, 1000),
      "Only pods with this ordinal or a higher one are updated, counted from `ordinals.start`.",
      {
        absent: "0",
        plain: "`up` waits for other pods with it",
      },
    ),
    maxUnavailable: optional(
      countOrPercentage(),
      "How many pods can be down at the same time, or which share of them: `50%`. Requires the feature gate MaxUnavailableStatefulSet.",
      { absent: "1" },
    ),
  },
);

const updateStrategy = settings(
  "UpdateStrategy",
  {
    title: "Update strategy",
    description: "How a change reaches the pods ([Update strategies](strategies.md)).",
    see: "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies",
    example: `replicas: 3
updateStrategy:
  rollingUpdate: { partition: 2 }`,
  },
  {
    type: optional(
      oneOf("RollingUpdate", "OnDelete"),
      "`RollingUpdate` replaces pods one after the other. `OnDelete` leaves that to whoever deletes them.",
      { absent: "`RollingUpdate`", plain: "the other fields follow from it" },
    ),
    rollingUpdate: optional(rollingUpdate, "Only allowed with the type `RollingUpdate`."),
  },
);

const beforeReplicas = {
  image: required(image(), "The image of the container. Its tag becomes the label `app.kubernetes.io/version`.", {
    plain: "a label follows from its tag",
  }),
  imagePullPolicy: optional(oneOf("Always", "IfNotPresent", "Never"), "When the image is pulled.", {
    absent: "`Always` for the tag `latest`, else `IfNotPresent`",
  }),
  imagePullSecrets: optional(
    list(localObjectReference),
    "Secrets with credentials of the registry: those of the stack with the type `kubernetes.io/dockerconfigjson` in `secretTypes`, or others that exist.",
  ),
  containerPort,
  ports,
};

const ordinals = settings(
  "Ordinals",
  {
    title: "Ordinals",
    description: "The numbers in the names of pods and claims ([Other ordinals](services.md#other-ordinals)).",
    see: "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#start-ordinal",
    example: `replicas: 3
ordinals: { start: 1 }`,
  },
  {
    start: optional(
      integer(0, 1000000),
      "The ordinal of the first pod. A change stops the pods whose ordinals are no longer there, and keeps their claims, unless `persistentVolumeClaimRetentionPolicy` says otherwise.",
      { absent: "0", plain: "names of pods and claims follow from it" },
    ),
  },
);

const afterReplicas = {
  autoscaled: withDefault(
    boolean(),
    false,
    "Whether an autoscaler sets the number of pods. Then `replicas` is the number with which the app begins, and `up` keeps the one that there is ([Autoscalers](operations.md#autoscalers)).",
    { plain: "names of pods and claims follow from the number" },
  ),
  ordinals: optional(ordinals, "The numbers in the names of pods and claims."),
  podManagementPolicy: withDefault(
    oneOf("OrderedReady", "Parallel"),
    "OrderedReady",
    "`OrderedReady` starts and stops pods one by one, `Parallel` all at the same time.",
  ),
  updateStrategy: optional(updateStrategy, "How a change reaches the pods."),
  revisionHistoryLimit: optional(integer(0, 1000), "How many old revisions Kubernetes keeps.", { absent: "10" }),
  command,
  args,
  workingDir: optional(workingDirectory(), "The working directory of the container.", { absent: "that of the image" }),
  env,
  envFrom,
  resources,
  startupProbe: optional(probe, "Holds the other probes back until it succeeds."),
  livenessProbe: optional(probe, "Restarts the container if it fails."),
  readinessProbe: optional(probe, "Keeps requests from the pod while it fails."),
  claims: optional(map(label(), claim), "Claims of each replica, by the name of the volume."),
  persistentVolumeClaimRetentionPolicy: optional(
    retentionPolicy,
    "Whether the claims of a pod go with it when there are fewer replicas.",
  ),
  restoreFrom: optional(restoreFrom, "The snapshots from which missing claims are made.", {
    absent: "missing claims start empty",
  }),
  volumes: optional(map(label(), volume), "Volumes that are not claimed, by name."),
  service: optional(service, "The Service for clients."),
  headlessService: optional(headlessService, "The Service that gives each pod a DNS name."),
  podServices: optional(podServices, "A Service for each pod.", { absent: "none" }),
  networkPolicy: optional(networkPolicy, "Who reaches the pods, and what they reach.", {
    absent: "pods of the namespace reach the ports",
  }),
  podDisruptionBudget: optional(podDisruptionBudget, "How many pods can be evicted at the same time.", {
    absent: "one",
  }),
  serviceAccount: optional(serviceAccount, "The ServiceAccount of the pods."),
  automountServiceAccountToken: optional(boolean(), "Whether the pods get a token for the Kubernetes API.", {
    absent: "false",
  }),
};

const afterJobs = {
  connectionTest: optional(
    connectionTest,
    "Requests a page from the Service for clients when the pods are ready, and fails if nothing answers.",
  ),
  vault: optional(vault, "Secrets of HashiCorp Vault as files."),
  podAnnotations: annotations("Annotations of the pods."),
  podLabels: labels("Labels of the pods. Those of the app take precedence."),
  podSecurityContext: optional(
    kubernetes("core.v1.PodSecurityContext"),
    "Fields of the pods' security context. They are [merged](overrides.md#how-values-are-merged) into the restricted default; null removes a field.",
  ),
  securityContext: securityContext("Fields of the security context of the container."),
  terminationGracePeriodSeconds: optional(seconds(0), "Seconds between the request to stop and the kill.", {
    absent: "30",
  }),
  minReadySeconds: optional(seconds(0), "Seconds for which a pod must be ready before it is available.", {
    absent: "0",
  }),
  progressDeadlineSeconds: optional(seconds(1), "Seconds without progress after which a rollout fails.", {
    absent: "600, and what the probes, `minReadySeconds` and the grace period allow",
    plain: "`up` waits by it",
  }),
  priorityClassName: optional(objectName(), "The PriorityClass of the pods."),
  nodeSelector: labels("Labels that a node must have."),
  tolerations: optional(kubernetesList("core.v1.Toleration"), "Taints that the pods tolerate."),
  affinity: optional(
    kubernetes("core.v1.Affinity"),
    "Where pods run in relation to nodes and to each other. Its `podAntiAffinity` replaces the one that [spreads them over nodes and zones](availability.md#nodes-and-zones).",
    { absent: "rather on nodes and in zones without another pod of the app" },
  ),
  topologySpreadConstraints: optional(
    kubernetesList("core.v1.TopologySpreadConstraint"),
    "How evenly pods must be spread over nodes or zones.",
  ),
  lifecycle: optional(kubernetes("core.v1.Lifecycle"), "What the container does after its start and before its stop."),
  initContainers: optional(kubernetesList("core.v1.Container"), "Containers that run before that of the app."),
  containers: optional(kubernetesList("core.v1.Container"), "Containers beside that of the app."),
  overrides: optional(appOverrides, "Changes of the objects of the app, for what no setting offers."),
};

const withJobs = {
  jobs: optional(
    jobs,
    "Jobs that run once for each change of the pods, of the job itself, or of the number of replicas.",
  ),
  cronJobs: optional(map(label(), cronJob), "CronJobs, by name."),
};

/** An app in a stack's config. */
export const app = settings(
  "App",
  {
    title: "App",
    description:
      "An app whose pods keep their names and their volumes: a StatefulSet `NAME`, the headless Service `NAME`, the Service `NAME-http` for clients, a ServiceAccount, a NetworkPolicy, and a PodDisruptionBudget.",
    see: "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/",
    example: `stateful-apps:apps:
  cart:
    image: registry.example/team/cart:1.0.0
    containerPort: 8080
    replicas: 3
    readinessProbe: { httpGet: { path: /healthcheck } }
    claims: { data: { size: 1Gi, mountPath: /app/data } }`,
  },
  {
    ...beforeReplicas,
    replicas: optional(integer(0, 1000), "The number of pods.", { absent: "the `replicas` of the stack" }),
    ...afterReplicas,
    store: optional(
      label(),
      "The name of a store under `stores`. The app gets its address and password in REDIS_ADDRESS and REDIS_PASSWORD, and in REDIS_KEY a key of its own.",
    ),
    dependsOn: optional(
      list(label()),
      "Apps and stores that must be ready before the app, or one of its jobs, is created or changed. Its `store` always must.",
    ),
    ...withJobs,
    ...afterJobs,
  },
);

/** An app in a program. */
export const statefulApp = settings(
  "StatefulApp",
  { description: "The arguments of a StatefulApp." },
  {
    ...componentSettings("app"),
    ...beforeReplicas,
    replicas: withDefault(integer(0, 1000), 1, "The number of pods.", {
      plain: "names of pods and claims follow from it",
    }),
    ...afterReplicas,
    ...withJobs,
    ...afterJobs,
  },
);

export type AppSettings = z.output<typeof app>;
