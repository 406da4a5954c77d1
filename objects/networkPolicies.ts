import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { StatefulAppArgs } from "../schema/args";
import { isMapOrList } from "../schema/byName";
import type { CheckedAppArgs, CheckedStoreArgs } from "../schema/checkedArgs";
import { jobNames } from "../schema/checkJobs";
import { portsOf } from "../schema/ports";
import { isInput } from "../schema/values";
import { podLabels, selectorLabels, stackLabels } from "./labels";

/*
 * NetworkPolicies select the pods of this stack alone. They add up with those that others have made for the same pods.
 */

type Spec = types.input.networking.v1.NetworkPolicySpec;
type Port = types.input.networking.v1.NetworkPolicyPort;
type Peer = types.input.networking.v1.NetworkPolicyPeer;
type IngressRule = types.input.networking.v1.NetworkPolicyIngressRule;
type EgressRule = types.input.networking.v1.NetworkPolicyEgressRule;

const podsOfNamespace: Peer = { podSelector: {} };

/** Pods of an app or of a store, by the labels that never change. */
const podsOf = (name: string): Peer => ({ podSelector: { matchLabels: selectorLabels(name) } });

/** The app and its jobs, as clients of something else. */
export const clientPeer = (app: string): Peer => ({
  podSelector: { matchLabels: { "app.kubernetes.io/instance": app } },
});

/** The rule by which an app reaches its store. */
export const egressToStore = (store: string, port: number): EgressRule => ({
  to: [podsOf(store)],
  ports: [{ protocol: "TCP", port }],
});

/** A rule without sources would let everyone in. */
const ingressFrom = (from: Peer[], ports: Port[]): IngressRule[] =>
  from.length === 0 || ports.length === 0 ? [] : [{ from, ports }];

function policySpec(
  name: string,
  { partOf, networkPolicy: { egress } = {} }: Pick<CheckedAppArgs, "partOf" | "networkPolicy">,
  ingress: pulumi.Input<IngressRule[]>,
): Spec {
  const dns = ["UDP", "TCP"].map((protocol) => ({ protocol, port: 53 }));
  return {
    podSelector: { matchLabels: podLabels(name, partOf) },
    policyTypes: egress === undefined ? ["Ingress"] : ["Ingress", "Egress"],
    ingress,
    ...(egress && { egress: [{ ports: dns }, { to: [podsOf(name)] }, ...(egress as EgressRule[])] }),
  };
}

/** Lets pods of the namespace reach the ports of an app, and its pods each other by any port. */
export function appNetworkPolicySpec(app: string, args: CheckedAppArgs): Spec {
  const { networkPolicy: { from = [] } = {}, service, podServices } = args;
  const inside = [
    ...ingressFrom([podsOfNamespace, ...from], allPorts(args)),
    // Members of a database find each other by ports that nobody else needs.
    { from: [podsOf(app)] },
  ];
  /** The user has opened these ports. Nodes and load balancers change the source of a request. */
  const ingress = (types: unknown) => {
    const [ofService, ofPods] = types as [string?, string?];
    const outside = [
      ...(isOutside(ofService) ? portsOf(args) : []),
      ...(isOutside(ofPods)
        ? portsOf(args).filter(({ name }) => !podServices?.ports || Object.hasOwn(podServices.ports, name))
        : []),
    ].map(policyPort);
    return outside.length === 0 ? inside : [...inside, { ports: distinct(outside) }];
  };
  const types = [service?.type, podServices?.type];
  return policySpec(app, args, types.some(isInput) ? pulumi.output(types).apply(ingress) : ingress(types));
}

const isOutside = (type: string | undefined) => type === "NodePort" || type === "LoadBalancer";

const policyPort = ({ containerPort, protocol }: Declared): Port => ({
  protocol: protocol ?? "TCP",
  port: containerPort,
});

/** A port as a container declares it. */
interface Declared {
  containerPort: pulumi.Input<number>;
  protocol?: pulumi.Input<string>;
}

/** The ports of the app, and those that other containers of its pods declare. */
function allPorts(args: StatefulAppArgs): Port[] {
  const { containers = [], initContainers = [], overrides } = args;
  const others: unknown[] = [containers, initContainers, overrides?.container].flat();
  const declared = others.flatMap((container) => {
    const { ports } = (isMapOrList(container) ? container : {}) as { ports?: Declared[] };
    return Array.isArray(ports) ? ports : [];
  });
  return distinct([...portsOf(args), ...declared].map(policyPort));
}

const distinct = (ports: Port[]): Port[] =>
  ports.filter(
    ({ port, protocol }, i) => ports.findIndex((other) => other.port === port && other.protocol === protocol) === i,
  );

/** Lets nobody reach the pods of an app's jobs, which ask others and are not asked. */
export const jobsNetworkPolicySpec = (app: string, { partOf, ...jobs }: CheckedAppArgs): Spec => ({
  podSelector: {
    matchLabels: { "app.kubernetes.io/instance": app, ...stackLabels(partOf) },
    matchExpressions: [{ key: "app.kubernetes.io/name", operator: "In", values: jobNames(app, jobs) }],
  },
  policyTypes: ["Ingress"],
});

/** Lets those reach a store whom the setting names: in a stack file, the apps that use it are among them. */
export function storeNetworkPolicySpec(store: string, args: CheckedStoreArgs): Spec {
  const { port, networkPolicy: { from = [podsOfNamespace] } = {} } = args;
  return policySpec(store, args, ingressFrom(from, [{ protocol: "TCP", port }]));
}
