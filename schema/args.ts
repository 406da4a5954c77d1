// Written by `npm run generate` from the folder schema.
/* eslint-disable @typescript-eslint/no-explicit-any -- Pulumi's packages cannot describe a number or text in one field. */
import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

/** The arguments of a StatefulApp. */
export interface StatefulAppArgs {
  /** The namespace of every object of the app. It must exist. */
  namespace: pulumi.Input<string>;
  /**
   * The value of the label `app.kubernetes.io/part-of` of every object. A stack uses `PROJECT-STACK`. A plain
   * value, because it tells the objects of a stack from others.
   */
  partOf: string;
  /**
   * The image of the container. Its tag becomes the label `app.kubernetes.io/version`. A plain value, because a
   * label follows from its tag.
   */
  image: string;
  /**
   * When the image is pulled. One of `Always`, `IfNotPresent`, `Never`. Default: `Always` for the tag `latest`,
   * else `IfNotPresent`.
   */
  imagePullPolicy?: pulumi.Input<string>;
  /**
   * Secrets with credentials of the registry: those of the stack with the type `kubernetes.io/dockerconfigjson` in
   * `secretTypes`, or others that exist.
   */
  imagePullSecrets?: LocalObjectReferenceArgs[];
  /** The number of the port `http`. Not allowed beside `ports`. Default: 8080, unless there are `ports`. */
  containerPort?: pulumi.Input<number>;
  /** The ports that the container listens on, by name. Default: `http`, with the number `containerPort`. */
  ports?: Record<string, PortArgs>;
  /** The number of pods. A plain value, because names of pods and claims follow from it. Default: `1`. */
  replicas?: number;
  /**
   * Whether an autoscaler sets the number of pods. Then `replicas` is the number with which the app begins, and
   * `up` keeps the one that there is (Autoscalers). A plain value, because names of pods and claims follow from
   * the number. Default: `false`.
   */
  autoscaled?: boolean;
  /** The numbers in the names of pods and claims. */
  ordinals?: OrdinalsArgs;
  /**
   * `OrderedReady` starts and stops pods one by one, `Parallel` all at the same time. One of `OrderedReady`,
   * `Parallel`. Default: `OrderedReady`.
   */
  podManagementPolicy?: pulumi.Input<string>;
  /** How a change reaches the pods. */
  updateStrategy?: UpdateStrategyArgs;
  /** How many old revisions Kubernetes keeps. Default: `10`. */
  revisionHistoryLimit?: pulumi.Input<number>;
  /** The command of the container. Default: the image's entry point. */
  command?: pulumi.Input<string>[];
  /** The arguments of the command. Default: those of the image. */
  args?: pulumi.Input<string>[];
  /** The working directory of the container. Default: that of the image. */
  workingDir?: pulumi.Input<string>;
  /** Environment variables, by name. */
  env?: Record<string, EnvValueArgs>;
  /** Whole ConfigMaps and Secrets as environment variables. */
  envFrom?: EnvFromArgs[];
  /** The resources that the container requests, and its limits. */
  resources?: ResourcesArgs;
  /** Holds the other probes back until it succeeds. */
  startupProbe?: ProbeArgs;
  /** Restarts the container if it fails. */
  livenessProbe?: ProbeArgs;
  /** Keeps requests from the pod while it fails. */
  readinessProbe?: ProbeArgs;
  /** Claims of each replica, by the name of the volume. */
  claims?: Record<string, ClaimArgs>;
  /** Whether the claims of a pod go with it when there are fewer replicas. */
  persistentVolumeClaimRetentionPolicy?: PersistentVolumeClaimRetentionPolicyArgs;
  /** The snapshots from which missing claims are made. Default: missing claims start empty. */
  restoreFrom?: RestoreFromArgs;
  /** Volumes that are not claimed, by name. */
  volumes?: Record<string, VolumeArgs>;
  /** The Service for clients. */
  service?: ClientServiceArgs;
  /** The Service that gives each pod a DNS name. */
  headlessService?: HeadlessServiceArgs;
  /** A Service for each pod. Default: none. */
  podServices?: PodServicesArgs;
  /** Who reaches the pods, and what they reach. Default: pods of the namespace reach the ports. */
  networkPolicy?: NetworkPolicyArgs;
  /** How many pods can be evicted at the same time. Default: one. */
  podDisruptionBudget?: PodDisruptionBudgetArgs;
  /** The ServiceAccount of the pods. */
  serviceAccount?: ServiceAccountArgs;
  /** Whether the pods get a token for the Kubernetes API. Default: `false`. */
  automountServiceAccountToken?: pulumi.Input<boolean>;
  /** Jobs that run once for each change of the pods, of the job itself, or of the number of replicas. */
  jobs?: JobsArgs;
  /** CronJobs, by name. */
  cronJobs?: Record<string, CronJobArgs>;
  /** Requests a page from the Service for clients when the pods are ready, and fails if nothing answers. */
  connectionTest?: ConnectionTestArgs;
  /** Secrets of HashiCorp Vault as files. */
  vault?: VaultArgs;
  /** Annotations of the pods. */
  podAnnotations?: Record<string, pulumi.Input<string>>;
  /** Labels of the pods. Those of the app take precedence. */
  podLabels?: Record<string, pulumi.Input<string>>;
  /**
   * Fields of the pods' security context. They are merged into the restricted default; null removes a field.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#podsecuritycontext-v1-core
   */
  podSecurityContext?: types.input.core.v1.PodSecurityContext;
  /**
   * Fields of the security context of the container. They are merged into the restricted default; null removes a
   * field.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#securitycontext-v1-core
   */
  securityContext?: types.input.core.v1.SecurityContext;
  /** Seconds between the request to stop and the kill. Default: `30`. */
  terminationGracePeriodSeconds?: pulumi.Input<number>;
  /** Seconds for which a pod must be ready before it is available. Default: `0`. */
  minReadySeconds?: pulumi.Input<number>;
  /**
   * Seconds without progress after which a rollout fails. A plain value, because `up` waits by it. Default: 600,
   * and what the probes, `minReadySeconds` and the grace period allow.
   */
  progressDeadlineSeconds?: number;
  /** The PriorityClass of the pods. */
  priorityClassName?: pulumi.Input<string>;
  /** Labels that a node must have. */
  nodeSelector?: Record<string, pulumi.Input<string>>;
  /**
   * Taints that the pods tolerate.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#toleration-v1-core
   */
  tolerations?: types.input.core.v1.Toleration[];
  /**
   * Where pods run in relation to nodes and to each other. Its `podAntiAffinity` replaces the one that spreads
   * them over nodes and zones. Default: rather on nodes and in zones without another pod of the app.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#affinity-v1-core
   */
  affinity?: types.input.core.v1.Affinity;
  /**
   * How evenly pods must be spread over nodes or zones.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#topologyspreadconstraint-v1-core
   */
  topologySpreadConstraints?: types.input.core.v1.TopologySpreadConstraint[];
  /**
   * What the container does after its start and before its stop.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#lifecycle-v1-core
   */
  lifecycle?: any;
  /**
   * Containers that run before that of the app.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#container-v1-core
   */
  initContainers?: any[];
  /**
   * Containers beside that of the app.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#container-v1-core
   */
  containers?: any[];
  /** Changes of the objects of the app, for what no setting offers. */
  overrides?: OverridesArgs;
}

/** An object in the namespace of the app. */
export interface LocalObjectReferenceArgs {
  /** The name of the object. */
  name: pulumi.Input<string>;
}

/**
 * A port that the container listens on. In a stack file, a number can stand in place of the map. Both Services
 * of the app have every port.
 * https://kubernetes.io/docs/concepts/services-networking/service/#multi-port-services
 */
export interface PortArgs {
  /** The number of the port. */
  containerPort: pulumi.Input<number>;
  /** The protocol. One of `TCP`, `UDP`, `SCTP`. Default: `TCP`. */
  protocol?: pulumi.Input<string>;
  /** The protocol of the application, such as `http` or `kubernetes.io/h2c`, for load balancers and proxies. */
  appProtocol?: pulumi.Input<string>;
}

/**
 * The numbers in the names of pods and claims (Other ordinals).
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#start-ordinal
 */
export interface OrdinalsArgs {
  /**
   * The ordinal of the first pod. A change stops the pods whose ordinals are no longer there, and keeps their
   * claims, unless `persistentVolumeClaimRetentionPolicy` says otherwise. A plain value, because names of pods and
   * claims follow from it. Default: `0`.
   */
  start?: number;
}

/**
 * How a change reaches the pods (Update strategies).
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#update-strategies
 */
export interface UpdateStrategyArgs {
  /**
   * `RollingUpdate` replaces pods one after the other. `OnDelete` leaves that to whoever deletes them. A plain
   * value, because the other fields follow from it. One of `RollingUpdate`, `OnDelete`. Default: `RollingUpdate`.
   */
  type?: string;
  /** Only allowed with the type `RollingUpdate`. */
  rollingUpdate?: RollingUpdateArgs;
}

/** How `RollingUpdate` replaces pods. */
export interface RollingUpdateArgs {
  /**
   * Only pods with this ordinal or a higher one are updated, counted from `ordinals.start`. A plain value, because
   * `up` waits for other pods with it. Default: `0`.
   */
  partition?: number;
  /**
   * How many pods can be down at the same time, or which share of them: `50%`. Requires the feature gate
   * MaxUnavailableStatefulSet. Default: `1`.
   */
  maxUnavailable?: pulumi.Input<string>;
}

/**
 * An environment variable: text, or the source of its value. In a stack file, text can stand in place of the
 * map. A value can refer to other variables as `$(NAME)`, wherever they are in the map; `$$(NAME)` is text.
 * https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
 */
export interface EnvValueArgs {
  /** The text. */
  value?: pulumi.Input<string>;
  /** The source of the value. */
  valueFrom?: EnvSourceArgs;
}

/** Where the value of a variable comes from: exactly one of these. */
export interface EnvSourceArgs {
  /** A key of a ConfigMap. */
  configMapKeyRef?: KeyRefArgs;
  /** A key of a Secret. */
  secretKeyRef?: KeyRefArgs;
  /** A field of the pod. */
  fieldRef?: FieldRefArgs;
  /** A request or a limit of a container. */
  resourceFieldRef?: ResourceFieldRefArgs;
}

/** A key of a ConfigMap or of a Secret. */
export interface KeyRefArgs {
  /**
   * The name of the object. A stack file declares it under `configMaps` or `secrets`, or under
   * `existingConfigMaps` or `existingSecrets`.
   */
  name: pulumi.Input<string>;
  /** One of its keys. */
  key: pulumi.Input<string>;
  /** Whether pods start if it does not exist. Default: `false`. */
  optional?: pulumi.Input<boolean>;
}

/**
 * A field of a pod, as the pod itself has it.
 * https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#available-fields
 */
export interface FieldRefArgs {
  /** The path of the field, such as `metadata.name`. */
  fieldPath: pulumi.Input<string>;
}

/**
 * A request or a limit of a container, as the container itself has it.
 * https://kubernetes.io/docs/concepts/workloads/pods/downward-api/#downwardapi-resourceFieldRef
 */
export interface ResourceFieldRefArgs {
  /** The request or the limit, such as `limits.memory`. */
  resource: pulumi.Input<string>;
  /** The name of the container. Default: the container with the variable. */
  containerName?: pulumi.Input<string>;
  /** The unit of the value, such as `1Mi`. The value is rounded up. Default: `1`. */
  divisor?: pulumi.Input<string>;
}

/** Every key of a ConfigMap or of a Secret as an environment variable: exactly one of the two. */
export interface EnvFromArgs {
  /** A ConfigMap. A stack file declares it under `configMaps` or `existingConfigMaps`. */
  configMapRef?: WholeObjectArgs;
  /** A Secret. A stack file declares it under `secrets` or `existingSecrets`. */
  secretRef?: WholeObjectArgs;
  /** Text that precedes the name of every variable. */
  prefix?: pulumi.Input<string>;
}

/** All keys of a ConfigMap or of a Secret. */
export interface WholeObjectArgs {
  /** The name of the object. */
  name: pulumi.Input<string>;
  /** Whether pods start if it does not exist. Default: `false`. */
  optional?: pulumi.Input<boolean>;
}

/**
 * CPU, memory and other resources of a container. A request must not exceed its limit.
 * https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/
 */
export interface ResourcesArgs {
  /**
   * What the scheduler reserves, by the name of the resource: `cpu`, `memory`, … Beside what is given, every
   * container requests `ephemeral-storage: 64Mi`, unless it has a limit of that.
   */
  requests?: Record<string, pulumi.Input<string>>;
  /** What the container must not exceed, by the name of the resource. */
  limits?: Record<string, pulumi.Input<string>>;
}

/**
 * A probe of the container: exactly one of `httpGet`, `exec`, `tcpSocket` and `grpc`.
 * https://kubernetes.io/docs/concepts/workloads/pods/probes/
 */
export interface ProbeArgs {
  /** An HTTP request. */
  httpGet?: HttpGetArgs;
  /** A command in the container. */
  exec?: ExecArgs;
  /** A TCP connection. */
  tcpSocket?: TcpSocketArgs;
  /** A request by the gRPC health checking protocol. */
  grpc?: GrpcArgs;
  /** Seconds between the start of the container and the first probe. Default: `0`. */
  initialDelaySeconds?: pulumi.Input<number>;
  /** Seconds between two probes. Default: `10`. */
  periodSeconds?: pulumi.Input<number>;
  /** Seconds after which a probe without an answer fails. Default: `1`. */
  timeoutSeconds?: pulumi.Input<number>;
  /** Consecutive failures after which the probe has failed. Default: `3`. */
  failureThreshold?: pulumi.Input<number>;
  /**
   * Consecutive successes after which the probe has succeeded. Only a `readinessProbe` can require more than one.
   * Default: `1`.
   */
  successThreshold?: pulumi.Input<number>;
}

/** An HTTP GET to the container. A status from 200 to 399 succeeds. */
export interface HttpGetArgs {
  /** The path of the request. */
  path: pulumi.Input<string>;
  /** The port of the container, by its number or its name. Default: `http`, or the only one. */
  port?: pulumi.Input<string>;
  /** Whether the request is encrypted. The certificate is not verified. One of `HTTP`, `HTTPS`. Default: `HTTP`. */
  scheme?: pulumi.Input<string>;
  /** Headers of the request. */
  httpHeaders?: HttpHeaderArgs[];
}

/** A header of a request. */
export interface HttpHeaderArgs {
  /** The name of the header. */
  name: pulumi.Input<string>;
  /** The value of the header. */
  value: pulumi.Input<string>;
}

/** A command in the container. The exit code 0 succeeds. */
export interface ExecArgs {
  /** The command and its arguments. No shell runs it unless it names one. */
  command: pulumi.Input<string>[];
}

/** A TCP connection to the container. A connection that opens succeeds. */
export interface TcpSocketArgs {
  /** The port of the container, by its number or its name. Default: `http`, or the only one. */
  port?: pulumi.Input<string>;
}

/**
 * A request by the gRPC health checking protocol. The answer SERVING succeeds.
 * https://grpc.io/docs/guides/health-checking/
 */
export interface GrpcArgs {
  /** The port of the container, by its number. Default: that of `http`, or of the only port. */
  port?: pulumi.Input<number>;
  /** The name of the service that the request asks for. Default: the whole server. */
  service?: pulumi.Input<string>;
}

/**
 * A PersistentVolumeClaim for each replica. Claims outlive the app, and the stack. Only `npm run claims --
 * --delete` deletes them, and Kubernetes if the app says so.
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#volume-claim-templates
 */
export interface ClaimArgs {
  /** The size of each volume, such as `512Mi`. It can grow. */
  size: pulumi.Input<string>;
  /**
   * The path in the container at which the volume is mounted. Default: not mounted in the container of the app;
   * another container must mount it.
   */
  mountPath?: pulumi.Input<string>;
  /** The one file or folder of the volume to mount. Default: the whole volume. */
  subPath?: pulumi.Input<string>;
  /** Whether the container is kept from writing to the volume. Default: `false`. */
  readOnly?: pulumi.Input<boolean>;
  /** Several such paths, or one with `subPathExpr`, in place of `mountPath`, `subPath` and `readOnly`. */
  mounts?: MountArgs[];
  /**
   * The StorageClass of the volumes. An empty name turns dynamic provisioning off. Default: the default class of
   * the cluster.
   */
  storageClassName?: pulumi.Input<string>;
  /** How nodes can mount the volumes. Default: `[ReadWriteOnce]`. */
  accessModes?: pulumi.Input<string>[];
  /**
   * The labels of volumes that exist, one of which is used. Such a claim is not provisioned dynamically.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#labelselector-v1-meta
   */
  selector?: types.input.meta.v1.LabelSelector;
  /** The PersistentVolume to use, which must exist. Only allowed with one replica. */
  volumeName?: pulumi.Input<string>;
  /**
   * The VolumeSnapshot or the claim whose content the volumes start with.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#typedlocalobjectreference-v1-core
   */
  dataSource?: types.input.core.v1.TypedLocalObjectReference;
  /**
   * The same for any kind of object for which the cluster has a volume populator.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#typedobjectreference-v1-core
   */
  dataSourceRef?: types.input.core.v1.TypedObjectReference;
  /** The VolumeAttributesClass of the volumes. */
  volumeAttributesClassName?: pulumi.Input<string>;
  /**
   * Labels of the claims, for example for a backup tool. Those by which the stack recognizes its claims are not
   * allowed.
   */
  labels?: Record<string, pulumi.Input<string>>;
  /** Annotations of the claims. */
  annotations?: Record<string, pulumi.Input<string>>;
}

/** A path in the container of the app at which a volume, or a part of it, is mounted. */
export interface MountArgs {
  /** The path in the container. */
  mountPath: pulumi.Input<string>;
  /** The one file or folder of the volume to mount. Default: the whole volume. */
  subPath?: pulumi.Input<string>;
  /** The same as `subPath`, with variables of the container, such as `$(POD_NAME)`. */
  subPathExpr?: pulumi.Input<string>;
  /** Whether the container is kept from writing to the volume. Default: `false`. */
  readOnly?: pulumi.Input<boolean>;
  /**
   * Whether what is mounted within the volume is read-only too. Requires `readOnly`. One of `Disabled`,
   * `IfPossible`, `Enabled`. Default: `Disabled`.
   */
  recursiveReadOnly?: pulumi.Input<string>;
  /**
   * Whether the container and the node see what the other one mounts within the volume. One of `None`,
   * `HostToContainer`, `Bidirectional`. Default: `None`.
   */
  mountPropagation?: pulumi.Input<string>;
}

/**
 * Whether Kubernetes deletes the claims of pods that are no longer there (more).
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
 */
export interface PersistentVolumeClaimRetentionPolicyArgs {
  /**
   * What becomes of the claims of a pod that stops because there are fewer replicas, or because `ordinals.start`
   * changes. `Delete` deletes them, and their data is lost. Whoever changes the number of replicas loses data
   * then, also with kubectl. One of `Retain`, `Delete`. Default: `Retain`.
   */
  whenScaled?: pulumi.Input<string>;
  /**
   * What becomes of the claims when the StatefulSet is deleted, which `pulumi destroy` does, and `pulumi up` if it
   * replaces the StatefulSet. Only `Retain` is allowed. A plain value, because `Delete` would lose data. Default:
   * `Retain`.
   */
  whenDeleted?: string;
}

/**
 * The snapshots from which the missing claims of an app or a store are made, before Kubernetes makes them empty
 * (Snapshots). Claims that exist stay as they are.
 * https://kubernetes.io/docs/concepts/storage/volume-snapshots/
 */
export interface RestoreFromArgs {
  /** The name of the set of snapshots that `npm run snapshot` took. A plain value, because claims are made by it. */
  snapshot: string;
  /**
   * The app or the store whose snapshots they are. A plain value, because claims are made by it. Default: the one
   * that has the setting.
   */
  app?: string;
  /** The namespace of the snapshots. A plain value, because claims are made by it. Default: that of the stack. */
  namespace?: string;
}

/**
 * A volume that is not claimed for each replica. It must have exactly one source.
 * https://kubernetes.io/docs/concepts/storage/volumes/
 */
export interface VolumeArgs {
  /**
   * The path in the container at which the volume is mounted. Default: not mounted in the container of the app;
   * other containers can mount it.
   */
  mountPath?: pulumi.Input<string>;
  /** The one file or folder of the volume to mount. Default: the whole volume. */
  subPath?: pulumi.Input<string>;
  /** Whether the container is kept from writing to the volume. Default: `false`. */
  readOnly?: pulumi.Input<boolean>;
  /** Several such paths, or one with `subPathExpr`, in place of `mountPath`, `subPath` and `readOnly`. */
  mounts?: MountArgs[];
  /** Source: the keys of a ConfigMap as files. */
  configMap?: ConfigMapVolumeArgs;
  /** Source: the keys of a Secret as files. */
  secret?: SecretVolumeArgs;
  /** Source: an empty folder. */
  emptyDir?: EmptyDirArgs;
  /**
   * Source: a claim that exists.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#persistentvolumeclaimvolumesource-v1-core
   */
  persistentVolumeClaim?: types.input.core.v1.PersistentVolumeClaimVolumeSource;
  /**
   * Source: several sources in one folder.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#projectedvolumesource-v1-core
   */
  projected?: types.input.core.v1.ProjectedVolumeSource;
  /**
   * Source: a claim that ends with the pod.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#ephemeralvolumesource-v1-core
   */
  ephemeral?: types.input.core.v1.EphemeralVolumeSource;
  /**
   * Source: an inline volume of a CSI driver.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#csivolumesource-v1-core
   */
  csi?: types.input.core.v1.CSIVolumeSource;
  /**
   * Source: fields of the pod as files.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#downwardapivolumesource-v1-core
   */
  downwardAPI?: types.input.core.v1.DownwardAPIVolumeSource;
  /**
   * Source: the files of an image.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#imagevolumesource-v1-core
   */
  image?: types.input.core.v1.ImageVolumeSource;
  /**
   * Source: a disk of an iSCSI target.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#iscsivolumesource-v1-core
   */
  iscsi?: types.input.core.v1.ISCSIVolumeSource;
  /**
   * Source: a disk of a Fibre Channel.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#fcvolumesource-v1-core
   */
  fc?: types.input.core.v1.FCVolumeSource;
  /**
   * Source: a folder of an NFS server.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#nfsvolumesource-v1-core
   */
  nfs?: types.input.core.v1.NFSVolumeSource;
  /**
   * Source: a path of the node.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#hostpathvolumesource-v1-core
   */
  hostPath?: types.input.core.v1.HostPathVolumeSource;
}

/** The keys of a ConfigMap as files. */
export interface ConfigMapVolumeArgs {
  /** The name of the ConfigMap. A stack file declares it under `configMaps` or `existingConfigMaps`. */
  name: pulumi.Input<string>;
  /** The keys to mount, each as a file. Default: all keys, each under its own name. */
  items?: KeyToPathArgs[];
  /**
   * The permissions of the files: a decimal number, or in a stack file octal text such as `"0400"`, which is 256.
   * Default: 420, which is 0644.
   */
  defaultMode?: pulumi.Input<number>;
  /** Whether pods start if it does not exist. Default: `false`. */
  optional?: pulumi.Input<boolean>;
}

/** A key that is mounted as a file. */
export interface KeyToPathArgs {
  /** The key. */
  key: pulumi.Input<string>;
  /** The path of the file in the volume. */
  path: pulumi.Input<string>;
  /**
   * The permissions of the file: a decimal number, or in a stack file octal text such as `"0400"`, which is 256.
   * Default: `defaultMode`.
   */
  mode?: pulumi.Input<number>;
}

/** The keys of a Secret as files. */
export interface SecretVolumeArgs {
  /** The name of the Secret. A stack file declares it under `secrets` or `existingSecrets`. */
  secretName: pulumi.Input<string>;
  /** The keys to mount, each as a file. Default: all keys, each under its own name. */
  items?: KeyToPathArgs[];
  /**
   * The permissions of the files: a decimal number, or in a stack file octal text such as `"0400"`, which is 256.
   * Default: 420, which is 0644.
   */
  defaultMode?: pulumi.Input<number>;
  /** Whether pods start if it does not exist. Default: `false`. */
  optional?: pulumi.Input<boolean>;
}

/** An empty folder that lives as long as the pod. */
export interface EmptyDirArgs {
  /** The largest amount of data that the folder can hold. */
  sizeLimit?: pulumi.Input<string>;
  /** `Memory` keeps the folder in memory. Default: the disk of the node. */
  medium?: pulumi.Input<string>;
}

/**
 * The Service `NAME-http`, by which clients reach all ready pods of the app `NAME` (Services).
 * https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types
 */
export interface ClientServiceArgs {
  /** How the Service can be reached. One of `ClusterIP`, `NodePort`, `LoadBalancer`. Default: `ClusterIP`. */
  type?: pulumi.Input<string>;
  /** The number of the port `http`, or of the only one. Default: that of the container. */
  port?: pulumi.Input<number>;
  /** The name of that port. Default: that of the container. */
  portName?: pulumi.Input<string>;
  /** The port on every node. Only allowed with the types NodePort and LoadBalancer. Default: chosen by Kubernetes. */
  nodePort?: pulumi.Input<number>;
  /** The same for each of several ports, by its name. */
  ports?: Record<string, ServicePortArgs>;
  /** Labels of the Service. Those of the app take precedence. */
  labels?: Record<string, pulumi.Input<string>>;
  /** Annotations of the Service, for example for the load balancer of a cloud. */
  annotations?: Record<string, pulumi.Input<string>>;
  /**
   * Which pods requests from outside can reach: all, or those on the node of the request, which then see the
   * address of the client. Only allowed with the types NodePort and LoadBalancer. One of `Cluster`, `Local`.
   * Default: `Cluster`.
   */
  externalTrafficPolicy?: pulumi.Input<string>;
  /**
   * Which pods requests from the cluster can reach: all, or those on the node of the client. One of `Cluster`,
   * `Local`. Default: `Cluster`.
   */
  internalTrafficPolicy?: pulumi.Input<string>;
  /**
   * The implementation of the load balancer. Only allowed with the type LoadBalancer. Kubernetes does not change
   * it. Default: that of the cluster.
   */
  loadBalancerClass?: pulumi.Input<string>;
  /**
   * The addresses that the load balancer lets in, such as `203.0.113.0/24`. Only allowed with the type
   * LoadBalancer. Default: all.
   */
  loadBalancerSourceRanges?: pulumi.Input<string>[];
  /**
   * The port on every node by which the load balancer finds out whether the node has pods. Only allowed with the
   * type LoadBalancer and `externalTrafficPolicy: Local`. Kubernetes does not change it. Default: chosen by
   * Kubernetes.
   */
  healthCheckNodePort?: pulumi.Input<number>;
  /**
   * Whether the requests of a client, by its address, reach the same pod. A plain value, because the timeout
   * follows from it. One of `None`, `ClientIP`. Default: `None`.
   */
  sessionAffinity?: string;
  /** Only allowed with the session affinity `ClientIP`. */
  sessionAffinityConfig?: SessionAffinityConfigArgs;
  /**
   * Which pods requests from the cluster reach first. `PreferSameZone` and `PreferSameNode` require Kubernetes
   * 1.34. One of `PreferClose`, `PreferSameZone`, `PreferSameNode`. Default: all alike.
   */
  trafficDistribution?: pulumi.Input<string>;
  /**
   * The IP families of the Service, the first one first. Two require `ipFamilyPolicy`. Default: that of the
   * cluster.
   */
  ipFamilies?: pulumi.Input<string>[];
  /**
   * Whether the Service has one IP family, two if the cluster has two, or always two. One of `SingleStack`,
   * `PreferDualStack`, `RequireDualStack`. Default: `SingleStack`.
   */
  ipFamilyPolicy?: pulumi.Input<string>;
}

/** How the Service has one of the `ports`. */
export interface ServicePortArgs {
  /** The number of the port. Default: that of the container. */
  port?: pulumi.Input<number>;
  /** The port on every node. Only allowed with the types NodePort and LoadBalancer. Default: chosen by Kubernetes. */
  nodePort?: pulumi.Input<number>;
}

/** What belongs to the session affinity `ClientIP`. */
export interface SessionAffinityConfigArgs {
  /**

 */
  clientIP?: ClientIPConfigArgs;
}

/** How long a client reaches the same pod. */
export interface ClientIPConfigArgs {
  /** Seconds since the last request of the client. Default: `10800`. */
  timeoutSeconds?: pulumi.Input<number>;
}

/**
 * The Service `NAME`, which gives each pod of the app `NAME` a DNS name (Services).
 * https://kubernetes.io/docs/concepts/services-networking/service/#headless-services
 */
export interface HeadlessServiceArgs {
  /** Labels of the Service. Those of the app take precedence. */
  labels?: Record<string, pulumi.Input<string>>;
  /** Annotations of the Service. */
  annotations?: Record<string, pulumi.Input<string>>;
  /** Whether pods have their DNS names before they are ready, so that they find each other. Default: `true`. */
  publishNotReadyAddresses?: pulumi.Input<boolean>;
  /**
   * The IP families of the Service, the first one first. Two require `ipFamilyPolicy`. Default: that of the
   * cluster.
   */
  ipFamilies?: pulumi.Input<string>[];
  /**
   * Whether the Service has one IP family, two if the cluster has two, or always two. One of `SingleStack`,
   * `PreferDualStack`, `RequireDualStack`. Default: `SingleStack`.
   */
  ipFamilyPolicy?: pulumi.Input<string>;
}

/**
 * The Services `NAME-0`, `NAME-1` … of the app `NAME`, each of which leads to the pod of its name, ready or not
 * (An address for each pod).
 * https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-name-label
 */
export interface PodServicesArgs {
  /** How the Service can be reached. One of `ClusterIP`, `NodePort`, `LoadBalancer`. Default: `ClusterIP`. */
  type?: pulumi.Input<string>;
  /** The ports that the Services have, by name. Default: all `ports` of the app. */
  ports?: Record<string, PodServicePortArgs>;
  /** Labels of the Service. Those of the app take precedence. */
  labels?: Record<string, pulumi.Input<string>>;
  /** Annotations of the Service, for example for the load balancer of a cloud. */
  annotations?: Record<string, pulumi.Input<string>>;
  /**
   * Which pods requests from outside can reach: all, or those on the node of the request, which then see the
   * address of the client. Only allowed with the types NodePort and LoadBalancer. One of `Cluster`, `Local`.
   * Default: `Cluster`.
   */
  externalTrafficPolicy?: pulumi.Input<string>;
  /**
   * The implementation of the load balancer. Only allowed with the type LoadBalancer. Kubernetes does not change
   * it. Default: that of the cluster.
   */
  loadBalancerClass?: pulumi.Input<string>;
  /**
   * The addresses that the load balancer lets in, such as `203.0.113.0/24`. Only allowed with the type
   * LoadBalancer. Default: all.
   */
  loadBalancerSourceRanges?: pulumi.Input<string>[];
  /**
   * The IP families of the Service, the first one first. Two require `ipFamilyPolicy`. Default: that of the
   * cluster.
   */
  ipFamilies?: pulumi.Input<string>[];
  /**
   * Whether the Service has one IP family, two if the cluster has two, or always two. One of `SingleStack`,
   * `PreferDualStack`, `RequireDualStack`. Default: `SingleStack`.
   */
  ipFamilyPolicy?: pulumi.Input<string>;
}

/** How the Services of the pods have one of the `ports`. */
export interface PodServicePortArgs {
  /** The number of the port. Default: that of the container. */
  port?: pulumi.Input<number>;
  /**
   * The port on every node for each pod, in the order of the ordinals, and for pods to come. Only allowed with the
   * types NodePort and LoadBalancer. Default: chosen by Kubernetes.
   */
  nodePorts?: pulumi.Input<number>[];
}

/**
 * The NetworkPolicy `NAME`, which decides who reaches the pods of the app or of the store `NAME` (Network
 * policies).
 * https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export interface NetworkPolicyArgs {
  /**
   * Whether to create it, and that of the jobs of an app. A plain value, because it decides whether there are such
   * objects. Default: `true`.
   */
  create?: boolean;
  /**
   * Who else reaches the ports, such as pods of another namespace. Default: nobody else.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#networkpolicypeer-v1-networking
   */
  from?: types.input.networking.v1.NetworkPolicyPeer[];
  /**
   * What the pods reach, beside DNS, each other and the store of the app. Default: everything.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#networkpolicyegressrule-v1-networking
   */
  egress?: any[];
}

/**
 * The PodDisruptionBudget `NAME`, by which pods of the app `NAME` are evicted, for example when a node is
 * drained (Evictions).
 * https://kubernetes.io/docs/tasks/run-application/configure-pdb/
 */
export interface PodDisruptionBudgetArgs {
  /** Whether to create it. A plain value, because it decides whether there is such an object. Default: `true`. */
  create?: boolean;
  /**
   * How many pods, or which share of them, can be evicted at the same time: `50%`. Not allowed beside
   * `minAvailable`. Default: 1, unless there is `minAvailable`.
   */
  maxUnavailable?: pulumi.Input<string>;
  /** How many pods, or which share of them, must stay. It must be fewer than there are. */
  minAvailable?: pulumi.Input<string>;
  /**
   * Whether pods that are not ready can always be evicted, or only as the others. One of `AlwaysAllow`,
   * `IfHealthyBudget`. Default: `AlwaysAllow`.
   */
  unhealthyPodEvictionPolicy?: pulumi.Input<string>;
}

/** The ServiceAccount of the pods. It has no rights of its own. */
export interface ServiceAccountArgs {
  /** Its name. Default: the name of the app. */
  name?: pulumi.Input<string>;
  /**
   * Whether to create it. `false` uses one that exists. A plain value, because it decides whether there is such an
   * object. Default: `true`.
   */
  create?: boolean;
  /** Annotations of the ServiceAccount, for example to bind an identity of a cloud. */
  annotations?: Record<string, pulumi.Input<string>>;
}

/** Jobs around a change of the app's pods. The jobs of one list run at the same time. */
export interface JobsArgs {
  /** Jobs that must succeed before the pods change, by name. Default: none. */
  before?: Record<string, JobArgs>;
  /** Jobs that start when the pods are ready, by name. Default: none. */
  after?: Record<string, JobArgs>;
}

/**
 * A Job that runs once for each change of the app's pods, or of the job itself.
 * https://kubernetes.io/docs/concepts/workloads/controllers/job/
 */
export interface JobArgs {
  /**
   * What the job runs for. `Change` is a change of the pods, or of the job. `ScaleDown` and `ScaleUp` are changes
   * of the number of replicas (Members): the job then has the variables REPLICAS and PREVIOUS_REPLICAS, and other
   * changes do not run it. A plain value, because it decides whether the job runs. One of `Change`, `ScaleDown`,
   * `ScaleUp`. Default: `Change`.
   */
  trigger?: string;
  /** The image of the container. Default: the image of the app. */
  image?: pulumi.Input<string>;
  /** The command of the container. Default: the image's entry point. */
  command?: pulumi.Input<string>[];
  /** The arguments of the command. Default: those of the image. */
  args?: pulumi.Input<string>[];
  /** Environment variables, by name. */
  env?: Record<string, EnvValueArgs>;
  /** Whole ConfigMaps and Secrets as environment variables. */
  envFrom?: EnvFromArgs[];
  /** Volumes by name. The job must mount each of them. */
  volumes?: Record<string, VolumeArgs>;
  /** The resources that the container requests, and its limits. */
  resources?: ResourcesArgs;
  /** How often a failed pod is retried. Default: `0`. */
  backoffLimit?: pulumi.Input<number>;
  /**
   * Seconds after which the job fails. A plain value, because `up` waits a little longer than that. Default:
   * `300`.
   */
  activeDeadlineSeconds?: number;
  /** Annotations of the pod, in addition to those of the app. */
  podAnnotations?: Record<string, pulumi.Input<string>>;
  /** Labels of the pod, in addition to those of the app. Those of the job take precedence. */
  podLabels?: Record<string, pulumi.Input<string>>;
  /**
   * Fields of the security context of the pod. Each replaces that of the restricted default; null removes it.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#podsecuritycontext-v1-core
   */
  podSecurityContext?: types.input.core.v1.PodSecurityContext;
  /**
   * Fields of the security context of the container, which runs as user 65532 by default. They are merged into the
   * restricted default; null removes a field.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#securitycontext-v1-core
   */
  securityContext?: types.input.core.v1.SecurityContext;
  /** Labels that a node must have. Default: those of the app. */
  nodeSelector?: Record<string, pulumi.Input<string>>;
  /**
   * Taints that the pod tolerates. Default: those of the app.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#toleration-v1-core
   */
  tolerations?: types.input.core.v1.Toleration[];
  /**
   * Where the pod runs in relation to nodes and to other pods, for example on the node of a pod whose claim it
   * mounts. Default: the `nodeAffinity` of the app.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#affinity-v1-core
   */
  affinity?: types.input.core.v1.Affinity;
  /** The ServiceAccount of the pod. It must exist. Default: that of the app. */
  serviceAccountName?: pulumi.Input<string>;
  /** Whether the pod gets a token for the Kubernetes API. Default: `false`. */
  automountServiceAccountToken?: pulumi.Input<boolean>;
}

/**
 * A CronJob `APP-NAME`, which runs a job at the times of a schedule, for example to back up the data of the app
 * (CronJobs).
 * https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/
 */
export interface CronJobArgs {
  /** When the job runs: minute, hour, day of the month, month and day of the week, or a name such as `@daily`. */
  schedule: pulumi.Input<string>;
  /** The time zone of the schedule, such as `Europe/Berlin`. Default: that of the control plane. */
  timeZone?: pulumi.Input<string>;
  /**
   * What happens if the last run has not ended: `Forbid` leaves the new one out, `Replace` ends the last one,
   * `Allow` lets both run. One of `Allow`, `Forbid`, `Replace`. Default: `Forbid`.
   */
  concurrencyPolicy?: pulumi.Input<string>;
  /** Seconds after its time in which a run that was missed can still start. Default: no limit. */
  startingDeadlineSeconds?: pulumi.Input<number>;
  /** Whether no further run starts. Default: `false`. */
  suspend?: pulumi.Input<boolean>;
  /** How many Jobs that succeeded are kept. Default: `3`. */
  successfulJobsHistoryLimit?: pulumi.Input<number>;
  /** How many Jobs that failed are kept. Default: `1`. */
  failedJobsHistoryLimit?: pulumi.Input<number>;
  /** The image of the container. Default: the image of the app. */
  image?: pulumi.Input<string>;
  /** The command of the container. Default: the image's entry point. */
  command?: pulumi.Input<string>[];
  /** The arguments of the command. Default: those of the image. */
  args?: pulumi.Input<string>[];
  /** Environment variables, by name. */
  env?: Record<string, EnvValueArgs>;
  /** Whole ConfigMaps and Secrets as environment variables. */
  envFrom?: EnvFromArgs[];
  /** Volumes by name. The job must mount each of them. */
  volumes?: Record<string, VolumeArgs>;
  /** The resources that the container requests, and its limits. */
  resources?: ResourcesArgs;
  /** How often a failed pod is retried. Default: `0`. */
  backoffLimit?: pulumi.Input<number>;
  /** Seconds after which a run fails. Default: no limit. */
  activeDeadlineSeconds?: pulumi.Input<number>;
  /** Annotations of the pod, in addition to those of the app. */
  podAnnotations?: Record<string, pulumi.Input<string>>;
  /** Labels of the pod, in addition to those of the app. Those of the job take precedence. */
  podLabels?: Record<string, pulumi.Input<string>>;
  /**
   * Fields of the security context of the pod. Each replaces that of the restricted default; null removes it.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#podsecuritycontext-v1-core
   */
  podSecurityContext?: types.input.core.v1.PodSecurityContext;
  /**
   * Fields of the security context of the container, which runs as user 65532 by default. They are merged into the
   * restricted default; null removes a field.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#securitycontext-v1-core
   */
  securityContext?: types.input.core.v1.SecurityContext;
  /** Labels that a node must have. Default: those of the app. */
  nodeSelector?: Record<string, pulumi.Input<string>>;
  /**
   * Taints that the pod tolerates. Default: those of the app.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#toleration-v1-core
   */
  tolerations?: types.input.core.v1.Toleration[];
  /**
   * Where the pod runs in relation to nodes and to other pods, for example on the node of a pod whose claim it
   * mounts. Default: the `nodeAffinity` of the app.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#affinity-v1-core
   */
  affinity?: types.input.core.v1.Affinity;
  /** The ServiceAccount of the pod. It must exist. Default: that of the app. */
  serviceAccountName?: pulumi.Input<string>;
  /** Whether the pod gets a token for the Kubernetes API. Default: `false`. */
  automountServiceAccountToken?: pulumi.Input<boolean>;
}

/** A Job that requests a page from the Service for clients when the pods are ready. */
export interface ConnectionTestArgs {
  /** The path of the request. Default: `/`. */
  path?: pulumi.Input<string>;
  /** The image of the container. Default: `busybox:1.37`. */
  image?: pulumi.Input<string>;
  /** The command that requests the address in the variable `URL`, and fails if nothing answers. Default: `wget`. */
  command?: pulumi.Input<string>[];
  /** The resources that the container requests, and its limits. */
  resources?: ResourcesArgs;
}

/**
 * Secrets of HashiCorp Vault as files in `/vault/secrets`, written by Vault's injector (Secrets from HashiCorp
 * Vault). Requires `automountServiceAccountToken: true`.
 * https://developer.hashicorp.com/vault/docs/platform/k8s/injector/annotations
 */
export interface VaultArgs {
  /** The role with which the pods log in to Vault. */
  role: pulumi.Input<string>;
  /** The secrets, by name. Each is a file in `/vault/secrets`. */
  secrets: Record<string, VaultSecretArgs>;
  /** `update` injects the secrets again into a pod that had them before. */
  status?: pulumi.Input<string>;
  /** Whether the app waits for its secrets before it starts. Default: `true`. */
  prePopulate?: pulumi.Input<boolean>;
  /**
   * Whether the app is refused if Vault's injector is not in the cluster. Without the injector, pods start without
   * their secrets. Default: `true`.
   */
  requireInjector?: pulumi.Input<boolean>;
}

/** A secret of Vault as a file. */
export interface VaultSecretArgs {
  /** The path of the secret in Vault, such as `internal/data/server/config`. */
  path: pulumi.Input<string>;
  /** The name of the file in `/vault/secrets`. Default: the name of the secret here. */
  file?: pulumi.Input<string>;
  /**
   * The Consul template that the file is written by. Default: Vault's: a line for each field of the answer, which
   * for version 2 of the key-value store is one line, `data: map[…]`.
   */
  template?: pulumi.Input<string>;
}

/**
 * JSON merge patches of the objects of an app, for what no setting offers. They are applied last.
 * https://www.rfc-editor.org/rfc/rfc7396
 */
export interface OverridesArgs {
  /**
   * The StatefulSet, except for the template of its pods. A plain value, because what it changes is checked; its
   * leaves can be outputs.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#statefulset-v1-apps
   */
  statefulSet?: any;
  /**
   * The template of the pods, with `metadata` and `spec`. A plain value, because what it changes is checked; its
   * leaves can be outputs.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#podtemplatespec-v1-core
   */
  pod?: any;
  /**
   * The container of the image. A plain value, because what it changes is checked; its leaves can be outputs.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#container-v1-core
   */
  container?: any;
  /**
   * The NetworkPolicy, if there is one. A plain value, because what it changes is checked; its leaves can be
   * outputs.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#networkpolicy-v1-networking
   */
  networkPolicy?: any;
  /**
   * The headless Service, which names the pods. A plain value, because what it changes is checked; its leaves can
   * be outputs.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#service-v1-core
   */
  headlessService?: any;
  /**
   * The Service for clients. A plain value, because what it changes is checked; its leaves can be outputs.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#service-v1-core
   */
  service?: any;
  /**
   * The ServiceAccount, if the app creates one. A plain value, because what it changes is checked; its leaves can
   * be outputs.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#serviceaccount-v1-core
   */
  serviceAccount?: any;
  /**
   * The PodDisruptionBudget, if the app has one. A plain value, because what it changes is checked; its leaves can
   * be outputs.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#poddisruptionbudget-v1-policy
   */
  podDisruptionBudget?: any;
}

/** The arguments of a RedisStore. */
export interface RedisStoreArgs {
  /** The namespace of every object of the store. It must exist. */
  namespace: pulumi.Input<string>;
  /**
   * The value of the label `app.kubernetes.io/part-of` of every object. A stack uses `PROJECT-STACK`. A plain
   * value, because it tells the objects of a stack from others.
   */
  partOf: string;
  /** The image of redis. A plain value, because a label follows from its tag. Default: `redis:7.4-alpine`. */
  image?: string;
  /** The size of the volume. It can grow. Default: `1Gi`. */
  size?: pulumi.Input<string>;
  /**
   * The StorageClass of the volume. An empty name turns dynamic provisioning off. Default: the default class of
   * the cluster.
   */
  storageClassName?: pulumi.Input<string>;
  /** The snapshots from which a missing claim is made. Default: a missing claim starts empty. */
  restoreFrom?: RestoreFromArgs;
  /** The resources that the container requests, and its limits. */
  resources?: ResourcesArgs;
  /**
   * The command of the container. It must start a redis on port 6379, whose folder is `/data` and whose password
   * is that in the variable `REDISCLI_AUTH`. Default: a redis that writes every change to the volume (Durability).
   */
  command?: pulumi.Input<string>[];
  /**
   * Fields of the pod's security context. They are merged into the restricted default; null removes a field.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#podsecuritycontext-v1-core
   */
  podSecurityContext?: types.input.core.v1.PodSecurityContext;
  /**
   * Fields of the security context of the container, which runs as user 65532 by default. They are merged into the
   * restricted default; null removes a field.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#securitycontext-v1-core
   */
  securityContext?: types.input.core.v1.SecurityContext;
  /**
   * Who reaches the pod, and what it reaches. Default: in a stack file, the apps that use the store; in a program,
   * the pods of the namespace.
   */
  networkPolicy?: NetworkPolicyArgs;
  /** Changes of the objects of the store, for what no setting offers. */
  overrides?: StoreOverridesArgs;
  /**
   * The port that redis listens on. A plain value, because the command of the container contains it. Default:
   * `6379`.
   */
  port?: number;
  /** The key of the Secret that holds the password. */
  password: KeyRefArgs;
}

/**
 * JSON merge patches of the objects of a store.
 * https://www.rfc-editor.org/rfc/rfc7396
 */
export interface StoreOverridesArgs {
  /**
   * The StatefulSet, except for the template of its pods. A plain value, because what it changes is checked; its
   * leaves can be outputs.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#statefulset-v1-apps
   */
  statefulSet?: any;
  /**
   * The template of the pods, with `metadata` and `spec`. A plain value, because what it changes is checked; its
   * leaves can be outputs.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#podtemplatespec-v1-core
   */
  pod?: any;
  /**
   * The container of the image. A plain value, because what it changes is checked; its leaves can be outputs.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#container-v1-core
   */
  container?: any;
  /**
   * The NetworkPolicy, if there is one. A plain value, because what it changes is checked; its leaves can be
   * outputs.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#networkpolicy-v1-networking
   */
  networkPolicy?: any;
  /**
   * The Service of the store. A plain value, because what it changes is checked; its leaves can be outputs.
   * https://kubernetes.io/docs/reference/generated/kubernetes-api/v1.35/#service-v1-core
   */
  service?: any;
}
