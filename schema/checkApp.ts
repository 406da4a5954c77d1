import type { AppSettings } from "./app";
import { checkJob, checkJobNames, checkScaleJobs, jobsOf } from "./checkJobs";
import { checkAppOverrides } from "./checkOverrides";
import { checkServices } from "./checkServices";
import { checkVolumes } from "./checkVolumes";
import { inCircles } from "./circles";
import { type Mistake, repeated } from "./mistakes";
import { mainPort, portsOf } from "./ports";
import { checkBudget } from "./podDisruptionBudget";
import { probeActions } from "./probes";
import type { Reader } from "./references";
import { amountOf } from "./quantities";
import { createsServiceAccount, serviceAccountName } from "./serviceAccount";
import { known, label } from "./values";
import { variablesIn } from "./variablesIn";

/** An app whose number of replicas is known. */
type App = Omit<AppSettings, "replicas" | "store"> & { replicas: number };

/**
 * What no setting of an app shows by itself: how its settings fit together. Values that a program knows only later are
 * not checked.
 */
export function checkApp(name: string, app: App): Mistake[] {
  return [
    ...checkVolumes(name, app),
    ...checkSources(app),
    ...checkPorts(app),
    ...checkProbes(app),
    ...checkResources(app),
    ...checkUpdateStrategy(app),
    ...checkDeadline(app),
    ...checkJobNames(name, app),
    ...checkScaleJobs(app),
    ...jobsOf(app).flatMap(({ path, job }) =>
      [
        ...checkSources(job),
        ...checkVolumes(name, { ...job, replicas: 1 }),
        ...checkResources(job),
        ...checkReferencesBetweenVariables(job),
        ...checkJob(job),
      ].map((mistake) => ({ ...mistake, path: [...path, ...mistake.path] })),
    ),
    ...checkServices(app),
    ...checkBudget(app),
    ...checkVault(app),
    ...checkContainers(name, app),
    ...checkReferencesBetweenVariables(app),
    ...checkServiceAccount(name, app),
    ...checkAppOverrides(app),
  ];
}

/** Maps of which Kubernetes requires exactly one key. */
function checkSources({ env = {}, envFrom = [] }: Reader): Mistake[] {
  return [
    ...Object.entries(env).flatMap(([variable, entry]) => [
      { path: ["env", variable], entry, names: "value and valueFrom" },
      ...(entry.valueFrom
        ? [
            {
              path: ["env", variable, "valueFrom"],
              entry: entry.valueFrom,
              names: "configMapKeyRef, secretKeyRef, fieldRef and resourceFieldRef",
            },
          ]
        : []),
    ]),
    ...envFrom.map(({ prefix, ...entry }, i) => ({ path: ["envFrom", i], entry, names: "configMapRef and secretRef" })),
  ]
    .filter(({ entry }) => Object.keys(entry).length !== 1)
    .map(({ path, names }) => ({ path, problem: `must have exactly one of ${names}` }));
}

function checkProbes(app: App): Mistake[] {
  return (["startupProbe", "livenessProbe", "readinessProbe"] as const).flatMap((name) => {
    const probe = app[name];
    if (probe === undefined) return [];
    const actions = Object.keys(probeActions).filter((action) => Object.hasOwn(probe, action));
    const threshold = known(probe.successThreshold) ?? 1;
    return [
      ...(actions.length === 1
        ? []
        : [{ path: [name], problem: `must have exactly one of ${Object.keys(probeActions).join(", ")}` }]),
      ...checkProbedPort([name, "httpGet", "port"], probe.httpGet, app),
      ...checkProbedPort([name, "tcpSocket", "port"], probe.tcpSocket, app),
      ...checkProbedPort([name, "grpc", "port"], probe.grpc, app),
      ...(name === "readinessProbe" || threshold === 1
        ? []
        : [{ path: [name, "successThreshold"], value: threshold, problem: "must be 1 in this probe" }]),
    ];
  });
}

function checkProbedPort(path: string[], action: { port?: string | number } | undefined, app: App): Mistake[] {
  if (action === undefined) return [];
  const all = portsOf(app);
  const port = known(action.port);
  const names = all.map(({ name }) => name);
  const numbers = all.map(({ containerPort }) => known(containerPort as number));
  const allowed = [...numbers.flatMap((number) => number ?? []), ...names].join(", ");
  if (action.port === undefined) {
    return mainPort(app) ? [] : [{ path, problem: `must be one of several ports: ${allowed}` }];
  }
  if (port === undefined || numbers.includes(undefined)) return [];
  if (names.includes(String(port)) || numbers.map(String).includes(String(port))) return [];
  return [{ path, value: port, problem: `must be a port that the container listens on: ${allowed}` }];
}

/** What is only said of `http`, or of the only port, and what is said of ports by their names. */
function checkPorts(app: App): Mistake[] {
  const { ports, containerPort, service = {}, connectionTest } = app;
  const all = portsOf(app);
  const numbers = all.flatMap(({ name, containerPort, protocol = "TCP" }) => {
    const number = known(containerPort as number);
    return number === undefined
      ? []
      : [{ key: `${String(number)} ${known(protocol as string) ?? name}`, path: ["ports", name] }];
  });
  const named = (["port", "portName", "nodePort"] as const).filter((setting) => service[setting] !== undefined);
  const main = mainPort(app);
  return [
    ...(ports !== undefined && Object.keys(ports).length === 0
      ? [{ path: ["ports"], problem: "must not be empty" }]
      : []),
    ...(ports !== undefined && containerPort !== undefined
      ? [{ path: ["containerPort"], problem: "is not allowed beside ports" }]
      : []),
    ...[...repeated(numbers)].map(({ path, first }) => ({
      path,
      problem: `must have another number, or another protocol, than ${first.path.join(".")}`,
    })),
    ...(main === undefined && all.length > 0
      ? [
          ...named.map((setting) => ({
            path: ["service", setting],
            problem: "requires a port http, or only one; use service.ports",
          })),
          ...(connectionTest ? [{ path: ["connectionTest"], problem: "requires a port http, or only one" }] : []),
        ]
      : []),
  ];
}

function checkResources({ resources: { requests = {}, limits = {} } = {} }: Pick<App, "resources">): Mistake[] {
  return Object.entries(requests).flatMap(([resource, given]) => {
    const request = known(given);
    const limit = Object.hasOwn(limits, resource) ? known(limits[resource]) : undefined;
    return request === undefined || limit === undefined || amountOf(request) <= amountOf(limit)
      ? []
      : [{ path: ["resources", "requests", resource], value: request, problem: `must not exceed the limit, ${limit}` }];
  });
}

function checkUpdateStrategy({ updateStrategy, replicas }: App): Mistake[] {
  // Kubernetes counts it from the first ordinal.
  const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
  const path = ["updateStrategy", "rollingUpdate"];
  if (updateStrategy?.type === "OnDelete" && updateStrategy.rollingUpdate !== undefined) {
    return [{ path, problem: "is only allowed with updateStrategy.type RollingUpdate" }];
  }
  // Without pods, a partition holds nothing back.
  return partition <= replicas || replicas === 0
    ? []
    : [
        {
          path: [...path, "partition"],
          value: partition,
          problem: `must not exceed the number of replicas, ${String(replicas)}`,
        },
      ];
}

function checkDeadline({ minReadySeconds, progressDeadlineSeconds = Infinity }: App): Mistake[] {
  const ready = known(minReadySeconds) ?? 0;
  if (progressDeadlineSeconds > ready) return [];
  return [
    {
      path: ["progressDeadlineSeconds"],
      value: progressDeadlineSeconds,
      problem: `must be more than minReadySeconds, ${String(ready)}`,
    },
  ];
}

/** Containers beside that of the app, which Kubernetes identifies by their names. */
function checkContainers(app: string, { containers = [], initContainers = [] }: App): Mistake[] {
  const all = [
    ...initContainers.map((container: Container, i: number) => ({ container, path: ["initContainers", i] })),
    ...containers.map((container: Container, i: number) => ({ container, path: ["containers", i] })),
  ].map(({ container, path }) => ({ ...container, path }));
  const named = all.flatMap(({ name, path }) => (typeof name === "string" ? [{ key: name, path }] : []));
  return [
    ...all.flatMap(({ name, path }) => {
      const { error } = label().safeParse(name);
      return error ? [{ path: [...path, "name"], value: name, problem: missing(name, error.issues[0]?.message) }] : [];
    }),
    ...all
      .filter(({ image: given }) => given === undefined || given === "")
      .map(({ path }) => ({ path: [...path, "image"], problem: "is missing" })),
    ...[...repeated([{ key: app, path: ["the app"] }, ...named])].map(({ key, path, first }) => ({
      path: [...path, "name"],
      value: key,
      problem: `must differ from the name of ${first.path.join(".")}`,
    })),
  ];
}

interface Container {
  name?: unknown;
  image?: unknown;
}

const missing = (value: unknown, problem = "") => (value === undefined ? `is missing; it ${problem}` : problem);

/** Variables that refer to each other in a circle, which Kubernetes would leave as they are written. */
function checkReferencesBetweenVariables({ env = {}, envFrom = [] }: Reader): Mistake[] {
  // The variable that a variable of the same name replaces can come from `envFrom`.
  const others = (name: string, names: string[]) =>
    envFrom.length > 0 ? names.filter((other) => other !== name) : names;
  const order = new Map(Object.entries(env).map(([name, { value }]) => [name, others(name, variablesIn(value))]));
  return inCircles(order).map((name) => ({
    path: ["env", name],
    problem: "refers to itself, directly or by other variables",
  }));
}

/** Kubernetes creates a ServiceAccount of this name in every namespace. */
function checkServiceAccount(name: string, app: App): Mistake[] {
  return createsServiceAccount(app) && known(serviceAccountName(name, app)) === "default"
    ? [
        {
          path: ["serviceAccount", "create"],
          problem: "must be false for the ServiceAccount default, which every namespace has",
        },
      ]
    : [];
}

/** Vault's agent logs in with the token of the pod. */
function checkVault({ vault, automountServiceAccountToken: token }: App): Mistake[] {
  if (vault === undefined || (token !== undefined && (token as unknown) !== false)) return [];
  return [
    {
      path: ["automountServiceAccountToken"],
      value: token,
      problem: "must be true if vault is set: Vault's agent logs in with the token of the pod",
    },
  ];
}
