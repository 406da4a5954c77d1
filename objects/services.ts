import type { types } from "@pulumi/kubernetes";
import { selectorLabels } from "./labels";
import type { ClientServiceArgs, StatefulAppArgs } from "../schema/args";
import { mainPort, portsOf, servicePort } from "../schema/ports";
import { affinitySeconds } from "../schema/service";

type ServiceSpec = types.input.core.v1.ServiceSpec;

/** The spec of the headless Service, which gives each pod a DNS name. */
export function headlessServiceSpec(app: string, args: StatefulAppArgs): ServiceSpec {
  // Pods of one app can find each other before they are ready.
  const { labels, annotations, publishNotReadyAddresses = true, ...fields } = args.headlessService ?? {};
  return {
    clusterIP: "None",
    publishNotReadyAddresses,
    ...fields,
    selector: selectorLabels(app),
    ports: portsOf(args).map(({ containerPort, ...port }) => ({
      ...port,
      port: containerPort,
      targetPort: port.name,
    })),
  };
}

/** The spec of the Service for clients, which spreads requests over the ready pods. */
export function clientServiceSpec(app: string, args: StatefulAppArgs): ServiceSpec {
  const {
    type = "ClusterIP",
    port: _,
    portName,
    nodePort,
    ports = {},
    labels,
    annotations,
    ...fields
  } = args.service ?? {};
  const main = mainPort(args)?.name;
  return {
    type,
    ...fields,
    ...affinity(fields),
    selector: selectorLabels(app),
    ports: portsOf(args).map((port) => {
      const { name, containerPort, ...rest } = port;
      const isMain = name === main;
      return {
        ...rest,
        name: (isMain ? portName : undefined) ?? name,
        port: servicePort(port, args),
        targetPort: name,
        nodePort: (Object.hasOwn(ports, name) ? ports[name]?.nodePort : undefined) ?? (isMain ? nodePort : undefined),
      };
    }),
  };
}

/**
 * The timeout is always set beside ClientIP: one that Kubernetes has set stays without ClientIP, and Kubernetes then refuses
 * the Service.
 */
function affinity({ sessionAffinity, sessionAffinityConfig }: ClientServiceArgs): Partial<ServiceSpec> {
  if (sessionAffinity !== "ClientIP") return {};
  const { timeoutSeconds = affinitySeconds } = sessionAffinityConfig?.clientIP ?? {};
  return { sessionAffinityConfig: { clientIP: { timeoutSeconds } } };
}

/** The spec of the Service of one pod. `index` is the place of the pod among the replicas. */
export function podServiceSpec(pod: string, index: number, args: StatefulAppArgs): ServiceSpec {
  const { type = "ClusterIP", ports, labels, annotations, ...fields } = args.podServices ?? {};
  return {
    type,
    ...fields,
    // Pods of one app can find each other before they are ready.
    publishNotReadyAddresses: true,
    selector: { "statefulset.kubernetes.io/pod-name": pod },
    ports: portsOf(args).flatMap(({ name, containerPort, ...rest }) => {
      if (ports && !Object.hasOwn(ports, name)) return [];
      const { port = containerPort, nodePorts } = ports?.[name] ?? {};
      return [{ ...rest, name, port, targetPort: name, nodePort: nodePorts?.[index] }];
    }),
  };
}
