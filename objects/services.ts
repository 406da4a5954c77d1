import type { types } from "@pulumi/kubernetes";
import { selectorLabels } from "./labels";
import type { StatefulAppArgs } from "../schema/args";
import { mainPort, portsOf, servicePort } from "../schema/ports";

type ServiceSpec = types.input.core.v1.ServiceSpec;

/** The spec of the headless Service, which gives each pod a DNS name. */
export function headlessServiceSpec(app: string, args: StatefulAppArgs): ServiceSpec {
  return {
    clusterIP: "None",
    // Pods of one app can find each other before they are ready.
    publishNotReadyAddresses: true,
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
  const { type = "ClusterIP", portName, nodePort, ports = {} } = args.service ?? {};
  const main = mainPort(args)?.name;
  return {
    type,
    selector: selectorLabels(app),
    ports: portsOf(args).map((port) => {
      const { name, containerPort: _, ...rest } = port;
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
