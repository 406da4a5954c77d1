import type { V1StatefulSet } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { createsServiceAccount, serviceAccountName } from "../schema/serviceAccount";
import { jobNames } from "../schema/checkJobs";
import { hasNetworkPolicy } from "../schema/networkPolicy";
import { hasBudget } from "../schema/podDisruptionBudget";
import { settingKey } from "../schema/settingKey";
import { userError } from "../schema/userError";
import type { Cluster, Kind, LiveObject } from "../live/cluster";
import { objectName } from "../objects/furtherObject";
import type { ObjectSettings } from "../schema/objects";
import { type Identity, identityLabel } from "../objects/identity";
import { isOwn, stackLabels } from "../objects/labels";
import {
  clientServiceName,
  connectionTestName,
  jobName,
  jobsPolicyName,
  type Numbering,
  podNames,
} from "../schema/names";
import { adoptedApps } from "./identity";

interface NamedObjects {
  namespace: string;
  replicas?: number;
  apps: Record<
    string,
    Numbering & {
      podServices?: object;
      serviceAccount?: { name?: string; create?: boolean };
      networkPolicy?: { create?: boolean };
      podDisruptionBudget?: { create?: boolean };
      jobs?: Record<string, Record<string, unknown> | undefined>;
      cronJobs?: Record<string, unknown>;
      connectionTest?: object;
    }
  >;
  stores: Record<string, { networkPolicy?: { create?: boolean } }>;
  configMaps: Record<string, unknown>;
  secrets: Record<string, unknown>;
  objects: Record<string, ObjectSettings>;
}

/** The setting that requires an object, and the app or store that the object belongs to. */
interface Wanted {
  key: string;
  instance?: string;
}

/** The names of all objects that the config requires. The name of a Job is the part that all of its runs have in common. */
export function objectNames(config: NamedObjects): Record<Kind, Map<string, Wanted>> {
  const apps = Object.entries(config.apps);
  const keyed = (key: string, names: string[]) => new Map(names.map((name) => [name, { key: `${key}.${name}` }]));
  const ofApp = (app: string, names: string[]) =>
    names.map((name): [string, Wanted] => [name, { key: `apps.${app}`, instance: app }]);
  const stores = Object.keys(config.stores).map((name): [string, Wanted] => [
    name,
    { key: `stores.${name}`, instance: name },
  ]);
  return {
    StatefulSet: new Map([...apps.flatMap(([name]) => ofApp(name, [name])), ...stores]),
    Service: new Map([
      ...apps.flatMap(([name, app]) =>
        ofApp(name, [name, clientServiceName(name), ...(app.podServices ? podNames(name, app) : [])]),
      ),
      ...stores,
    ]),
    ServiceAccount: new Map(
      apps
        .filter(([, app]) => createsServiceAccount(app))
        .flatMap(([name, app]) => ofApp(name, [serviceAccountName(name, app)])),
    ),
    NetworkPolicy: new Map([
      ...apps
        .filter(([, app]) => hasNetworkPolicy(app))
        .flatMap(([name, app]) =>
          ofApp(name, [name, ...(jobNames(name, app).length > 0 ? [jobsPolicyName(name)] : [])]),
        ),
      ...stores.filter(([name]) => hasNetworkPolicy(config.stores[name] ?? {})),
    ]),
    PodDisruptionBudget: new Map(apps.filter(([, app]) => hasBudget(app)).flatMap(([name]) => ofApp(name, [name]))),
    ConfigMap: keyed("configMaps", Object.keys(config.configMaps)),
    // The config need not mention the Secret of a store.
    Secret: new Map([
      ...keyed("secrets", Object.keys(config.secrets)),
      ...stores.map(([name, { key }]): [string, Wanted] => [name, { key }]),
    ]),
    Job: new Map(
      apps.flatMap(([app, { jobs = {}, connectionTest }]) => [
        ...Object.entries(jobs).flatMap(([when, list = {}]) =>
          Object.keys(list).map((job): [string, Wanted] => [
            jobName(app, job),
            { key: `apps.${app}.jobs.${when}.${job}`, instance: app },
          ]),
        ),
        ...(connectionTest
          ? [[jobName(app, connectionTestName), { key: `apps.${app}.connectionTest`, instance: app }] as const]
          : []),
      ]),
    ),
    CronJob: new Map(
      apps.flatMap(([app, { cronJobs = {} }]) =>
        Object.keys(cronJobs).map((name): [string, Wanted] => [
          jobName(app, name),
          { key: `apps.${app}.cronJobs.${name}`, instance: app },
        ]),
      ),
    ),
  };
}

/** Whether a CronJob has created an object. The name of such a Job can look like that of a job's run. */
const isOfCronJob = ({ ownerReferences = [] }: LiveObject) => ownerReferences.some(({ kind }) => kind === "CronJob");

/** The name of a live object in {@link objectNames}: that of a Job lacks the digest and the number of its run. */
const wantedName = (kind: Kind, name: string) => (kind === "Job" ? name.replace(/-[0-9a-f]{10}(-\d+)?$/, "") : name);

/**
 * Throws if an object that the config requires belongs to someone else, for example to a stack of the same name in another
 * clone. `npm run recover` adopts objects of the stack that its state does not know.
 */
export async function checkOwnership(config: NamedObjects, identity: Identity, cluster: Cluster): Promise<void> {
  const wanted = Object.entries(objectNames(config)) as [Kind, Map<string, Wanted>][];
  const found = await Promise.all(
    wanted
      .filter(([, names]) => names.size > 0)
      .map(async ([kind, names]): Promise<Found[]> => {
        const objects =
          kind === "Secret"
            ? await secretsNamed([...names.keys()], config.namespace, cluster)
            : await cluster.objects(kind, config.namespace);
        return objects.flatMap((object) => {
          const want = names.get(wantedName(kind, object.name));
          return want && !isOfCronJob(object) ? [{ kind, object, want }] : [];
        });
      }),
  );
  found.push(await furtherObjectsOf(config, cluster));
  const isForeign = ({ kind, object: { labels } }: Found) =>
    !(kind === "Secret" ? identity.ownsRemainder(labels) : identity.owns(labels));
  const adopted = adoptedApps();
  const isAdopted = ({ object: { labels = {} }, want: { instance = "" } }: Found) =>
    labels[identityLabel] === undefined && adopted.includes(instance);
  const foreign = found.flat().filter((one) => isForeign(one) && !isAdopted(one));
  if (foreign.length > 0) throw foreignError(config.namespace, foreign, identity);
  checkOnePartEach(found.flat().filter((one) => !isForeign(one)));
  checkAutoscaled(config, await cluster.statefulSets(config.namespace));
}

/** Those of the further objects that exist. */
async function furtherObjectsOf({ namespace, objects }: NamedObjects, cluster: Cluster): Promise<Found[]> {
  const found = Object.entries(objects).map(async ([name, settings]) => {
    const { apiVersion, kind } = settings;
    const object = await cluster.object({
      apiVersion,
      kind,
      metadata: { namespace, name: objectName(name, settings) },
    });
    return object === undefined ? [] : [{ kind, object, want: { key: `objects.${name}` } }];
  });
  return (await Promise.all(found)).flat();
}

/** Those of the Secrets that exist. */
async function secretsNamed(names: string[], namespace: string, cluster: Cluster): Promise<LiveObject[]> {
  const found = await Promise.all(names.map(async (name) => ({ name, secret: await cluster.secret(namespace, name) })));
  return found.flatMap(({ name, secret }) => (secret === undefined ? [] : [{ name, labels: secret.labels }]));
}

interface Found {
  kind: string;
  object: LiveObject;
  want: Wanted;
}

/** Who created an object, according to its labels. */
export function makerOf({ labels = {} }: LiveObject, { partOf }: Identity): string {
  const id = labels[identityLabel];
  const stack = labels["app.kubernetes.io/part-of"];
  // Claims do not have the name of a stack.
  if (id !== undefined) return `${stack === undefined ? "a stack" : `the stack ${stack}`} whose identity is ${id}`;
  if (isOwn(labels, partOf)) return `a stack ${partOf} without an identity`;
  const maker = labels["app.kubernetes.io/managed-by"];
  const instance = labels["app.kubernetes.io/instance"];
  return maker === undefined ? "somebody else" : `${maker}${instance === undefined ? "" : ` for ${instance}`}`;
}

const withArticle = (kind: string) => `${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind}`;

function foreignError(namespace: string, foreign: Found[], identity: Identity): Error {
  const lines = foreign.map(
    ({ kind, object, want }) =>
      `  ${settingKey(want.key)} requires ${withArticle(kind)} ${object.name}, but one exists already, created by ${makerOf(object, identity)}`,
  );
  const ids = new Set(foreign.flatMap(({ object }) => object.labels?.[identityLabel] ?? []));
  const isUnmarked = foreign.some(
    ({ object: { labels = {} } }) => labels[identityLabel] === undefined && isOwn(labels, identity.partOf),
  );
  const nobodys = isUnmarked
    ? []
    : foreign.filter(({ object: { labels = {} } }) => labels[identityLabel] === undefined);
  const adoptable = nobodys.flatMap(({ kind, want: { key, instance } }) =>
    kind === "StatefulSet" && instance !== undefined && key.startsWith("apps.") ? [instance] : [],
  );
  const others = nobodys.filter(({ want: { instance = "" } }) => !adoptable.includes(instance));
  const labels = Object.entries(stackLabels(identity.partOf)).map(([label, value]) => `${label}=${value}`);
  const relabel = `To let the stack adopt an object, give it the labels ${labels.join(" ")} and run: npm run recover`;
  return userError(
    [
      `The namespace ${namespace} contains objects that the stack did not create; nothing was changed.`,
      ...lines,
      "  Choose other names, or another namespace." + (others.length > 0 ? ` ${relabel}` : ""),
      ...(adoptable.length > 0
        ? [
            `  To take over StatefulSets with their volumes, and hear first what would happen: npm run adopt -- ${adoptable.join(" ")}`,
          ]
        : []),
      ...[...ids].map(
        (id) =>
          `  To take over from the stack that created them, which must not be used afterwards: npm run recover -- --take-over ${id}`,
      ),
      ...(isUnmarked ? ["  To adopt objects that have the name of this stack and no identity: npm run recover"] : []),
    ].join("\n"),
  );
}

/** Throws if an object would belong to two resources: the removal of the old one would remove the object of the new one. */
function checkOnePartEach(found: Found[]): void {
  const moved = found.filter(({ kind, object: { labels = {} }, want }) => {
    const instance = labels["app.kubernetes.io/instance"];
    return kind !== "Job" && want.instance !== undefined && instance !== undefined && instance !== want.instance;
  });
  if (moved.length === 0) return;
  const lines = moved.map(
    ({ kind, object: { name, labels = {} }, want }) =>
      `  ${settingKey(want.key)} requires the ${kind} ${name}, which belongs to ${labels["app.kubernetes.io/instance"] ?? ""}`,
  );
  throw userError(
    `An object cannot move from one app to another; nothing was changed.\n${lines.join("\n")}\n` +
      "  Keep it there, or run `pulumi up` without it first.",
  );
}

/** Throws if the config would change replicas that an autoscaler has set. */
function checkAutoscaled(config: NamedObjects, statefulSets: V1StatefulSet[]): void {
  const lines = statefulSets.flatMap(({ metadata, spec }) => {
    const name = metadata?.name ?? "";
    const app = Object.hasOwn(config.apps, name) ? config.apps[name] : undefined;
    const isScaled = metadata?.managedFields?.some(
      ({ manager, subresource }) => subresource === "scale" && !manager?.startsWith("kubectl"),
    );
    return app && isScaled && spec?.replicas !== app.replicas
      ? [
          `  ${settingKey(`apps.${name}.replicas`)} is ${String(app.replicas)}, and an autoscaler has set ${String(spec?.replicas)}`,
        ]
      : [];
  });
  if (lines.length === 0) return;
  throw userError(
    `An autoscaler sets the replicas of an app; nothing was changed.\n${lines.join("\n")}\n` +
      "  Set `autoscaled: true`, which leaves the number to the autoscaler, or the same number; or remove the autoscaler first.",
  );
}

/**
 * The settings of the apps, in which ServiceAccounts that the stack created are kept if apps still use them. They would be
 * deleted while pods use them.
 */
export async function keepServiceAccounts<App extends { serviceAccount?: { name?: string; create?: boolean } }>(
  { namespace, apps }: { namespace: string; apps: Record<string, App> },
  identity: Identity,
  cluster: Cluster,
): Promise<Record<string, App>> {
  const settings = (name: string) => (Object.hasOwn(apps, name) ? apps[name] : undefined) ?? {};
  const uses = (name: string) => serviceAccountName(name, settings(name));
  const makes = (name: string) => createsServiceAccount(settings(name));
  const users = Object.keys(apps).filter((name) => !makes(name));
  if (users.length === 0) return apps;
  const accounts = await cluster.objects("ServiceAccount", namespace);
  const kept = { ...apps };
  for (const account of accounts.filter(({ labels }) => identity.owns(labels))) {
    const maker = account.labels?.["app.kubernetes.io/instance"] ?? "";
    const user = users.find((name) => uses(name) === account.name);
    const isMade = Object.keys(apps).some((name) => makes(name) && uses(name) === account.name);
    if (user === undefined || isMade) continue;
    const app = Object.hasOwn(apps, maker) && uses(maker) === account.name ? apps[maker] : undefined;
    if (app === undefined) {
      throw userError(
        `${settingKey(`apps.${user}`)} uses the ServiceAccount ${account.name}, which was created for the app ${maker} and would be deleted; nothing was changed.\n` +
          `  Let ${settingKey(`apps.${maker}`)} keep creating it, or use another account.`,
      );
    }
    kept[maker] = { ...app, serviceAccount: { ...app.serviceAccount, create: true } };
    await pulumi.log.info(
      `${maker} keeps the ServiceAccount ${account.name}, which this stack created, because pods use it`,
    );
  }
  return kept;
}
