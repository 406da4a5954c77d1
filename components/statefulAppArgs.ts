import type * as pulumi from "@pulumi/pulumi";

/** What a {@link StatefulApp} is made from. The names are Kubernetes' own. */
export interface StatefulAppArgs {
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
  /** The container's command, in place of the image's entry point. */
  command?: pulumi.Input<string>[];
  /** The command's arguments. */
  args?: pulumi.Input<string>[];
  /** Environment variables, by name. */
  env?: Record<string, pulumi.Input<string>>;
  /** CPU and memory that are set aside for the container, and that it cannot exceed. */
  resources?: ResourcesArgs;
  /** Holds the other probes back until it succeeds once. */
  startupProbe?: ProbeArgs;
  /** Restarts the container when it fails. */
  livenessProbe?: ProbeArgs;
  /** Takes the pod out of its Services while it fails. */
  readinessProbe?: ProbeArgs;
  /** A volume of its own for every replica, by the volume's name. */
  claims?: Record<string, ClaimArgs>;
  /** The Service for clients. */
  service?: ServiceArgs;
  /** Seconds between the request to stop and the kill. Default: 30. */
  terminationGracePeriodSeconds?: pulumi.Input<number>;
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
}

export interface HttpGetArgs {
  /** The path to ask for. */
  path: pulumi.Input<string>;
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
  /** The port on every node, for `NodePort` and `LoadBalancer`. Default: Kubernetes chooses one. */
  nodePort?: pulumi.Input<number>;
  /** The Service's annotations, as cloud load balancers read them. */
  annotations?: Record<string, pulumi.Input<string>>;
}
