import type { AppSettings } from "./app";
import type { Mistake } from "./mistakes";
import { portsOf } from "./ports";
import { known } from "./values";

type App = Pick<AppSettings, "containerPort" | "ports" | "service" | "headlessService" | "podServices"> & {
  replicas: number;
};

type Group = "service" | "headlessService" | "podServices";

/** How the settings of an app's Services fit together, and fit the app. */
export function checkServices(app: App): Mistake[] {
  const { service = {}, podServices = {} } = app;
  return [
    ...checkPorts("service", service, app),
    ...checkPorts("podServices", podServices, app),
    ...checkTypes("service", service),
    ...checkTypes("podServices", podServices),
    ...checkHealthCheck(app),
    ...checkAffinity(app),
    ...checkFamilies("service", service),
    ...checkFamilies("headlessService", app.headlessService),
    ...checkFamilies("podServices", podServices),
    ...checkPodPorts(app),
  ];
}

function checkPorts(group: Group, { ports = {} }: { ports?: object }, app: App): Mistake[] {
  const all = portsOf(app).map(({ name }) => name);
  return Object.keys(ports)
    .filter((name) => !all.includes(name))
    .map((name) => ({
      path: [group, "ports", name],
      problem: `is not a port of the container: ${all.join(", ")}`,
    }));
}

const outside = ["NodePort", "LoadBalancer"];
const balanced = ["LoadBalancer"];

/** The types of Services for which Kubernetes accepts a setting. */
const typesFor = {
  nodePort: outside,
  nodePorts: outside,
  externalTrafficPolicy: outside,
  loadBalancerClass: balanced,
  loadBalancerSourceRanges: balanced,
  healthCheckNodePort: balanced,
};

interface Typed {
  type?: string;
  ports?: Record<string, object>;
}

function checkTypes(group: Group, { type = "ClusterIP", ports = {}, ...settings }: Typed): Mistake[] {
  const given = [
    { path: [group], settings },
    ...Object.entries(ports).map(([name, port]) => ({ path: [group, "ports", name], settings: port })),
  ].flatMap(({ path, settings }) =>
    Object.entries(settings).map(([name, value]) => ({ path: [...path, name], name, value: value as unknown })),
  );
  return given.flatMap(({ path, name, value }) => {
    const types = Object.hasOwn(typesFor, name) ? typesFor[name as keyof typeof typesFor] : undefined;
    if (types === undefined || value === undefined || known(type) === undefined || types.includes(type)) return [];
    const problem = `is only allowed with ${group}.type ${types.join(" or ")}`;
    return [{ path, value: known(value as string), problem }];
  });
}

function checkHealthCheck({ service: { type, externalTrafficPolicy = "Cluster", healthCheckNodePort } = {} }: App) {
  if (healthCheckNodePort === undefined || known(type) !== "LoadBalancer") return [];
  return known(externalTrafficPolicy) === "Cluster"
    ? [
        {
          path: ["service", "healthCheckNodePort"],
          value: known(healthCheckNodePort),
          problem: "is only allowed with service.externalTrafficPolicy Local",
        },
      ]
    : [];
}

function checkAffinity({ service: { sessionAffinity = "None", sessionAffinityConfig } = {} }: App): Mistake[] {
  return sessionAffinityConfig !== undefined && sessionAffinity === "None"
    ? [
        {
          path: ["service", "sessionAffinityConfig"],
          problem: "is only allowed with service.sessionAffinity ClientIP",
        },
      ]
    : [];
}

function checkFamilies(
  group: Group,
  { ipFamilies, ipFamilyPolicy = "SingleStack" }: { ipFamilies?: string[]; ipFamilyPolicy?: string } = {},
): Mistake[] {
  if (ipFamilies === undefined) return [];
  const names = ipFamilies.flatMap((family) => known(family) ?? []);
  if (ipFamilies.length < 1 || ipFamilies.length > 2 || new Set(names).size < names.length) {
    return [{ path: [group, "ipFamilies"], problem: "must have IPv4 or IPv6, or each of them once" }];
  }
  return ipFamilies.length === 2 && known(ipFamilyPolicy) === "SingleStack"
    ? [
        {
          path: [group, "ipFamilyPolicy"],
          problem: `must be PreferDualStack or RequireDualStack if there are two ${group}.ipFamilies`,
        },
      ]
    : [];
}

function checkPodPorts({ podServices: { ports } = {}, replicas }: App): Mistake[] {
  if (ports === undefined) return [];
  const path = ["podServices", "ports"];
  if (Object.keys(ports).length === 0) return [{ path, problem: "must not be empty" }];
  return Object.entries(ports)
    .filter(([, { nodePorts }]) => nodePorts && Number.isFinite(replicas) && nodePorts.length < replicas)
    .map(([name]) => ({
      path: [...path, name, "nodePorts"],
      problem: `must have a port for each of the ${String(replicas)} replicas`,
    }));
}
