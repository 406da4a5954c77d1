import { jobsOf } from "../schema/checkJobs";
import { type Mistake, repeated } from "../schema/mistakes";
import { claimPrefix, clientServiceName, connectionTestName, jobName, storeVolume } from "../schema/names";
import type { AppSettings } from "../schema/app";
import { createsServiceAccount, serviceAccountName } from "../schema/serviceAccount";
import type { StackSettings } from "../schema/stack";
import { passwordKey } from "../schema/store";
import { checkApp } from "../schema/checkApp";
import { checkObjects } from "../schema/checkObjects";
import { checkStoreOverrides } from "../schema/checkOverrides";
import type { ConfigObjects } from "./configObjects";
import { checkDependencies } from "./dependencies";
import { checkDeclared, existingKey, type Readable } from "./references";
import { checkPullSecrets, checkSecretTypes } from "./secretTypes";
import { withStore, withStorePasswords } from "./stores";

type Apps = Record<string, AppSettings>;

type Stack = Omit<StackSettings, keyof ConfigObjects> & Readable;

/** Checks each app, and what only shows when apps, stores, ConfigMaps and Secrets are seen together. */
export function checkStack({
  namespace,
  replicas,
  apps,
  objects: furtherObjects,
  stores: storeSettings,
  secrets,
  secretTypes,
  ...objects
}: Stack): Mistake[] {
  const stores = Object.keys(storeSettings);
  const readable = { ...objects, secrets: withStorePasswords(secrets, stores) };
  return [
    ...checkStoreNames(apps, stores),
    ...checkClaims(apps, stores),
    ...checkJobs(apps),
    ...checkServiceNames(apps),
    ...checkPodServiceNames(apps, stores),
    ...checkNodePorts(apps),
    ...checkServiceAccounts(apps),
    ...checkDependencies(apps, stores),
    ...checkSecretTypes(secretTypes, readable),
    ...checkStorePasswords(secrets, stores),
    ...checkExisting(readable),
    ...checkObjects(furtherObjects, namespace),
    ...Object.entries(storeSettings).flatMap(([name, store]) =>
      checkStoreOverrides(store).map((mistake) => ({ ...mistake, path: ["stores", name, ...mistake.path] })),
    ),
    ...Object.entries(apps).flatMap(([name, app]) =>
      [
        ...checkApp(name, { ...withStore(name, app), replicas: app.replicas ?? replicas }),
        ...checkDeclared(app, readable),
        ...checkPullSecrets(app, readable.secrets, secretTypes),
        ...checkStore(app, stores),
      ].map((mistake) => ({ ...mistake, path: ["apps", name, ...mistake.path] })),
    ),
  ];
}

/** The name of a Job or of a CronJob consists of those of its app and of the job. The connection test is a job too. */
function checkJobs(apps: Apps): Mistake[] {
  const jobs = Object.entries(apps).flatMap(([app, settings]) => [
    ...jobsOf(settings).map(({ name, path }) => ({ key: jobName(app, name), path: ["apps", app, ...path], app })),
    ...(settings.connectionTest
      ? [{ key: jobName(app, connectionTestName), path: ["apps", app, "connectionTest"], app }]
      : []),
  ]);
  return [...repeated(jobs)]
    .filter(({ app, first }) => app !== first.app)
    .map(({ key, path, first }) => ({ path, problem: `would have the name ${key}, as ${first.path.join(".")} has` }));
}

/** The name of a claim consists of those of its volume and its app. Two apps must not use the same claim. */
function checkClaims(apps: Apps, stores: string[]): Mistake[] {
  const claims = [
    ...Object.entries(apps).flatMap(([app, { claims = {} }]) =>
      Object.keys(claims).map((volume) => ({ key: claimPrefix(app, volume), path: ["apps", app, "claims", volume] })),
    ),
    ...stores.map((store) => ({ key: claimPrefix(store, storeVolume), path: ["stores", store] })),
  ];
  return [...repeated(claims)].map(({ key, path, first }) => ({
    path,
    problem: `would use the claims ${key}-0, …, as ${first.path.join(".")} does`,
  }));
}

/** The Service for clients of one app must not have the name of another app. */
function checkServiceNames(apps: Apps): Mistake[] {
  return Object.keys(apps)
    .filter((app) => Object.hasOwn(apps, clientServiceName(app)))
    .map((app) => ({
      path: ["apps", clientServiceName(app)],
      problem: `is not allowed as the name of an app: ${clientServiceName(app)} is the Service of the app ${app}`,
    }));
}

/**
 * An app or a store must not have the name of a Service of another app's pod, however many pods that app has, now or
 * later.
 */
function checkPodServiceNames(apps: Apps, stores: string[]): Mistake[] {
  const others = [...Object.keys(apps).map((name) => ["apps", name]), ...stores.map((name) => ["stores", name])];
  return others.flatMap((path) => {
    const [, app = ""] = /^(.+)-(?:0|[1-9]\d*)$/.exec(path[1] ?? "") ?? [];
    if (!Object.hasOwn(apps, app) || apps[app]?.podServices === undefined) return [];
    return [{ path, problem: `has the name of a Service of apps.${app}.podServices; choose another name` }];
  });
}

function checkNodePorts(apps: Apps): Mistake[] {
  const ports = Object.entries(apps).flatMap(([app, { service, podServices }]) =>
    [
      { key: service?.nodePort, path: ["service", "nodePort"] },
      { key: service?.healthCheckNodePort, path: ["service", "healthCheckNodePort"] },
      ...Object.entries(service?.ports ?? {}).map(([name, { nodePort }]) => ({
        key: nodePort,
        path: ["service", "ports", name, "nodePort"],
      })),
      ...Object.entries(podServices?.ports ?? {}).flatMap(([name, { nodePorts = [] }]) =>
        nodePorts.map((key, i) => ({ key, path: ["podServices", "ports", name, "nodePorts", i] })),
      ),
    ].flatMap(({ key, path }) => (key === undefined ? [] : [{ key, path: ["apps", app, ...path] }])),
  );
  return [...repeated(ports)].map(({ key, path, first }) => ({
    path,
    value: key,
    problem: `must differ from ${first.path.join(".")}`,
  }));
}

function checkServiceAccounts(apps: Apps): Mistake[] {
  const accounts = Object.entries(apps).flatMap(([name, app]) =>
    createsServiceAccount(app) ? [{ key: serviceAccountName(name, app), name }] : [],
  );
  return [...repeated(accounts)].map(({ key, name, first }) => ({
    path: ["apps", name, "serviceAccount", "name"],
    value: key,
    problem: `is the ServiceAccount of the app ${first.name} already; set serviceAccount.create to false for all but one`,
  }));
}

/** Redis reads its password as one line. An empty password would admit everyone. */
function checkStorePasswords(secrets: ConfigObjects["secrets"], stores: string[]): Mistake[] {
  return stores
    .filter((store) => Object.hasOwn(secrets, store) && Object.hasOwn(secrets[store] ?? {}, passwordKey))
    .filter((store) => {
      const value = secrets[store]?.[passwordKey]?.value;
      return value !== undefined && (typeof value !== "string" || !/^[^\r\n\0]+$/.test(value));
    })
    .map((store) => ({
      path: ["secrets", store, passwordKey],
      problem: "is the password of a store; it must be one line of text, and not empty",
    }));
}

/** What exists already must not be created. A store has a Secret of its name. */
function checkExisting(readable: Readable): Mistake[] {
  return (["configMaps", "secrets"] as const).flatMap((kind) =>
    readable[existingKey[kind]].flatMap((name, i) =>
      Object.hasOwn(readable[kind], name)
        ? [
            {
              path: [existingKey[kind], i],
              value: name,
              problem: `must not be the name of a ${kind === "secrets" ? "Secret" : "ConfigMap"} that the stack creates`,
            },
          ]
        : [],
    ),
  );
}

/** A store has a StatefulSet and a Service of its name, like an app. */
function checkStoreNames(apps: Apps, stores: string[]): Mistake[] {
  const taken = Object.keys(apps).flatMap((app) => [app, clientServiceName(app)]);
  return stores
    .filter((store) => taken.includes(store))
    .map((store) => ({ path: ["stores", store], problem: "must have another name than an app and its Service" }));
}

function checkStore({ store }: AppSettings, stores: string[]): Mistake[] {
  if (store === undefined || stores.includes(store)) return [];
  const known = stores.length === 0 ? "which is empty" : `which has ${stores.join(", ")}`;
  return [{ path: ["store"], value: store, problem: `must be a name in stores, ${known}` }];
}
