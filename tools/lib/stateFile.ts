/*
 * The part of a stack's state that is needed here, as `pulumi stack export` prints it.
 * https://www.pulumi.com/docs/iac/concepts/state-and-backends/#exporting-and-importing-state
 */

import { capture } from "./commands";

interface Resource {
  urn: string;
  type: string;
  id?: string;
  outputs?: {
    kind?: string;
    metadata?: { name?: string; namespace?: string; creationTimestamp?: string };
    /** Of a Stash. */
    output?: unknown;
  };
}

export interface Deployment {
  version: number;
  deployment: { resources?: Resource[]; pending_operations?: unknown[] };
}

/** The state of a stack, with its secrets encrypted. */
export async function exportedState(stack: string): Promise<Deployment> {
  return JSON.parse(await capture("pulumi", ["stack", "export", "--stack", stack])) as Deployment;
}

/** What {@link stackIdentity} of the program has recorded; undefined before the first update and after a destruction. */
export function recordedIdentity({ deployment }: Deployment): { id: string; partOf: string } | undefined {
  const stash = deployment.resources?.find(
    ({ type, urn }) => type === "pulumi:index:Stash" && urn.endsWith("::identity"),
  );
  return stash?.outputs?.output as { id: string; partOf: string } | undefined;
}

/**
 * The state without the operations that Pulumi had begun when it was killed. The next update adopts the objects that
 * these operations created. Otherwise every later run would warn of them.
 */
export function withoutPendingOperations(state: Deployment): Deployment {
  return { ...state, deployment: { ...state.deployment, pending_operations: [] } };
}

/** The Kubernetes objects that an update adopted, as rows of a table: new in the state, and older than the update. */
export function takenUp(before: Deployment, after: Deployment, since: Date): string[][] {
  const known = new Set(before.deployment.resources?.map(({ urn }) => urn));
  return (after.deployment.resources ?? []).flatMap(({ urn, type, outputs: { kind, metadata } = {} }) => {
    const created = metadata?.creationTimestamp;
    if (!type.startsWith("kubernetes:") || known.has(urn) || kind === undefined || created === undefined) return [];
    if (new Date(created) >= since) return [];
    return [[kind, [metadata?.namespace, metadata?.name].filter(Boolean).join("/"), `made at ${created}`]];
  });
}
