import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { type Reader, references } from "../schema/references";
import type { Cluster, LiveSecret } from "../live/cluster";
import { stackLabels } from "../objects/labels";
import { objectMetadata } from "../objects/metadata";
import { requestError } from "../live/requests";

/** A ConfigMap or a Secret, as far as its readers must know it. */
interface ConfigObject {
  resource: pulumi.Resource;
  /** A word for each key's value that changes with it and gives nothing away. */
  versions: Map<string, string | number>;
}

/** The stack's ConfigMaps and Secrets, by name. */
export interface ConfigObjects {
  configMaps: Map<string, ConfigObject>;
  secrets: Map<string, ConfigObject>;
}

/** A Secret's value: the user's, or made up once, of so many letters and digits. */
interface SecretValue {
  value?: string;
  generate?: number;
}

/** What the stack's config says of them. */
interface ConfigObjectSettings {
  namespace: string;
  configMaps: Record<string, Record<string, string>>;
  secrets: Record<string, Record<string, SecretValue>>;
}

/** Where they go. */
interface Place {
  namespace: pulumi.Input<string>;
  partOf: string;
  cluster: Cluster;
  provider: k8s.Provider;
  /** For what can outlive the stack: it takes up what it finds. */
  retainingProvider: k8s.Provider;
}

/** The stack's Secrets as they are in the cluster, by name: those that are there. */
export async function liveSecrets(
  { namespace, secrets }: Pick<ConfigObjectSettings, "namespace" | "secrets">,
  cluster: Cluster,
): Promise<Map<string, LiveSecret>> {
  const found = await Promise.all(
    Object.keys(secrets).map(async (name) => [name, await cluster.secret(namespace, name)] as const),
  );
  return new Map(found.flatMap(([name, secret]) => (secret ? [[name, secret]] : [])));
}

/** Makes the stack's ConfigMaps and Secrets. `live`: its Secrets as they are in the cluster. */
export function configObjects(
  { configMaps, secrets }: Omit<ConfigObjectSettings, "namespace">,
  live: Map<string, LiveSecret>,
  place: Place,
): ConfigObjects {
  return {
    configMaps: new Map(Object.entries(configMaps).map(([name, data]) => [name, configMap(name, data, place)])),
    secrets: new Map(
      Object.entries(secrets).map(([name, values]) => [name, secret(name, values, live.get(name), place)]),
    ),
  };
}

/** An app's settings with the versions of all that its pods and its jobs read. */
export function withVersions<App extends Reader & { jobs?: Record<string, Record<string, Reader> | undefined> }>(
  app: App,
  objects: ConfigObjects,
): App {
  const versioned = <R extends Reader>(reader: R) => ({
    ...reader,
    configVersions: versionsRead(references(reader), objects),
  });
  const jobs = Object.entries(app.jobs ?? {}).map(([when, list = {}]) => [
    when,
    Object.fromEntries(Object.entries(list).map(([name, job]) => [name, versioned(job)])),
  ]);
  return { ...versioned(app), jobs: Object.fromEntries(jobs) as App["jobs"] };
}

/**
 * The versions of everything that an app reads of them: a text that changes when, and only when, one of these values
 * does. Undefined for an app that reads nothing.
 */
export function versionsRead(
  references: { kind: keyof ConfigObjects; name: string; key?: string }[],
  objects: ConfigObjects,
): pulumi.Output<string> | undefined {
  const read = references.map(({ kind, name, key }) => {
    const { resource, versions = new Map<string, string>() } = objects[kind].get(name) ?? {};
    const keys = key === undefined ? [...versions.keys()] : [key];
    return { resource, texts: keys.map((key) => `${kind}.${name}.${key}=${String(versions.get(key))}`) };
  });
  if (read.length === 0) return undefined;
  const text = [...new Set(read.flatMap(({ texts }) => texts))].sort().join(" ");
  // Known at once, and yet only there when the objects are: pods must not start before what they read.
  return pulumi.all(read.map(({ resource }) => resource?.urn)).apply(() => text);
}

function configMap(name: string, data: Record<string, string>, place: Place): ConfigObject {
  const resource = new k8s.core.v1.ConfigMap(
    `configMap-${name}`,
    { metadata: objectMetadata({ name, namespace: place.namespace, labels: stackLabels(place.partOf) }), data },
    { provider: place.provider },
  );
  return { resource, versions: new Map(Object.entries(data).map(([key, text]) => [key, digest(text)])) };
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** On a Secret: how often each key's value has changed, as JSON. */
const revisionsAnnotation = "stateful-apps/revisions";

/**
 * A Secret. A key's version is the number of its changes, not a digest: a digest of a guessable value can be guessed.
 *
 * A value that was made up stays the same for as long as the Secret is there, and the Secret outlives the stack: what
 * it opens, such as a database on a claim, outlives the stack too.
 */
function secret(
  name: string,
  values: Record<string, SecretValue>,
  live: LiveSecret | undefined,
  place: Place,
): ConfigObject {
  const revisions = new Map(
    Object.entries(JSON.parse(live?.annotations[revisionsAnnotation] ?? "{}") as Record<string, number>),
  );
  const generated = Object.entries(values).flatMap(([key, { generate }]) => (generate === undefined ? [] : [key]));

  const versions = new Map<string, number>();
  const data = new Map<string, pulumi.Output<string>>();
  for (const [key, { value, generate }] of Object.entries(values)) {
    const current = live?.data.get(key);
    const changed = current !== undefined && value !== undefined && value !== current;
    versions.set(key, (revisions.get(key) ?? 1) + (changed ? 1 : 0));
    const text = pulumi.secret(value ?? generatedValue(`${name}/${key}`, generate, current));
    data.set(
      key,
      text.apply((plain) => Buffer.from(plain).toString("base64")),
    );
  }
  const resource = new k8s.core.v1.Secret(
    `secret-${name}`,
    {
      metadata: objectMetadata({
        name,
        namespace: place.namespace,
        labels: stackLabels(place.partOf),
        annotations: { [revisionsAnnotation]: JSON.stringify(Object.fromEntries(versions)) },
      }),
      data: Object.fromEntries(data),
    },
    { provider: place.retainingProvider, retainOnDelete: generated.length > 0 },
  );
  if (generated.length > 0 || live?.isGuarded) guardGenerated(name, generated, resource, place);
  return { resource, versions };
}

/**
 * Gives generated values a second owner. A manifest that `npm run render` prints derives other values: applying it is
 * then a conflict, in place of a password that its database does not know.
 */
function guardGenerated(
  name: string,
  keys: string[],
  { metadata, data }: k8s.core.v1.Secret,
  { cluster }: Place,
): void {
  pulumi.all([metadata.namespace, data]).apply(async ([namespace, data]) => {
    if (pulumi.runtime.isDryRun()) return;
    const guarded = Object.entries(data).filter(([key]) => keys.includes(key));
    try {
      await cluster.guardSecret(namespace, name, Object.fromEntries(guarded));
    } catch (error) {
      await pulumi.log.warn(`The generated values of the Secret ${name} are not guarded: ${requestError(error)}`);
    }
  });
}

/** Declared even where a value is there already, so that the same config always makes the same resources. */
function generatedValue(name: string, length = 32, current: string | undefined): pulumi.Input<string> {
  const password = new random.RandomPassword(name, { length, special: false });
  return current ?? password.result;
}
