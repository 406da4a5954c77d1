import { createHash } from "node:crypto";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import type { ConfigObjects as Settings, Content, SecretValue } from "../config/configObjects";
import { secretTypeOf } from "../schema/secretTypes";
import { settingKey } from "../schema/settingKey";
import { userError } from "../schema/userError";
import type { Cluster, LiveSecret } from "../live/cluster";
import { stackLabels } from "../objects/labels";
import { objectMetadata } from "../objects/metadata";
import { requestError } from "../live/requests";

/** A ConfigMap or a Secret of the stack. */
export interface ConfigObject {
  resource: pulumi.Resource;
  /** By key, a text that changes with the value and does not reveal it. */
  versions: Map<string, string | number>;
  /** The keys with generated values. */
  generated: string[];
  /** The fields of the object that have the values of these keys. */
  dataOf: (keys: string[]) => ConfigData;
}

/** The fields of a ConfigMap or of a Secret that have its values. */
export interface ConfigData {
  data: Record<string, pulumi.Input<string>>;
  binaryData?: Record<string, string>;
}

/** The types of the Secrets that are not Opaque, by name. */
interface Types {
  secretTypes: Record<string, string>;
}

/** The stack's ConfigMaps and Secrets, by name. */
export interface ConfigObjects {
  configMaps: Map<string, ConfigObject>;
  secrets: Map<string, ConfigObject>;
}

/** Where the objects are created. */
export interface Place {
  namespace: pulumi.Input<string>;
  partOf: string;
  cluster: Cluster;
  provider: k8s.Provider;
  /** For objects that can outlive the stack: this provider adopts objects that exist. */
  retainingProvider: k8s.Provider;
  /** Whether Secrets stay in the cluster when the stack no longer has them. */
  keepsSecrets: boolean;
}

/**
 * Whether Secrets must stay when the stack no longer has them. Pulumi's provider lists Secrets until one that it deletes
 * is gone, and waits forever if the user is not allowed to. Undefined if the stack has no Secrets.
 *
 * @param kept The result for the last update, which decides what happens to the Secrets that this update no longer has.
 */
export async function mustKeepSecrets(
  { namespace, secrets }: Pick<Settings, "secrets"> & { namespace: string },
  kept: boolean | undefined,
  cluster: Cluster,
): Promise<boolean | undefined> {
  const hasSecrets = Object.keys(secrets).length > 0;
  if ((!hasSecrets && kept !== false) || (await cluster.mayListSecrets(namespace)))
    return hasSecrets ? false : undefined;
  const reason = `The user of the context ${JSON.stringify(cluster.context)} is not allowed to list Secrets in the namespace ${namespace}, without which Pulumi cannot delete one`;
  if (kept === false) {
    throw userError(
      `${reason}; nothing was changed. The last update was run by a user who is, and left it to Pulumi to delete Secrets. Use such a user, or grant the right.`,
    );
  }
  await pulumi.log.warn(`${reason}. Secrets that the stack no longer needs stay, also after \`pulumi destroy\`.`);
  return true;
}

/** The Secrets of the stack that exist in the cluster, by name. */
export async function liveSecrets(
  { namespace, secrets, secretTypes }: Pick<Settings, "secrets"> & Types & { namespace: string },
  cluster: Cluster,
): Promise<Map<string, LiveSecret>> {
  const found = await Promise.all(
    Object.keys(secrets).map(async (name) => [name, await cluster.secret(namespace, name)] as const),
  );
  const there = found.flatMap(([name, secret]) => (secret ? [[name, secret] as const] : []));
  // Throws if an annotation is damaged, or a type is another, before anything is created.
  for (const [name, secret] of there) {
    revisionsOf(name, secret);
    checkType(name, secret, secretTypeOf(name, secretTypes));
  }
  return new Map(there);
}

/** Creates the ConfigMaps and Secrets of the stack. `live` has the Secrets that exist in the cluster. */
export function configObjects(
  { configMaps, secrets, secretTypes }: Settings & Types,
  live: Map<string, LiveSecret>,
  place: Place,
): ConfigObjects {
  return {
    configMaps: new Map(Object.entries(configMaps).map(([name, data]) => [name, configMap(name, data, place)])),
    secrets: new Map(
      Object.entries(secrets).map(([name, values]) => [
        name,
        secret(name, values, secretTypeOf(name, secretTypes), live.get(name), place),
      ]),
    ),
  };
}

function configMap(name: string, contents: Record<string, Content>, place: Place): ConfigObject {
  const resource = new k8s.core.v1.ConfigMap(
    `configMap-${name}`,
    {
      metadata: objectMetadata({ name, namespace: place.namespace, labels: stackLabels(place.partOf) }),
      ...configMapData(contents),
    },
    { provider: place.provider },
  );
  const versions = new Map(Object.entries(contents).map(([key, content]) => [key, digest(content)]));
  const dataOf = (keys: string[]) =>
    configMapData(Object.fromEntries(Object.entries(contents).filter(([key]) => keys.includes(key))));
  return { resource, versions, generated: [], dataOf };
}

/** The fields of a ConfigMap with these contents. */
export function configMapData(contents: Record<string, Content>): ConfigData {
  const entries = Object.entries(contents);
  const texts = entries.filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const bytes = entries.filter((entry) => typeof entry[1] !== "string");
  return {
    data: Object.fromEntries(texts),
    binaryData:
      bytes.length > 0 ? Object.fromEntries(bytes.map(([key, content]) => [key, base64(content)])) : undefined,
  };
}

export const base64 = (content: Content) =>
  (typeof content === "string" ? Buffer.from(content) : content).toString("base64");

function digest(content: Content): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 12);
}

/** The annotation of a Secret with the number of changes of each key, as JSON. */
export const revisionsAnnotation = "stateful-apps/revisions";

/**
 * Creates a Secret. The version of a key is the number of its changes, and not a digest: a digest reveals a value that
 * can be guessed.
 *
 * A generated value stays the same as long as the Secret exists, and the Secret outlives the stack: what the value opens,
 * such as a database on a claim, outlives the stack too.
 */
function secret(
  name: string,
  values: Record<string, SecretValue>,
  type: string | undefined,
  live: LiveSecret | undefined,
  place: Place,
): ConfigObject {
  const revisions = revisionsOf(name, live);
  const generated = Object.entries(values).flatMap(([key, { generate }]) => (generate === undefined ? [] : [key]));

  const versions = new Map<string, number>();
  const data = new Map<string, pulumi.Output<string>>();
  for (const [key, { value, generate }] of Object.entries(values)) {
    const current = live?.data.get(key);
    const wanted = value === undefined ? undefined : base64(value);
    const changed = current !== undefined && wanted !== undefined && wanted !== current;
    versions.set(key, (revisions.get(key) ?? 1) + (changed ? 1 : 0));
    data.set(key, pulumi.secret(wanted ?? generatedValue(`${name}/${key}`, generate, current)));
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
      type,
    },
    { provider: place.retainingProvider, retainOnDelete: place.keepsSecrets || generated.length > 0 },
  );
  if (generated.length > 0 || live?.isGuarded) guardGenerated(name, generated, resource, place);
  const dataOf = (keys: string[]) => ({ data: Object.fromEntries([...data].filter(([key]) => keys.includes(key))) });
  return { resource, versions, generated, dataOf };
}

/** Throws if a Secret would get another type: the API server refuses that, and the data of a Secret must not be lost. */
function checkType(name: string, live: LiveSecret, type = "Opaque"): void {
  if (live.type === type) return;
  throw userError(
    `The Secret ${name} has the type ${live.type}, and ${settingKey(`secretTypes.${name}`)} would make it ${type}; nothing was changed. ` +
      `Kubernetes does not change the type of a Secret. Choose another name for the Secret of the other type.`,
  );
}

/** The number of changes of each key. */
function revisionsOf(secret: string, live: LiveSecret | undefined): Map<string, number> {
  const annotation = live?.annotations[revisionsAnnotation] ?? "{}";
  try {
    const revisions = Object.entries(JSON.parse(annotation) as Record<string, unknown>);
    if (revisions.every((entry): entry is [string, number] => Number.isInteger(entry[1]))) return new Map(revisions);
  } catch {
    // Reported below.
  }
  throw userError(
    `The annotation ${revisionsAnnotation} of the Secret ${secret} is ${JSON.stringify(annotation)}; it must be a map of numbers in JSON; nothing was changed. ` +
      `Restore it, or remove it: kubectl annotate secret ${secret} ${revisionsAnnotation}-`,
  );
}

/**
 * Gives generated values a second field manager. `npm run render` derives other values. Applying them is then a
 * conflict, instead of a password that the database does not know.
 */
export function guardGenerated(
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

/**
 * A generated value in base64. Declares the resource even if there is a value already, so that the same config always
 * declares the same resources.
 */
function generatedValue(name: string, length = 32, current: string | undefined): pulumi.Input<string> {
  const password = new random.RandomPassword(name, { length, special: false });
  return current ?? password.result.apply(base64);
}
