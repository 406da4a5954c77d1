import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import { selectorLabels } from "./labels";
import { portName } from "./podTemplate";
import type { ClientServiceArgs } from "../schema/args";

type ServiceSpec = types.input.core.v1.ServiceSpec;

/** The Service that gives each pod a DNS name of its own. It has no address and balances nothing. */
export function headlessServiceSpec(app: string, containerPort: pulumi.Input<number>): ServiceSpec {
  return {
    clusterIP: "None",
    // Pods of one app find each other while they start, before they are ready for clients.
    publishNotReadyAddresses: true,
    selector: selectorLabels(app),
    ports: [{ name: portName, port: containerPort, targetPort: portName }],
  };
}

/** The Service for clients, which spreads requests over the pods that are ready. */
export function clientServiceSpec(
  app: string,
  containerPort: pulumi.Input<number>,
  { type = "ClusterIP", port = containerPort, portName: name = portName, nodePort }: ClientServiceArgs = {},
): ServiceSpec {
  return {
    type,
    selector: selectorLabels(app),
    ports: [{ name, port, targetPort: portName, nodePort }],
  };
}
