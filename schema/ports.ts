import type * as pulumi from "@pulumi/pulumi";
import type { PortArgs, StatefulAppArgs } from "./args";
import { byName } from "./byName";
import { map, optional, required, settings, valueOrMap } from "./settings";
import { oneOf, port, portName, text } from "./values";

/** The name of the only port of an app that names none. */
const usualName = "http";

const usualNumber = 8080;

const containerPortOfMap = settings(
  "Port",
  {
    title: "Ports",
    description:
      "A port that the container listens on. In a stack file, a number can stand in place of the map. Both Services of the app have every port.",
    see: "https://kubernetes.io/docs/concepts/services-networking/service/#multi-port-services",
    example: `ports:
  client: 2379
  peer: { containerPort: 2380, appProtocol: http }`,
  },
  {
    containerPort: required(port(), "The number of the port."),
    protocol: optional(oneOf("TCP", "UDP", "SCTP"), "The protocol.", { absent: "`TCP`" }),
    appProtocol: optional(
      text(),
      "The protocol of the application, such as `http` or `kubernetes.io/h2c`, for load balancers and proxies.",
    ),
  },
);

export const containerPort = optional(port(), "The number of the port `http`. Not allowed beside `ports`.", {
  absent: `${String(usualNumber)}, unless there are \`ports\``,
});

export const ports = optional(
  map(portName(), valueOrMap(containerPortOfMap, "containerPort")),
  "The ports that the container listens on, by name.",
  { absent: "`http`, with the number `containerPort`" },
);

/** A port that the container listens on. */
export interface ContainerPort extends PortArgs {
  name: string;
}

/** The ports that the container listens on, in the order of their names. */
export function portsOf({ containerPort = usualNumber, ports }: Pick<StatefulAppArgs, "containerPort" | "ports">) {
  const all = ports === undefined ? [{ name: usualName, containerPort }] : byName(ports).map(withName);
  return all as ContainerPort[];
}

const withName = ([name, port]: [string, PortArgs]) => ({ name, ...port });

/** The port that is meant if none is named: `http`, or else the only one. */
export function mainPort(args: Pick<StatefulAppArgs, "containerPort" | "ports">): ContainerPort | undefined {
  const all = portsOf(args);
  return all.find(({ name }) => name === usualName) ?? (all.length === 1 ? all[0] : undefined);
}

/** The number by which the Service for clients has a port. */
export function servicePort(
  { name, containerPort }: ContainerPort,
  args: Pick<StatefulAppArgs, "containerPort" | "ports" | "service">,
): pulumi.Input<number> {
  const { service: { ports = {}, port } = {} } = args;
  const given = Object.hasOwn(ports, name) ? ports[name]?.port : undefined;
  return given ?? (name === mainPort(args)?.name ? port : undefined) ?? containerPort;
}
