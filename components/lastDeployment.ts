import * as pulumi from "@pulumi/pulumi";
import { userError } from "../config/userError";
import { storeVolume } from "./names";

/** What the stack's last update made, as its outputs tell. */
export interface LastDeployment {
  /** The cluster it went to. */
  clusterId?: string;
  /** The apps, and the stores, by name. */
  apps: Record<string, { namespace: string; claimNames: string[] }>;
}

/** Reads the stack's own outputs; undefined before the first update and after a destroy. */
export async function lastDeployment(): Promise<LastDeployment | undefined> {
  const self = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()].join("/");
  const reference = new pulumi.StackReference("last-deployment", { name: self });
  const read = async (name: string) => (await reference.getOutputDetails(name)).value as unknown;
  const apps = (await read("apps")) as LastDeployment["apps"] | undefined;
  const stores = (await read("stores")) as LastDeployment["apps"] | undefined;
  return apps && { clusterId: (await read("clusterId")) as string | undefined, apps: { ...apps, ...stores } };
}

/**
 * Refuses to go to another cluster than the last time, where nothing of the stack is: its apps and volumes would be
 * left behind.
 */
export function checkCluster(
  { context, id, wanted }: { context: string; id: string | undefined; wanted: string | undefined },
  last: LastDeployment | undefined,
): void {
  const expected = wanted ?? last?.clusterId;
  if (expected === undefined || id === expected) return;
  if (id === undefined) {
    // A preview goes on without the cluster, and has said so; an update that cannot tell must not guess.
    if (wanted === undefined || pulumi.runtime.isDryRun()) return;
    throw userError(
      `The user of the context ${JSON.stringify(context)} may not read the namespace kube-system, whose UID clusterId is to be compared with.`,
    );
  }
  throw userError(
    `The context ${JSON.stringify(context)} leads to the cluster ${id}, and the stack's is ${expected}; nothing was changed.\n` +
      `  To go back to that one, name its context: pulumi config set kubernetes:context CONTEXT\n` +
      `  To move the stack here and leave its volumes behind: pulumi config set clusterId ${id}`,
  );
}

interface AppsWithClaims {
  namespace: string;
  apps: Record<string, { claims?: Record<string, unknown> }>;
  stores: Record<string, unknown>;
}

/**
 * The claims that the new config leaves behind: after a change of the namespace, of an app's name or of a claim's name,
 * the pods start with empty volumes. Fewer replicas leave nothing behind.
 */
export function abandonedClaims(last: LastDeployment | undefined, config: AppsWithClaims): string[] {
  const kept = [
    ...Object.entries(config.apps).flatMap(([name, { claims = {} }]) =>
      Object.keys(claims).map((volume) => `${config.namespace}/${volume}-${name}`),
    ),
    ...Object.keys(config.stores).map((name) => `${config.namespace}/${storeVolume}-${name}`),
  ];
  return Object.values(last?.apps ?? {}).flatMap(({ namespace, claimNames }) =>
    claimNames.map((claim) => `${namespace}/${claim}`).filter((claim) => !kept.includes(claim.replace(/-\d+$/, ""))),
  );
}

/** Says so before it happens. */
export async function warnOfAbandonedClaims(last: LastDeployment | undefined, config: AppsWithClaims): Promise<void> {
  const claims = abandonedClaims(last, config);
  if (claims.length === 0) return;
  await pulumi.log.warn(
    `No app uses these claims any more: ${claims.join(", ")}. They stay where they are, with their data; an app or a claim under a new name starts empty.`,
  );
}
