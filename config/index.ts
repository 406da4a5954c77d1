import * as pulumi from "@pulumi/pulumi";
import { app, type AppSettings } from "../schema/app";
import { inOrder } from "../schema/byName";
import { configMap, secret } from "../schema/configObjects";
import { checkBySchema, type Mistake } from "../schema/mistakes";
import { stack, type StackSettings } from "../schema/stack";
import { alterationMistakes, unquotedMistakes, withUnquoted } from "./alterationMistakes";
import { alterationsIn, type ConfigAlteration, configFiles } from "./alterations";
import { checkStack } from "./checks";
import { type ConfigObjects, readConfigObjects } from "./configObjects";
import { describeMistakes } from "./mistakes";
import { withClients, withStore, withStorePasswords } from "./stores";
import { userError } from "../schema/userError";
import { objectName } from "../schema/values";

/** An app's settings with the defaults of the stack. */
export type App = AppSettings & { replicas: number };

/** The config of a stack, checked and with defaults. */
export interface Stack extends Omit<StackSettings, "replicas" | "apps" | keyof ConfigObjects>, ConfigObjects {
  /** `kubernetes:context` and `kubernetes:kubeconfig`, as every Pulumi program has them. */
  cluster: { context?: string; kubeconfig?: string; isSecret: boolean };
  /** By name. */
  apps: Record<string, App>;
  /** The keys that the config does not have, as opposed to keys that are empty. */
  unsaid: ("apps" | "stores")[];
}

const contextKey = "kubernetes:context";
const kubeconfigKey = "kubernetes:kubeconfig";

/** Reads and checks the stack's config. Throws one error that lists every mistake. */
export function readConfig(files = configFiles()): Stack {
  // The SDK exports the function without declaring it.
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };
  const config = pulumi.runtime.allConfig();
  return parseConfig(config, isConfigSecret, pulumi.getProject(), ".", alterationsIn(config, files));
}

/**
 * The same for config as Pulumi passes it to a program: full keys, values as text, maps as JSON. A map is secret as a
 * whole if one value in it is. Paths of files are relative to `folder`: Pulumi runs a program in that of Pulumi.yaml.
 */
export function parseConfig(
  config: Record<string, string>,
  isConfigSecret: (key: string) => boolean,
  project: string,
  folder = ".",
  alterations: ConfigAlteration[] = [],
): Stack {
  const prefix = `${project}:`;
  const passed = Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), parseValue(value)]),
  );
  const given = withUnquoted(inOrder(passed), prefix, alterations);
  const isSecure = (key: string) => isConfigSecret(prefix + key);

  const parsed = checkBySchema(stack, given);
  const settings = withoutSecrets(parsed.data ?? validParts(given), isSecure);
  const { mistakes: fileMistakes, incomplete, ...objects } = readConfigObjects(settings, folder);
  for (const { path } of parsed.mistakes) incomplete.add(path.slice(0, 2).join("."));
  const mistakes = [
    ...keyMistakes(Object.keys(config), project),
    ...clusterMistakes(isConfigSecret),
    ...unquotedMistakes(config, otherKeys, alterations),
    ...alterationMistakes(prefix, alterations),
    ...secrecyMistakes(given, settings.secrets, isSecure),
    ...parsed.mistakes,
    ...fileMistakes,
    ...checkStack({ ...settings, ...objects, incomplete }),
  ];
  if (parsed.data === undefined || mistakes.length > 0) {
    throw userError(describeMistakes(project, mistakes, (path) => isHidden(path, isSecure)));
  }
  const { replicas, apps, ...rest } = parsed.data;
  return {
    ...rest,
    configMaps: objects.configMaps,
    stores: withClients(rest.stores, apps),
    secrets: withStorePasswords(objects.secrets, Object.keys(rest.stores)),
    apps: Object.fromEntries(
      Object.entries(apps).map(([name, app]) => [
        name,
        { ...withStore(name, app), replicas: app.replicas ?? replicas },
      ]),
    ),
    unsaid: (["apps", "stores"] as const).filter((key) => given[key] === undefined),
    cluster: {
      context: config[contextKey],
      kubeconfig: config[kubeconfigKey],
      isSecret: isConfigSecret(kubeconfigKey),
    },
  };
}

/** The keys of other namespaces that the program reads. */
const otherKeys = [contextKey, kubeconfigKey];

/** A key with another prefix would be ignored, as if it were missing. */
function keyMistakes(keys: string[], project: string): Mistake[] {
  return keys
    .filter((key) => !/^pulumi:/.test(key) && !key.startsWith(`${project}:`) && !otherKeys.includes(key))
    .map((key) => ({
      path: [],
      key,
      problem: key.startsWith("kubernetes:")
        ? `is not used by this program, which reads ${otherKeys.join(" and ")}`
        : `must have the prefix ${project}:, which is the name of the project in Pulumi.yaml`,
    }));
}

/** Pulumi passes maps and lists as JSON, and everything else as it is written. */
function parseValue(value: string): unknown {
  if (!/^\s*[{[]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The parts of wrong config that are valid by themselves, so that all mistakes are found at once. */
function validParts(given: Record<string, unknown>): StackSettings {
  const part = <K extends "namespace" | "replicas" | "secretTypes" | "stores" | "objects">(
    key: K,
  ): StackSettings[K] | undefined => stack.shape[key].safeParse(given[key]).data as StackSettings[K] | undefined;
  const entries = (map: unknown) => Object.entries(typeof map === "object" ? (map ?? {}) : {});
  const apps = entries(given.apps).flatMap(([name, settings]) => {
    const { data } = app.safeParse(settings);
    return data ? [[name, data] as const] : [];
  });
  // The name of an object is known also if its values are wrong.
  const empty = { data: {}, files: [] };
  const configMaps = entries(given.configMaps).map(([name, value]) => [name, configMap.safeParse(value).data ?? empty]);
  const secrets = entries(given.secrets).map(([name, value]) => [name, secret.safeParse(value).data ?? empty]);
  return {
    // Of the stack, if it is right: an object can name it too.
    namespace: part("namespace") ?? "",
    podSecurity: "restricted",
    adoptClaims: [],
    giveUpClaims: [],
    // If the number is a mistake itself, partitions are not compared with it.
    replicas: part("replicas") ?? Infinity,
    apps: Object.fromEntries(apps),
    configMaps: Object.fromEntries(configMaps) as StackSettings["configMaps"],
    secrets: Object.fromEntries(secrets) as StackSettings["secrets"],
    existingConfigMaps: validNames(given.existingConfigMaps),
    existingSecrets: validNames(given.existingSecrets),
    secretTypes: part("secretTypes") ?? {},
    stores: part("stores") ?? {},
    objects: part("objects") ?? {},
  };
}

const validNames = (given: unknown) => [given].flat().flatMap((name) => objectName().safeParse(name).data ?? []);

/**
 * The settings that are checked together, without those that are secret and should not be: a message about one setting
 * can quote another. Settings that refer to them are left out too.
 */
function withoutSecrets(settings: StackSettings, isSecure: (key: string) => boolean): StackSettings {
  const hidesReferences = ["apps", "configMaps", "existingConfigMaps", "existingSecrets", "stores"].some(isSecure);
  return {
    ...settings,
    replicas: isSecure("replicas") ? Infinity : settings.replicas,
    apps: hidesReferences ? {} : settings.apps,
    configMaps: isSecure("configMaps") ? {} : settings.configMaps,
    existingConfigMaps: isSecure("existingConfigMaps") ? [] : settings.existingConfigMaps,
    existingSecrets: isSecure("existingSecrets") ? [] : settings.existingSecrets,
    secretTypes: isSecure("secretTypes") ? {} : settings.secretTypes,
    stores: isSecure("stores") ? {} : settings.stores,
  };
}

/** Whether a value must not be shown. The paths of a Secret's files are no secrets, unless something under `secrets` is secure. */
function isHidden([key = "", , part, index]: Mistake["path"], isSecure: (key: string) => boolean): boolean {
  const isPath = part === "files" && typeof index === "number";
  return isSecure(String(key)) || (key === "secrets" && !isPath);
}

/** The context cannot be a secret, because outputs and errors show it. */
function clusterMistakes(isConfigSecret: (key: string) => boolean): Mistake[] {
  if (!isConfigSecret(contextKey)) return [];
  return [
    {
      path: [],
      key: contextKey,
      problem: `is set as a secret, but outputs and errors show it; set it with \`pulumi config set --plaintext ${contextKey} NAME\``,
    },
  ];
}

/** Secret values belong under `secrets`. Elsewhere a secret value would hide the whole setting. */
function secrecyMistakes(
  given: Record<string, unknown>,
  secrets: StackSettings["secrets"],
  isSecure: (key: string) => boolean,
): Mistake[] {
  const misplaced = Object.keys(given)
    .filter((key) => key !== "secrets" && isSecure(key))
    .map((key) => ({
      path: [key],
      problem: "contains a secure value, which hides the whole setting; put the value under secrets and refer to it",
    }));
  const holdsValue = Object.values(secrets).some(({ data }) =>
    Object.values(data).some(({ value, base64 }) => value !== undefined || base64 !== undefined),
  );
  return holdsValue && !isSecure("secrets")
    ? [
        ...misplaced,
        {
          path: ["secrets"],
          problem: "contains a value in plain text; set it with `pulumi config set --secret --path 'secrets.NAME.KEY'`",
        },
      ]
    : misplaced;
}
