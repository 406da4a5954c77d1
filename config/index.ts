import * as pulumi from "@pulumi/pulumi";
import { describeMistakes } from "./mistakes";
import { stack, type AppSettings, type StackSettings } from "./schema";

/** An app's settings with the stack's defaults in place. */
export type App = AppSettings & { replicas: number };

/** What the stack's config asks for. */
export interface Stack {
  /** `kubernetes:context` and `kubernetes:kubeconfig`, as every Pulumi program has them. */
  cluster: { context?: string; kubeconfig?: string };
  namespace: string;
  /** By name. */
  apps: Record<string, App>;
}

const project = "stateful-apps";

/** Reads and checks the stack's config. Throws one error that lists every mistake. */
export function readConfig(): Stack {
  return parseConfig(pulumi.runtime.allConfig());
}

/** The same for config as the engine passes it: full keys, values as text, maps as JSON. */
export function parseConfig(config: Record<string, string>): Stack {
  const prefix = `${project}:`;
  const given = Object.fromEntries(
    Object.entries(config)
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, value]) => [key.slice(prefix.length), parseValue(value)]),
  );
  const result = stack.safeParse(given);
  if (!result.success) throw new pulumi.RunError(describeMistakes(project, given, result.error));
  return {
    ...withDefaults(result.data),
    cluster: { context: config["kubernetes:context"], kubeconfig: config["kubernetes:kubeconfig"] },
  };
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

function withDefaults({ namespace, replicas, apps }: StackSettings): Omit<Stack, "cluster"> {
  return {
    namespace,
    apps: Object.fromEntries(
      Object.entries(apps).map(([name, app]) => [name, { ...app, replicas: app.replicas ?? replicas }]),
    ),
  };
}
