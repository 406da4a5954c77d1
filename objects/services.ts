import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/kubernetes";
import { selectorLabels } from "./labels";
import { portName } from "./podTemplate";
import type { ClientServiceArgs } from "../schema/args";

type ServiceSpec = types.input.core.v1.ServiceSpec;

/** The spec of the headless Service, which gives each pod a DNS name. */
export function headlessServiceSpec(app: string, containerPort: pulumi.Input<number>): ServiceSpec {
  return {
    clusterIP: "None",
    // Pods of one app can find each other before they are ready.
    publishNotReadyAddresses: true,
    selector: selectorLabels(app),
    ports: [{ name: portName, port: containerPort, targetPort: portName }],
  };
}

/** The spec of the Service for clients, which spreads requests over the ready pods. */
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
