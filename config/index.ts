import * as pulumi from "@pulumi/pulumi";
import { checkStack, type Mistake } from "./checks";
import { describeMistakes, schemaMistakes } from "./mistakes";
import { app, stack, type AppSettings, type StackSettings } from "../schema/stack";
import { withStore, withStorePasswords } from "./stores";
import { userError } from "../schema/userError";

export { passwordKey, storePort } from "./stores";

/** An app's settings with the stack's defaults in place. */
export type App = AppSettings & { replicas: number };

/** What the stack's config asks for. */
export interface Stack extends Omit<StackSettings, "replicas" | "apps"> {
  /** `kubernetes:context` and `kubernetes:kubeconfig`, as every Pulumi program has them. */
  cluster: { context?: string; kubeconfig?: string; isSecret: boolean };
  /** By name. */
  apps: Record<string, App>;
  /** What the config does not even mention. */
  unsaid: ("apps" | "stores")[];
}

const contextKey = "kubernetes:context";
const kubeconfigKey = "kubernetes:kubeconfig";

/** Reads and checks the stack's config. Throws one error that lists every mistake. */
export function readConfig(): Stack {
  // The SDK has the function and does not declare it.
  const { isConfigSecret } = pulumi.runtime as unknown as { isConfigSecret: (key: string) => boolean };
  return parseConfig(pulumi.runtime.allConfig(), isConfigSecret, pulumi.getProject());
}

/**
 * The same for config as the engine passes it: full keys, values as text, maps as JSON. A map is secret as a whole as
 * soon as one value in it is.
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

  const parsed = stack.safeParse(given);
  const mistakes = [
    ...keyMistakes(Object.keys(config), project),
    ...clusterMistakes(isConfigSecret),
    ...secrecyMistakes(given, isSecure),
    ...(parsed.success ? [] : schemaMistakes(given, parsed.error)),
    ...checkStack(whatMayBeShown(parsed.success ? parsed.data : whatIsRight(given), isSecure)),
  ];
  if (!parsed.success || mistakes.length > 0) {
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

/** The keys of other programs that this one reads. */
const otherKeys = [contextKey, kubeconfigKey];

/** A key under another prefix would be ignored, and what stands there taken for missing. */
function keyMistakes(keys: string[], project: string): Mistake[] {
  return keys
    .filter((key) => !/^pulumi:/.test(key) && !key.startsWith(`${project}:`) && !otherKeys.includes(key))
    .map((key) => ({
      path: [],
      key,
      allowed: key.startsWith("kubernetes:")
        ? `is not used by this program, which knows ${otherKeys.join(" and ")}`
        : `has another prefix than ${project}:, the name of the project in Pulumi.yaml`,
    }));
}

/** The engine passes maps and lists as JSON, and everything else as it is written. */
function parseValue(value: string): unknown {
  if (!/^\s*[{[]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The parts of wrong config that are right by themselves, so that all mistakes are found at once. */
function whatIsRight(given: Record<string, unknown>): StackSettings {
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
    // A number that is wrong itself makes no partition wrong.
    replicas: part("replicas") ?? Infinity,
    apps: Object.fromEntries(apps),
    configMaps: part("configMaps") ?? {},
    secrets: part("secrets") ?? {},
    stores: part("stores") ?? {},
  };
}

/**
 * The settings that are checked together, without those that are secret and should not be: a message about one setting
 * can quote another. What would then refer to nothing is left out too.
 */
function whatMayBeShown(settings: StackSettings, isSecure: (key: string) => boolean): StackSettings {
  const hidesReferences = ["apps", "configMaps", "stores"].some(isSecure);
  return {
    ...settings,
    replicas: isSecure("replicas") ? Infinity : settings.replicas,
    apps: hidesReferences ? {} : settings.apps,
    configMaps: isSecure("configMaps") ? {} : settings.configMaps,
    stores: isSecure("stores") ? {} : settings.stores,
  };
}

/** The context is shown to the user, in outputs and in errors: it cannot be a secret. */
function clusterMistakes(isConfigSecret: (key: string) => boolean): Mistake[] {
  if (!isConfigSecret(contextKey)) return [];
  return [
    {
      path: [],
      key: contextKey,
      allowed: `is set as a secret, and outputs and errors show it; set it with \`pulumi config set --plaintext ${contextKey} NAME\``,
    },
  ];
}

/** Secrets have a place of their own: elsewhere they would hide all that stands beside them. */
function secrecyMistakes(given: Record<string, unknown>, isSecure: (key: string) => boolean): Mistake[] {
  const misplaced = Object.keys(given)
    .filter((key) => key !== "secrets" && isSecure(key))
    .map((key) => ({
      path: [key],
      allowed:
        "holds a secure value, which hides all of it; put that value under stateful-apps:secrets and refer to it",
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
          allowed: "holds a value in plain text; set it with `pulumi config set --secret --path 'secrets.NAME.KEY'`",
        },
      ]
    : misplaced;
}
