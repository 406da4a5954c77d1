import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../live/cluster";
import { Identity, identityLabel } from "../objects/identity";
import type { Labels } from "../objects/labels";
import type { LastDeployment } from "./lastDeployment";

/** The value of `STATEFUL_APPS_TAKE_OVER`: the identity that `npm run recover -- --take-over ID` names. */
const takenOver = () => process.env.STATEFUL_APPS_TAKE_OVER?.split(",").filter((id) => id !== "") ?? [];

/** Whether `npm run recover` runs the program. */
export const isRecovering = () => process.env.STATEFUL_APPS_RECOVER === "true";

/** Reads the stack's identity from its state; a stack that has none gets one. */
export async function stackIdentity(
  name: string,
  namespace: string,
  last: LastDeployment | undefined,
  cluster: Cluster,
): Promise<Identity> {
  // A preview cannot know the identity that the update will make.
  const fresh = { id: pulumi.runtime.isDryRun() ? "new" : randomUUID(), partOf: name };
  const former = rememberedIds(thisStack());
  const taken = [...takenOver(), ...(isRecovering() ? former : [])];
  if (taken.length > 0) fresh.partOf = (await partOfTaken(taken, namespace, cluster)) ?? name;
  // The engine keeps the first value. It is there before anything else is made, so that a run that is killed leaves it.
  const stash = new pulumi.Stash("identity", { input: fresh }, { ignoreChanges: ["input"] });
  const { id, partOf } = await valueOf<typeof fresh>(stash.output);
  // A deployment from before there were identities left its objects unmarked, and so does a rendering that is applied.
  return new Identity(id, partOf, former, taken, last !== undefined || isRecovering());
}

/** The name that objects which are taken over go by: pods carry it, and must not restart for another one. */
async function partOfTaken(ids: string[], namespace: string, cluster: Cluster): Promise<string | undefined> {
  const statefulSets = await cluster.statefulSets(namespace);
  const taken = statefulSets.find(({ metadata }) => ids.includes(metadata?.labels?.[identityLabel] ?? ""));
  return taken?.metadata?.labels?.["app.kubernetes.io/part-of"];
}

export const valueOf = <T>(output: pulumi.Output<unknown>) =>
  new Promise<T>((fulfil) => {
    output.apply((value) => {
      fulfil(value as T);
    });
  });

const folder = ".state/identities";

/** The file that remembers the identities of one stack of one backend. `stack`: organization, project, name. */
const file = (stack: string[]) =>
  join(folder, [process.env.PULUMI_BACKEND_URL ?? "", ...stack].map(encodeURIComponent).join("+"));

/** The identities that a stack had in this clone, the last one last. */
export function rememberedIds(stack: string[]): string[] {
  try {
    return readFileSync(file(stack), "utf8").split("\n").filter(Boolean);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Lets the clone remember an identity: the state forgets it with `pulumi destroy`. */
export function rememberId(stack: string[], id: string): void {
  const ids = rememberedIds(stack);
  if (ids.includes(id)) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file(stack), [...ids, id].map((id) => `${id}\n`).join(""));
}

const thisStack = () => [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()];

/** The same for the stack that runs. A preview leaves nothing behind. */
export function rememberIdentity({ id }: Identity): void {
  if (id !== undefined && !pulumi.runtime.isDryRun()) rememberId(thisStack(), id);
}

/**
 * Marks every object that the stack makes, and lets each be made again when the stack moves to another cluster.
 *
 * `clusterIdentifier` is what the providers have too. They alone are not enough: after a move that was interrupted the
 * engine has the new providers, and takes what it has not moved yet for unchanged.
 */
export function markObjects({ id }: Identity, clusterIdentifier: string | undefined): void {
  if (id === undefined) return;
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
    if (!/^kubernetes:.+\//.test(type)) return undefined;
    const { metadata, ...rest } = props as { metadata: { labels?: Labels } };
    const labels = { ...metadata.labels, [identityLabel]: id };
    // What is replaced goes first. After a move the old access may lead to the new cluster, where a deletion by name
    // that came later would find what has just been made.
    const moved = { deleteBeforeReplace: true, replacementTrigger: clusterIdentifier };
    return { props: { ...rest, metadata: { ...metadata, labels } }, opts: { ...opts, ...moved } };
  });
}
