import { annotations, labels } from "./metadata";
import { list, map, optional, settings } from "./settings";
import { boolean, cidr, integer, label, oneOf, port, portName, qualifiedName, seconds } from "./values";

/*
 * The Services of an app.
 */

const nodePortNumber = () => integer(30000, 32767);

const nodePort = optional(
  nodePortNumber(),
  "The port on every node. Only allowed with the types NodePort and LoadBalancer.",
  { absent: "chosen by Kubernetes" },
);

/** The seconds for which a client reaches the same pod, unless the app says otherwise. */
export const affinitySeconds = 10800;

const metadata = {
  labels: labels("Labels of the Service. Those of the app take precedence."),
  annotations: annotations("Annotations of the Service, for example for the load balancer of a cloud."),
};

const families = {
  ipFamilies: optional(
    list(oneOf("IPv4", "IPv6")),
    "The IP families of the Service, the first one first. Two require `ipFamilyPolicy`.",
    { absent: "that of the cluster" },
  ),
  ipFamilyPolicy: optional(
    oneOf("SingleStack", "PreferDualStack", "RequireDualStack"),
    "Whether the Service has one IP family, two if the cluster has two, or always two.",
    { absent: "`SingleStack`" },
  ),
};

const access = {
  type: optional(oneOf("ClusterIP", "NodePort", "LoadBalancer"), "How the Service can be reached.", {
    absent: "`ClusterIP`",
  }),
  externalTrafficPolicy: optional(
    oneOf("Cluster", "Local"),
    "Which pods requests from outside can reach: all, or those on the node of the request, which then see the address of the client. Only allowed with the types NodePort and LoadBalancer.",
    { absent: "`Cluster`" },
  ),
  loadBalancerClass: optional(
    qualifiedName(),
    "The implementation of the load balancer. Only allowed with the type LoadBalancer. Kubernetes [does not change it](services.md#what-kubernetes-does-not-change).",
    { absent: "that of the cluster" },
  ),
  loadBalancerSourceRanges: optional(
    list(cidr()),
    "The addresses that the load balancer lets in, such as `203.0.113.0/24`. Only allowed with the type LoadBalancer.",
    { absent: "all" },
  ),
};

const clientIP = settings(
  "ClientIPConfig",
  { description: "How long a client reaches the same pod." },
  {
    timeoutSeconds: optional(seconds(1), "Seconds since the last request of the client.", {
      absent: `\`${String(affinitySeconds)}\``,
    }),
  },
);

const sessionAffinityConfig = settings(
  "SessionAffinityConfig",
  { description: "What belongs to the session affinity `ClientIP`." },
  { clientIP: optional(clientIP, "How long a client reaches the same pod.") },
);

/** The Service for clients. */
export const service = settings(
  "ClientService",
  {
    title: "Service",
    description:
      "The Service `NAME-http`, by which clients reach all ready pods of the app `NAME` ([Services](services.md)).",
    see: "https://kubernetes.io/docs/concepts/services-networking/service/#publishing-services-service-types",
    example: `service: { type: NodePort, port: 80, nodePort: 30080 }`,
  },
  {
    type: access.type,
    port: optional(port(), "The number of the port `http`, or of the only one.", { absent: "that of the container" }),
    portName: optional(label(), "The name of that port.", { absent: "that of the container" }),
    nodePort,
    ports: optional(
      map(
        portName(),
        settings(
          "ServicePort",
          { description: "How the Service has one of the `ports`." },
          {
            port: optional(port(), "The number of the port.", { absent: "that of the container" }),
            nodePort,
          },
        ),
      ),
      "The same for each of several ports, by its name.",
    ),
    ...metadata,
    externalTrafficPolicy: access.externalTrafficPolicy,
    internalTrafficPolicy: optional(
      oneOf("Cluster", "Local"),
      "Which pods requests from the cluster can reach: all, or those on the node of the client.",
      { absent: "`Cluster`" },
    ),
    loadBalancerClass: access.loadBalancerClass,
    loadBalancerSourceRanges: access.loadBalancerSourceRanges,
    healthCheckNodePort: optional(
      nodePortNumber(),
      "The port on every node by which the load balancer finds out whether the node has pods. Only allowed with the type LoadBalancer and `externalTrafficPolicy: Local`. Kubernetes [does not change it](services.md#what-kubernetes-does-not-change).",
      { absent: "chosen by Kubernetes" },
    ),
    sessionAffinity: optional(
      oneOf("None", "ClientIP"),
      "Whether the requests of a client, by its address, reach the same pod.",
      { absent: "`None`", plain: "the timeout follows from it" },
    ),
    sessionAffinityConfig: optional(sessionAffinityConfig, "Only allowed with the session affinity `ClientIP`."),
    trafficDistribution: optional(
      oneOf("PreferClose", "PreferSameZone", "PreferSameNode"),
      "Which pods requests from the cluster reach first. `PreferSameZone` and `PreferSameNode` require Kubernetes 1.34.",
      { absent: "all alike" },
    ),
    ...families,
  },
);

/** The Service that gives each pod a DNS name. */
export const headlessService = settings(
  "HeadlessService",
  {
    title: "Headless Service",
    description: "The Service `NAME`, which gives each pod of the app `NAME` a DNS name ([Services](services.md)).",
    see: "https://kubernetes.io/docs/concepts/services-networking/service/#headless-services",
    example: `headlessService: { ipFamilyPolicy: PreferDualStack }`,
  },
  {
    labels: metadata.labels,
    annotations: annotations("Annotations of the Service."),
    publishNotReadyAddresses: optional(
      boolean(),
      "Whether pods have their DNS names before they are ready, so that they find each other.",
      { absent: "`true`" },
    ),
    ...families,
  },
);

/** A Service for each pod. */
export const podServices = settings(
  "PodServices",
  {
    title: "A Service for each pod",
    description:
      "The Services `NAME-0`, `NAME-1` … of the app `NAME`, each of which leads to the pod of its name, ready or not ([An address for each pod](services.md#an-address-for-each-pod)).",
    see: "https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#pod-name-label",
    example: `replicas: 3
podServices:
  type: NodePort
  ports:
    http: { nodePorts: [30090, 30091, 30092] }`,
  },
  {
    type: access.type,
    ports: optional(
      map(
        portName(),
        settings(
          "PodServicePort",
          { description: "How the Services of the pods have one of the `ports`." },
          {
            port: optional(port(), "The number of the port.", { absent: "that of the container" }),
            nodePorts: optional(
              list(nodePortNumber()),
              "The port on every node for each pod, in the order of the ordinals, and for pods to come. Only allowed with the types NodePort and LoadBalancer.",
              { absent: "chosen by Kubernetes" },
            ),
          },
        ),
      ),
      "The ports that the Services have, by name.",
      { absent: "all `ports` of the app" },
    ),
    ...metadata,
    externalTrafficPolicy: access.externalTrafficPolicy,
    loadBalancerClass: access.loadBalancerClass,
    loadBalancerSourceRanges: access.loadBalancerSourceRanges,
    ...families,
  },
);
