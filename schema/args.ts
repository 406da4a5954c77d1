import type * as pulumi from "@pulumi/pulumi";

/** What the containers of an app and of its jobs have in common. The names are Kubernetes' own. */
export interface ContainerArgs {
  /** The container's command, in place of the image's entry point. */
  command?: pulumi.Input<string>[];
  /** The command's arguments. */
  args?: pulumi.Input<string>[];
  /** Environment variables, by name. */
  env?: Record<string, EnvValueArgs>;
  /** Whole ConfigMaps and Secrets as environment variables. */
  envFrom?: EnvFromArgs[];
  /**
   * The versions of what the container reads, in a text that gives nothing away: when it changes, the pods are replaced,
   * and the job runs again. It becomes the pods' annotation `stateful-apps/config-versions`.
   */
  configVersions?: pulumi.Input<string>;
  /** CPU and memory that are set aside for the container, and that it cannot exceed. */
  resources?: ResourcesArgs;
}

/** What a {@link StatefulApp} is made from. The names are Kubernetes' own. */
export interface StatefulAppArgs extends ContainerArgs {
  /** The namespace of everything the app consists of. It must exist. */
  namespace: pulumi.Input<string>;
  /** The whole that the app is a part of, as a label's value; names the stack that made it. */
  partOf: string;
  /** The container's image. Its tag becomes the label `app.kubernetes.io/version`. */
  image: string;
  /** When to pull the image. Default: Kubernetes' (`Always` for the tag `latest`, else `IfNotPresent`). */
  imagePullPolicy?: pulumi.Input<string>;
  /** The port that the container listens on, named `http`. */
  containerPort: pulumi.Input<number>;
  /** How many pods. Plain, because the names of pods and claims follow from it. */
  replicas: number;
  /** `OrderedReady` (default) starts and stops pods one by one, `Parallel` all at once. A change replaces all pods. */
  podManagementPolicy?: pulumi.Input<string>;
  /** How a change reaches the pods. Default: Kubernetes', one pod after the other. */
  updateStrategy?: UpdateStrategyArgs;
  /**
   * Seconds without any pod getting where it is to be, after which a deployment has failed. Default: two minutes, and
   * what the probes, `minReadySeconds` and the grace period allow a pod.
   */
  progressDeadlineSeconds?: number;
  /** Seconds that a pod must stay ready to count as available. Default: 0. */
  minReadySeconds?: pulumi.Input<number>;
  /** Holds the other probes back until it succeeds once. */
  startupProbe?: ProbeArgs;
  /** Restarts the container when it fails. */
  livenessProbe?: ProbeArgs;
  /** Takes the pod out of its Services while it fails. */
  readinessProbe?: ProbeArgs;
  /** A volume of its own for every replica, by the volume's name. */
  claims?: Record<string, ClaimArgs>;
  /** Volumes that are not claimed, by name. */
  volumes?: Record<string, VolumeArgs>;
  /** The Service for clients. */
  service?: ServiceArgs;
  /** The pods' identity. Default: a ServiceAccount of the app's name, which has no rights. */
  serviceAccount?: ServiceAccountArgs;
  /** Whether the pods get a token for the Kubernetes API. Default: false. */
  automountServiceAccountToken?: pulumi.Input<boolean>;
  /** Jobs that run once for each change of the pods, or of the job itself. */
  jobs?: JobsArgs;
  /** Asks the Service for clients for an answer once the pods are ready; a deployment fails where none comes. */
  connectionTest?: ConnectionTestArgs;
  /** Secrets of HashiCorp Vault as files in `/vault/secrets`. Needs Vault's injector, and a token for the pods. */
  vault?: VaultArgs;
  /** Seconds between the request to stop and the kill. Default: 30. */
  terminationGracePeriodSeconds?: pulumi.Input<number>;
  /** The registry's credentials: Secrets that exist. */
  imagePullSecrets?: LocalObjectReferenceArgs[];
  /** The pods' annotations. */
  podAnnotations?: Record<string, pulumi.Input<string>>;
  /** More labels for the pods. Those of the app keep their values. */
  podLabels?: Record<string, pulumi.Input<string>>;
  /** Fields of Kubernetes' PodSecurityContext that replace those of the restricted default. */
  podSecurityContext?: Record<string, unknown>;
  /** Fields of Kubernetes' SecurityContext that replace those of the restricted default. */
  securityContext?: Record<string, unknown>;
  /** The pods' priority class. */
  priorityClassName?: pulumi.Input<string>;
  /** Labels that a node must have. */
  nodeSelector?: Record<string, pulumi.Input<string>>;
  /** Kubernetes' Tolerations. */
  tolerations?: Record<string, unknown>[];
  /** Kubernetes' Affinity. */
  affinity?: Record<string, unknown>;
  /** Kubernetes' TopologySpreadConstraints. */
  topologySpreadConstraints?: Record<string, unknown>[];
  /** Kubernetes' Lifecycle of the container. */
  lifecycle?: Record<string, unknown>;
  /** Kubernetes' Containers that run before the app's. */
  initContainers?: Record<string, unknown>[];
  /** Kubernetes' Containers beside the app's. */
  containers?: Record<string, unknown>[];
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies */
export interface UpdateStrategyArgs {
  /** `RollingUpdate` (default) or `OnDelete`. Plain, because the other fields follow from it. */
  type?: string;
  rollingUpdate?: RollingUpdateArgs;
}

export interface RollingUpdateArgs {
  /** Only pods with this ordinal or a higher one are updated. Plain, because what can be waited for follows from it. */
  partition?: number;
  /** Pods that may be down at once. */
  maxUnavailable?: pulumi.Input<number>;
}

/** An environment variable: text, or where its value comes from. */
export interface EnvValueArgs {
  value?: pulumi.Input<string>;
  valueFrom?: EnvSourceArgs;
}

/** One of these. */
export interface EnvSourceArgs {
  configMapKeyRef?: KeyRefArgs;
  secretKeyRef?: KeyRefArgs;
  fieldRef?: FieldRefArgs;
}

export interface FieldRefArgs {
  /** A field of the pod, as in `metadata.name`. */
  fieldPath: pulumi.Input<string>;
}

export interface KeyRefArgs {
  /** The object's name. */
  name: pulumi.Input<string>;
  key: pulumi.Input<string>;
}

/** One of the two references. */
export interface EnvFromArgs {
  configMapRef?: LocalObjectReferenceArgs;
  secretRef?: LocalObjectReferenceArgs;
  /** Put before every name. */
  prefix?: pulumi.Input<string>;
}

export interface LocalObjectReferenceArgs {
  /** The name of an object in the app's namespace. */
  name: pulumi.Input<string>;
}

/** A volume that is not claimed, with one source. */
export interface VolumeArgs {
  /** Where the container finds the volume. Default: nowhere, it is for other containers. */
  mountPath?: pulumi.Input<string>;
  /** The one file or folder of the volume to mount. */
  subPath?: pulumi.Input<string>;
  readOnly?: pulumi.Input<boolean>;
  /** A ConfigMap's keys as files. */
  configMap?: ConfigMapVolumeArgs;
  /** A Secret's keys as files. */
  secret?: SecretVolumeArgs;
  /** An empty folder that lives as long as the pod. */
  emptyDir?: EmptyDirArgs;
  /** Kubernetes' PersistentVolumeClaimVolumeSource: a claim that exists. */
  persistentVolumeClaim?: Record<string, unknown>;
  /** Kubernetes' ProjectedVolumeSource. */
  projected?: Record<string, unknown>;
  /** Kubernetes' EphemeralVolumeSource. */
  ephemeral?: Record<string, unknown>;
  /** Kubernetes' CSIVolumeSource. */
  csi?: Record<string, unknown>;
  /** Kubernetes' NFSVolumeSource. */
  nfs?: Record<string, unknown>;
  /** Kubernetes' HostPathVolumeSource. */
  hostPath?: Record<string, unknown>;
}

export interface ConfigMapVolumeArgs {
  name: pulumi.Input<string>;
  /** Default: every key, under its own name. */
  items?: KeyToPathArgs[];
}

export interface SecretVolumeArgs {
  secretName: pulumi.Input<string>;
  /** Default: every key, under its own name. */
  items?: KeyToPathArgs[];
}

export interface KeyToPathArgs {
  key: pulumi.Input<string>;
  /** The file's name. */
  path: pulumi.Input<string>;
}

export interface EmptyDirArgs {
  /** The most that it may hold. */
  sizeLimit?: pulumi.Input<string>;
  /** `Memory` keeps it in memory. Default: on the node's disk. */
  medium?: pulumi.Input<string>;
}

export interface ServiceAccountArgs {
  /** Default: the app's name. */
  name?: pulumi.Input<string>;
  /** False uses one that exists. Plain, because it decides whether there is a child. Default: true. */
  create?: boolean;
  /** The ServiceAccount's annotations, as clouds bind identities by them. */
  annotations?: Record<string, pulumi.Input<string>>;
}

/** Jobs by name. Those of one list run at the same time. */
export interface JobsArgs {
  /** The pods are changed after these have succeeded. */
  before?: Record<string, JobArgs>;
  /** These start when the pods are ready. */
  after?: Record<string, JobArgs>;
}

/** https://kubernetes.io/docs/concepts/workloads/controllers/job/ */
export interface JobArgs extends ContainerArgs {
  /** Default: the app's. */
  image?: pulumi.Input<string>;
  /** How often a failed pod is tried again. Default: 0. */
  backoffLimit?: pulumi.Input<number>;
  /** Seconds after which the job has failed. Default: 300. Plain, because a deployment waits a little longer. */
  activeDeadlineSeconds?: number;
  /** Fields of Kubernetes' SecurityContext that replace those of the restricted default, which runs as user 65532. */
  securityContext?: Record<string, unknown>;
}

export interface ConnectionTestArgs {
  /** The path to ask for. Default: `/`. */
  path?: pulumi.Input<string>;
  /** Default: `busybox:1.37`. */
  image?: pulumi.Input<string>;
  /** What asks for the address in the variable `URL`, and fails without an answer. Default: `wget`. */
  command?: pulumi.Input<string>[];
}

/** https://developer.hashicorp.com/vault/docs/platform/k8s/injector/annotations */
export interface VaultArgs {
  /** The role by which the pods log in to Vault. */
  role: pulumi.Input<string>;
  /** The secrets, by a name that becomes the file's. */
  secrets: Record<string, VaultSecretArgs>;
  /** `update` has secrets injected again into a pod that had them before. */
  status?: pulumi.Input<string>;
  /** False starts the app without waiting for its secrets. Default: true. */
  prePopulate?: pulumi.Input<boolean>;
}

export interface VaultSecretArgs {
  /** The secret's path in Vault. */
  path: pulumi.Input<string>;
  /** The file's name in `/vault/secrets`. Default: the secret's name here. */
  file?: pulumi.Input<string>;
  /** A Consul template of the file. Default: one line for each key. */
  template?: pulumi.Input<string>;
}

/** https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/ */
export interface ResourcesArgs {
  /** What the scheduler sets aside: Kubernetes quantities by `cpu`, `memory`, … */
  requests?: Record<string, pulumi.Input<string>>;
  /** What the container cannot exceed. */
  limits?: Record<string, pulumi.Input<string>>;
}

/** A probe by HTTP at the container's port. Times are in seconds. */
export interface ProbeArgs {
  httpGet: HttpGetArgs;
  /** Default: 0. */
  initialDelaySeconds?: pulumi.Input<number>;
  /** Default: 10. */
  periodSeconds?: pulumi.Input<number>;
  /** Default: 1. */
  timeoutSeconds?: pulumi.Input<number>;
  /** Failures in a row that count as one. Default: 3. */
  failureThreshold?: pulumi.Input<number>;
  /** Successes in a row that count as one. Default: 1. */
  successThreshold?: pulumi.Input<number>;
}

export interface HttpGetArgs {
  /** The path to ask for. */
  path: pulumi.Input<string>;
  /** The container's port. Default: `http`. */
  port?: pulumi.Input<number | string>;
}

/** A claim for each replica. It outlives the app: only a command of its own removes it. */
export interface ClaimArgs {
  /** The volume's size, as in `512Mi`. */
  size: pulumi.Input<string>;
  /** Where the container finds the volume. */
  mountPath: pulumi.Input<string>;
  /** Default: the cluster's default class. */
  storageClassName?: pulumi.Input<string>;
  /** Default: `ReadWriteOnce` alone. */
  accessModes?: pulumi.Input<string>[];
}

/** The Service for clients. */
export interface ServiceArgs {
  /** `ClusterIP` (default), `NodePort` or `LoadBalancer`. */
  type?: pulumi.Input<string>;
  /** Default: the container's port. */
  port?: pulumi.Input<number>;
  /** The port's name. Default: `http`. */
  portName?: pulumi.Input<string>;
  /** The port on every node, for `NodePort` and `LoadBalancer`. Default: Kubernetes chooses one. */
  nodePort?: pulumi.Input<number>;
  /** The Service's annotations, as cloud load balancers read them. */
  annotations?: Record<string, pulumi.Input<string>>;
}
