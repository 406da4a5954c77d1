import { clientServiceName, connectionTestName, jobName, storeVolume } from "../schema/names";
import { passwordKey, withStorePasswords } from "./stores";
import { type Reader, references } from "../schema/references";
import type { AppSettings, StackSettings } from "../schema/stack";
import { amountOf } from "../schema/values";

/** Something wrong with a setting: where it is, what is there, and what is allowed. */
export interface Mistake {
  /** The full key, if it is none of the project's. */
  key?: string;
  path: (string | number)[];
  value?: unknown;
  allowed: string;
}

/** The longest name of a claim, as long as a label may be. */
const maxClaimName = 63;

type Apps = Record<string, AppSettings>;

/** What no setting shows by itself: how settings fit together. */
export function checkStack({ replicas, apps, configMaps, secrets, stores }: StackSettings): Mistake[] {
  const allSecrets = withStorePasswords(secrets, Object.keys(stores));
  return [
    ...checkStoreNames(apps, Object.keys(stores)),
    ...checkClaimsOfTheirOwn(apps, Object.keys(stores)),
    ...checkJobNamesOfTheirOwn(apps),
    ...checkNames(apps),
    ...checkNodePorts(apps),
    ...checkServiceAccounts(apps),
    ...checkSecrets(secrets),
    ...checkStorePasswords(secrets, Object.keys(stores)),
    ...Object.entries(apps).flatMap(([name, app]) =>
      [
        ...checkClaimNames(name, app, app.replicas ?? replicas),
        ...checkVolumes(app),
        ...checkSources(app),
        ...checkProbes(app),
        ...checkResources(app),
        ...checkPartition(app, app.replicas ?? replicas),
        ...checkDeadline(app),
        ...checkReferences(app, configMaps, allSecrets),
        ...checkJobNames(name, app),
        ...jobsOf(app).flatMap(({ path, job }) =>
          [...checkSources(job), ...checkResources(job), ...checkReferences(job, configMaps, allSecrets)].map(
            (mistake) => ({ ...mistake, path: [...path, ...mistake.path] }),
          ),
        ),
        ...checkNodePortType(app),
        ...checkVault(app),
        ...checkStore(app, Object.keys(stores)),
      ].map((mistake) => ({ ...mistake, path: ["apps", name, ...mistake.path] })),
    ),
  ];
}

/** The longest name of an app's job: with a digest, and with a number for a later attempt, a label must hold it. */
const maxJobName = 63 - 11 - 3;

function jobsOf({ jobs }: AppSettings) {
  return Object.entries(jobs ?? {}).flatMap(([when, list]) =>
    Object.entries(list).map(([name, job]) => ({ name, path: ["jobs", when, name], job })),
  );
}

function checkJobNames(app: string, settings: AppSettings): Mistake[] {
  const jobs = jobsOf(settings).map(({ name, path }) => ({ key: name, path }));
  return [
    ...[...repeated(jobs)].map(({ path, first }) => ({
      path,
      allowed: `must have another name than ${first.path.join(".")}`,
    })),
    ...jobs
      .filter(({ key }) => key === connectionTestName)
      .map(({ path }) => ({ path, allowed: "has the name of the connection test; choose another one" })),
    ...jobs
      .filter(({ key }) => jobName(app, key).length > maxJobName)
      .map(({ key, path }) => ({
        path,
        allowed: `is too long a name: with the app's name ${jobName(app, key)} has ${String(jobName(app, key).length)} characters, and at most ${String(maxJobName)} are allowed`,
      })),
  ];
}

/** Jobs are told apart by the app's name and their own together; the connection test is one of them. */
function checkJobNamesOfTheirOwn(apps: Apps): Mistake[] {
  const jobs = Object.entries(apps).flatMap(([app, settings]) => [
    ...jobsOf(settings).map(({ name, path }) => ({ key: jobName(app, name), path: ["apps", app, ...path], app })),
    ...(settings.connectionTest
      ? [{ key: jobName(app, connectionTestName), path: ["apps", app, "connectionTest"], app }]
      : []),
  ]);
  return [...repeated(jobs)]
    .filter(({ app, first }) => app !== first.app)
    .map(({ key, path, first }) => ({ path, allowed: `would be the Job ${key}, as ${first.path.join(".")} is` }));
}

/** A claim is named by its volume and its app together: two apps must not find the same one. */
function checkClaimsOfTheirOwn(apps: Apps, stores: string[]): Mistake[] {
  const claims = [
    ...Object.entries(apps).flatMap(([app, { claims = {} }]) =>
      Object.keys(claims).map((volume) => ({ key: `${volume}-${app}`, path: ["apps", app, "claims", volume] })),
    ),
    ...stores.map((store) => ({ key: `${storeVolume}-${store}`, path: ["stores", store] })),
  ];
  return [...repeated(claims)].map(({ key, path, first }) => ({
    path,
    allowed: `would use the claims ${key}-0, …, as ${first.path.join(".")} does`,
  }));
}

function checkNames(apps: Apps): Mistake[] {
  return Object.keys(apps)
    .filter((name) => name.endsWith("-http") && name.slice(0, -5) in apps)
    .map((name) => ({
      path: ["apps", name],
      allowed: `cannot be an app's name, because ${name} is the Service of the app ${name.slice(0, -5)}`,
    }));
}

/** Everything that `items` yields again after it yielded it once. */
function* repeated<T extends { key: string | number }>(items: Iterable<T>): Iterable<T & { first: T }> {
  const seen = new Map<string | number, T>();
  for (const item of items) {
    const first = seen.get(item.key);
    if (first) yield { ...item, first };
    else seen.set(item.key, item);
  }
}

function checkNodePorts(apps: Apps): Mistake[] {
  const ports = Object.entries(apps).flatMap(([name, { service }]) =>
    service?.nodePort === undefined ? [] : [{ key: service.nodePort, name }],
  );
  return [...repeated(ports)].map(({ key, name, first }) => ({
    path: ["apps", name, "service", "nodePort"],
    value: key,
    allowed: `must be another port than that of the app ${first.name}`,
  }));
}

function checkNodePortType({ service }: AppSettings): Mistake[] {
  if (service?.nodePort === undefined || (service.type ?? "ClusterIP") !== "ClusterIP") return [];
  return [
    { path: ["service", "nodePort"], value: service.nodePort, allowed: "takes service.type NodePort or LoadBalancer" },
  ];
}

function checkServiceAccounts(apps: Apps): Mistake[] {
  const accounts = Object.entries(apps).flatMap(([name, { serviceAccount: account }]) =>
    account?.create === false ? [] : [{ key: account?.name ?? name, name }],
  );
  return [...repeated(accounts)].map(({ key, name, first }) => ({
    path: ["apps", name, "serviceAccount", "name"],
    value: key,
    allowed: `is made for the app ${first.name} already; set serviceAccount.create to false for all but one`,
  }));
}

function checkSecrets(secrets: StackSettings["secrets"]): Mistake[] {
  return Object.entries(secrets).flatMap(([name, keys]) =>
    Object.entries(keys).flatMap(([key, { value, generate }]) =>
      (value === undefined) === (generate === undefined)
        ? [{ path: ["secrets", name, key], allowed: "must have a value, or `generate`, and not both" }]
        : [],
    ),
  );
}

/** Redis reads its password as one line, and an empty one would let everybody in. */
function checkStorePasswords(secrets: StackSettings["secrets"], stores: string[]): Mistake[] {
  return stores
    .filter((store) => Object.hasOwn(secrets, store) && Object.hasOwn(secrets[store] ?? {}, passwordKey))
    .filter((store) => {
      const value = secrets[store]?.[passwordKey]?.value;
      return value !== undefined && !/^[^\r\n\0]+$/.test(value);
    })
    .map((store) => ({
      path: ["secrets", store, passwordKey],
      allowed: "is a store's password; it must be one line of text, and not empty",
    }));
}

function checkClaimNames(name: string, { claims = {} }: AppSettings, replicas: number): Mistake[] {
  return Object.keys(claims).flatMap((volume) => {
    // A number of replicas that is not known makes no name too long.
    const last = Number.isFinite(replicas) ? Math.max(replicas - 1, 0) : 0;
    const longest = `${volume}-${name}-${String(last)}`;
    return longest.length <= maxClaimName
      ? []
      : [
          {
            path: ["claims", volume],
            allowed: `is too long a name: the claim ${longest} would have ${String(longest.length)} characters, and at most ${String(maxClaimName)} are allowed`,
          },
        ];
  });
}

function checkVolumes({ claims = {}, volumes = {} }: AppSettings): Mistake[] {
  const mounts = [
    ...Object.entries(claims).map(([name, { mountPath }]) => ({ mountPath, path: ["claims", name] })),
    ...Object.entries(volumes).map(([name, { mountPath }]) => ({ mountPath, path: ["volumes", name] })),
  ].flatMap(({ mountPath, path }) =>
    mountPath === undefined ? [] : [{ mountPath, path, key: mountPath.replace(/(?<=.)\/+$/, "") }],
  );
  return [
    ...[...repeated(mounts)].map(({ path, mountPath, first }) => ({
      path: [...path, "mountPath"],
      value: mountPath,
      allowed: `must be another path than that of ${first.path.join(".")}`,
    })),
    ...Object.keys(volumes)
      .filter((name) => name in claims)
      .map((name) => ({
        path: ["volumes", name],
        allowed: "has the name of a claim; each volume needs a name of its own",
      })),
    ...Object.entries(volumes)
      .filter(([, { mountPath, subPath, readOnly, ...sources }]) => Object.keys(sources).length !== 1)
      .map(([name]) => ({
        path: ["volumes", name],
        allowed: "must have one source, such as configMap, secret or emptyDir",
      })),
  ];
}

/** Where Kubernetes takes one of several things, and neither none nor two. */
function checkSources({ env = {}, envFrom = [] }: Reader): Mistake[] {
  return [
    ...Object.entries(env).flatMap(([variable, entry]) => [
      { path: ["env", variable], entry, names: "a value or valueFrom" },
      ...(entry.valueFrom
        ? [
            {
              path: ["env", variable, "valueFrom"],
              entry: entry.valueFrom,
              names: "configMapKeyRef, secretKeyRef or fieldRef",
            },
          ]
        : []),
    ]),
    ...envFrom.map(({ prefix, ...entry }, i) => ({ path: ["envFrom", i], entry, names: "configMapRef or secretRef" })),
  ]
    .filter(({ entry }) => Object.keys(entry).length !== 1)
    .map(({ path, names }) => ({ path, allowed: `must have one of ${names}` }));
}

function checkProbes(app: AppSettings): Mistake[] {
  const served = [app.containerPort, "http", undefined];
  return (["startupProbe", "livenessProbe", "readinessProbe"] as const).flatMap((probe) => {
    const port = app[probe]?.httpGet.port;
    return served.includes(port)
      ? []
      : [
          {
            path: [probe, "httpGet", "port"],
            value: port,
            allowed: `must be a port that the container serves: ${String(app.containerPort)}, or http`,
          },
        ];
  });
}

/** A store has a StatefulSet and a Service of its name, as an app has. */
function checkStoreNames(apps: Apps, stores: string[]): Mistake[] {
  const taken = Object.keys(apps).flatMap((app) => [app, clientServiceName(app)]);
  return stores
    .filter((store) => taken.includes(store))
    .map((store) => ({ path: ["stores", store], allowed: "must have another name than an app and its Service" }));
}

function checkStore({ store }: AppSettings, stores: string[]): Mistake[] {
  if (store === undefined || stores.includes(store)) return [];
  const known = stores.length === 0 ? "which is empty" : `which has ${stores.join(", ")}`;
  return [{ path: ["store"], value: store, allowed: `must be a name in stateful-apps:stores, ${known}` }];
}

/** Vault's agent logs in by the pod's token. */
function checkVault({ vault, automountServiceAccountToken }: AppSettings): Mistake[] {
  if (vault === undefined || automountServiceAccountToken === true) return [];
  return [
    {
      path: ["automountServiceAccountToken"],
      value: automountServiceAccountToken,
      allowed: "must be true beside vault, whose agent logs in by the pod's token",
    },
  ];
}

function checkResources({ resources: { requests = {}, limits = {} } = {} }: Pick<AppSettings, "resources">): Mistake[] {
  return Object.entries(requests).flatMap(([resource, request]) => {
    const limit = limits[resource];
    return limit === undefined || amountOf(request) <= amountOf(limit)
      ? []
      : [{ path: ["resources", "requests", resource], value: request, allowed: `must be at most the limit, ${limit}` }];
  });
}

function checkPartition({ updateStrategy }: AppSettings, replicas: number): Mistake[] {
  const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
  const path = ["updateStrategy", "rollingUpdate"];
  if (updateStrategy?.type === "OnDelete" && updateStrategy.rollingUpdate !== undefined) {
    return [{ path, allowed: "takes updateStrategy.type RollingUpdate" }];
  }
  return partition <= replicas
    ? []
    : [
        {
          path: [...path, "partition"],
          value: partition,
          allowed: `must be at most the replicas, ${String(replicas)}`,
        },
      ];
}

function checkDeadline({ minReadySeconds = 0, progressDeadlineSeconds = Infinity }: AppSettings): Mistake[] {
  if (progressDeadlineSeconds > minReadySeconds) return [];
  return [
    {
      path: ["progressDeadlineSeconds"],
      value: progressDeadlineSeconds,
      allowed: `must be more than minReadySeconds, ${String(minReadySeconds)}`,
    },
  ];
}

function checkReferences(
  reader: Reader,
  configMaps: StackSettings["configMaps"],
  secrets: StackSettings["secrets"],
): Mistake[] {
  return references(reader).flatMap(({ kind, name, key, path }) => {
    const objects: Record<string, Record<string, unknown>> = kind === "configMaps" ? configMaps : secrets;
    const keys = objects[name];
    if (keys === undefined) {
      const names = Object.keys(objects);
      const known = names.length === 0 ? "which is empty" : `which has ${names.join(", ")}`;
      return [{ path, value: name, allowed: `must be a name in stateful-apps:${kind}, ${known}` }];
    }
    if (key === undefined || key in keys) return [];
    return [
      { path, value: key, allowed: `must be a key of stateful-apps:${kind}.${name}: ${Object.keys(keys).join(", ")}` },
    ];
  });
}
