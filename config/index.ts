import * as pulumi from "@pulumi/pulumi";
import { app, type AppSettings } from "../schema/app";
import { checkBySchema, type Mistake } from "../schema/mistakes";
import { stack, type StackSettings } from "../schema/stack";
import { checkStack } from "./checks";
import { describeMistakes } from "./mistakes";
import { withStore, withStorePasswords } from "./stores";
import { userError } from "../schema/userError";

/** An app's settings with the defaults of the stack. */
export type App = Omit<AppSettings, "store"> & { replicas: number };

/** The config of a stack, checked and with defaults. */
export interface Stack extends Omit<StackSettings, "replicas" | "apps"> {
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
export function readConfig(): Stack {
  // The SDK exports the function without declaring it.
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };
  return parseConfig(pulumi.runtime.allConfig(), isConfigSecret, pulumi.getProject());
}

/**
 * The same for config as Pulumi passes it to a program: full keys, values as text, maps as JSON. A map is secret as a
 * whole if one value in it is.
 */
export function parseConfig(
  config: Record<string, string>,
  isConfigSecret: (key: string) => boolean,
  project: string,
): Stack {
  const prefix = `${project}:`;
  const given = Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), parseValue(value)]),
  );
  const isSecure = (key: string) => isConfigSecret(prefix + key);

  const parsed = checkBySchema(stack, given);
  const mistakes = [
    ...keyMistakes(Object.keys(config), project),
    ...clusterMistakes(isConfigSecret),
    ...secrecyMistakes(given, isSecure),
    ...parsed.mistakes,
    ...checkStack(withoutSecrets(parsed.data ?? validParts(given), isSecure)),
  ];
  if (parsed.data === undefined || mistakes.length > 0) {
    throw userError(describeMistakes(project, mistakes, (key) => key === "secrets" || isSecure(key)));
  }
  const { replicas, apps, secrets, ...rest } = parsed.data;
  return {
    ...rest,
    apps: Object.fromEntries(
      Object.entries(apps).map(([name, app]) => [
        name,
        { ...withStore(name, app), replicas: app.replicas ?? replicas },
      ]),
    ),
    secrets: withStorePasswords(secrets, Object.keys(rest.stores)),
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
  const part = <K extends "replicas" | "configMaps" | "secrets" | "stores">(key: K): StackSettings[K] | undefined =>
    stack.shape[key].safeParse(given[key]).data as StackSettings[K] | undefined;
  const apps = Object.entries(typeof given.apps === "object" ? (given.apps ?? {}) : {}).flatMap(([name, settings]) => {
    const { data } = app.safeParse(settings);
    return data ? [[name, data] as const] : [];
  });
  return {
    namespace: "",
    adoptClaims: [],
    giveUpClaims: [],
    // If the number is a mistake itself, partitions are not compared with it.
    replicas: part("replicas") ?? Infinity,
    apps: Object.fromEntries(apps),
    configMaps: part("configMaps") ?? {},
    secrets: part("secrets") ?? {},
    stores: part("stores") ?? {},
  };
}

/**
 * The settings that are checked together, without those that are secret and should not be: a message about one setting
 * can quote another. Settings that refer to them are left out too.
 */
function withoutSecrets(settings: StackSettings, isSecure: (key: string) => boolean): StackSettings {
  const hidesReferences = ["apps", "configMaps", "stores"].some(isSecure);
  return {
    ...settings,
    replicas: isSecure("replicas") ? Infinity : settings.replicas,
    apps: hidesReferences ? {} : settings.apps,
    configMaps: isSecure("configMaps") ? {} : settings.configMaps,
    stores: isSecure("stores") ? {} : settings.stores,
  };
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
function secrecyMistakes(given: Record<string, unknown>, isSecure: (key: string) => boolean): Mistake[] {
  const misplaced = Object.keys(given)
    .filter((key) => key !== "secrets" && isSecure(key))
    .map((key) => ({
      path: [key],
      problem: "contains a secure value, which hides the whole setting; put the value under secrets and refer to it",
    }));
  const { data: secrets } = stack.shape.secrets.safeParse(given.secrets);
  const holdsValue = Object.values(secrets ?? {}).some((keys) =>
    Object.values(keys).some(({ value }) => value !== undefined),
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
