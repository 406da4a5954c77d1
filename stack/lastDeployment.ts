import * as pulumi from "@pulumi/pulumi";
import { userError } from "../schema/userError";
import { valueOf } from "./identity";
import { storeVolume } from "../schema/names";

/** What the last update of the stack deployed, according to its outputs. */
export interface LastDeployment {
  /** The identifier of its cluster. */
  clusterId?: string;
  /** The identity of the stack; undefined after an early version of this program. */
  stackId?: string;
  /** Whether Secrets stay when the stack no longer has them; undefined if it had none. */
  keepsSecrets?: boolean;
  /** By name. */
  apps: Record<string, { namespace: string; claimNames: string[] }>;
  stores: Record<string, { namespace: string; claimNames: string[] }>;
}

/** Reads the outputs of the current stack; undefined before the first update and after a destruction. */
export async function lastDeployment(): Promise<LastDeployment | undefined> {
  const name = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  // Not a StackReference, which would keep the old name of a renamed stack in the state, where it cannot be refreshed.
  const read = (await pulumi.runtime.invoke("pulumi:pulumi:readStackOutputs", { name })) as {
    outputs?: {
      apps?: LastDeployment["apps"];
      stores?: LastDeployment["stores"];
      clusterId?: string;
      stackId?: string;
      keepsSecrets?: boolean;
    };
  };
  const { apps, stores = {}, clusterId, stackId, keepsSecrets } = read.outputs ?? {};
  return apps && { clusterId, stackId, keepsSecrets, apps, stores };
}

/** The kind of an identifier: the rights of the user decide what distinguishes a cluster from others. */
const sortOf = (id: string) => /^namespace \S+: |^stack |^/.exec(id)?.[0];

/**
 * Throws if the cluster is not that of the last update: the apps and volumes of the stack would be left behind. Returns a
 * warning if that cannot be determined.
 */
export function checkCluster(
  { context, id, wanted }: { context: string; id: string | undefined; wanted: string | undefined },
  recorded: string | undefined,
): string | undefined {
  const expected = wanted ?? recorded;
  if (id !== undefined && (expected === undefined || id === expected)) return undefined;
  if (id === undefined || (wanted === undefined && expected !== undefined && sortOf(id) !== sortOf(expected))) {
    if (wanted !== undefined && !pulumi.runtime.isDryRun()) {
      throw userError(
        `The user of the context ${JSON.stringify(context)} is not allowed to read the namespace kube-system, whose UID must be compared with clusterId; nothing was changed.`,
      );
    }
    return `The program cannot determine whether the context ${JSON.stringify(context)} leads to the stack's cluster: its user, or that of the first update, is not allowed to read the namespace kube-system. Check the context yourself.`;
  }
  throw userError(
    `The context ${JSON.stringify(context)} leads to the cluster ${id}, but the stack belongs to ${String(expected)}; nothing was changed.\n` +
      `  To use that cluster again, set its context: pulumi config set kubernetes:context CONTEXT\n` +
      `  To move the stack here and leave its volumes behind: pulumi config set clusterId ${id}\n` +
      `  If the stack's cluster is gone for good, run the first \`pulumi up\` after that with PULUMI_K8S_DELETE_UNREACHABLE=true`,
  );
}

/**
 * The cluster of the stack's first update, which the state records before that update creates anything. If a first update
 * fails, its outputs are never recorded.
 */
export function rememberedCluster(id: string): Promise<string> {
  const stash = new pulumi.Stash("cluster", { input: id }, { ignoreChanges: ["input"] });
  return valueOf<string>(stash.output);
}

/** Throws if the config has no `apps` or no `stores` although the last deployment had some: the stack file can be missing. */
export function checkNothingForgotten(
  project: string,
  unsaid: ("apps" | "stores")[],
  last: LastDeployment | undefined,
): void {
  const forgotten = unsaid.filter((key) => Object.keys(last?.[key] ?? {}).length > 0);
  if (last === undefined || forgotten.length === 0) return;
  const lines = forgotten.map(
    (key) => `  ${project}:${key} is missing, and the last deployment had ${Object.keys(last[key]).join(", ")}`,
  );
  throw userError(
    `The stack's config is missing or incomplete; nothing was changed.\n${lines.join("\n")}\n` +
      `  Restore the stack file; or, to remove them, set: ${forgotten.map((key) => `${project}:${key}: {}`).join(", ")}`,
  );
}

/** Throws if an app becomes a store, or a store an app: both would have the same objects during one update. */
export function checkRoles(
  config: { apps: Record<string, unknown>; stores: Record<string, unknown> },
  last: LastDeployment | undefined,
): void {
  const changed = [
    ...Object.keys(last?.apps ?? {}).filter((name) => Object.hasOwn(config.stores, name)),
    ...Object.keys(last?.stores ?? {}).filter((name) => Object.hasOwn(config.apps, name)),
  ];
  if (changed.length === 0) return;
  throw userError(
    `An app cannot become a store, nor a store an app: ${changed.join(", ")}; nothing was changed.\n` +
      "  Choose another name, or run `pulumi up` without it first.",
  );
}

interface AppsWithClaims {
  namespace: string;
  apps: Record<string, { claims?: Record<string, unknown> }>;
  stores: Record<string, unknown>;
}

/**
 * The claims that the new config orphans: if the namespace, the name of an app or the name of a claim changes, pods start
 * with empty volumes. Claims beyond the replicas do not count, because more replicas use them again.
 */
export function abandonedClaims(last: LastDeployment | undefined, config: AppsWithClaims): string[] {
  const kept = [
    ...Object.entries(config.apps).flatMap(([name, { claims = {} }]) =>
      Object.keys(claims).map((volume) => `${config.namespace}/${volume}-${name}`),
    ),
    ...Object.keys(config.stores).map((name) => `${config.namespace}/${storeVolume}-${name}`),
  ];
  return Object.values({ ...last?.apps, ...last?.stores }).flatMap(({ namespace, claimNames }) =>
    claimNames.map((claim) => `${namespace}/${claim}`).filter((claim) => !kept.includes(claim.replace(/-\d+$/, ""))),
  );
}

/** Warns of claims that the new config orphans. */
export async function warnOfAbandonedClaims(last: LastDeployment | undefined, config: AppsWithClaims): Promise<void> {
  const claims = abandonedClaims(last, config);
  if (claims.length === 0) return;
  await pulumi.log.warn(
    `No app uses these claims any longer: ${claims.join(", ")}. They are kept with their data. An app or a claim with a new name starts empty.`,
  );
}
