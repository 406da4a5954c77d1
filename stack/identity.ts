import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { userError } from "../schema/userError";
import { labelValue } from "../schema/values";
import type { Cluster, ObjectName } from "../live/cluster";
import { Identity, identityLabel } from "../objects/identity";
import type { Labels } from "../objects/labels";
import type { LastDeployment } from "./lastDeployment";

/** The value of `STATEFUL_APPS_TAKE_OVER`: the identity that `npm run recover -- --take-over ID` names. */
const takenOver = () => process.env.STATEFUL_APPS_TAKE_OVER?.split(",").filter((id) => id !== "") ?? [];

/** Whether `npm run recover` runs the program. */
export const isRecovering = () => process.env.STATEFUL_APPS_RECOVER === "true";

/** The apps that `npm run adopt` lets the stack take over from Helm, kubectl or whoever created them. */
export const adoptedApps = () => process.env.STATEFUL_APPS_ADOPT?.split(",").filter((app) => app !== "") ?? [];

/** Whether `npm run adopt` only asks if the stack can be deployed. */
export const isRehearsing = () => process.env.STATEFUL_APPS_REHEARSE === "true";

/** Throws if the name of a new stack, with that of its project, is not the value of a label. */
export function checkStackName(name: string): void {
  const { error } = labelValue().safeParse(name);
  if (error === undefined) return;
  throw userError(
    `The objects of the stack would have the label app.kubernetes.io/part-of=${name}, which ${error.issues[0]?.message ?? ""}; nothing was changed.\n` +
      "  Choose another name: pulumi stack rename NAME",
  );
}

/** The identity of the stack, from its state. A stack without an identity gets a new one. */
export async function stackIdentity(
  name: string,
  namespace: string,
  last: LastDeployment | undefined,
  cluster: Cluster,
): Promise<Identity> {
  // A preview cannot know the identity that the update will generate.
  const fresh = { id: pulumi.runtime.isDryRun() ? "new" : randomUUID(), partOf: name };
  const former = rememberedIds(thisStack());
  const taken = [...takenOver(), ...(isRecovering() ? former : [])];
  if (taken.length > 0) fresh.partOf = (await partOfTaken(taken, namespace, cluster)) ?? name;
  // Pulumi keeps the first value. It is recorded before anything else is created, so that it survives a killed run.
  const stash = new pulumi.Stash("identity", { input: fresh }, { ignoreChanges: ["input"] });
  const { id, partOf } = await valueOf<typeof fresh>(stash.output);
  // Objects of early versions of this program, and those that `npm run render` prints, have no identity.
  return new Identity(id, partOf, former, taken, last !== undefined || isRecovering());
}

/** The label `part-of` of objects that are taken over: pods have it, and must not restart for another value. */
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

/** The file with the identities of one stack of one backend. `stack` is its organization, project and name. */
const file = (stack: string[]) =>
  join(folder, [process.env.PULUMI_BACKEND_URL ?? "", ...stack].map(encodeURIComponent).join("+"));

/** The identities that a stack has had in this clone, in their order. */
export function rememberedIds(stack: string[]): string[] {
  try {
    return readFileSync(file(stack), "utf8").split("\n").filter(Boolean);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** Records an identity in the clone: `pulumi destroy` removes it from the state. */
export function rememberId(stack: string[], id: string): void {
  const ids = rememberedIds(stack);
  if (ids.includes(id)) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file(stack), [...ids, id].map((id) => `${id}\n`).join(""));
}

const thisStack = () => [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack()];

/** Records the identity of the current stack. A preview records nothing. */
export function rememberIdentity({ id }: Identity): void {
  if (id !== undefined && !pulumi.runtime.isDryRun()) rememberId(thisStack(), id);
}

/** Whether resources of a type are objects of Kubernetes. */
export const isObject = (type: string): boolean => /^kubernetes:.+\//.test(type);

/**
 * Labels every object with the identity, and has every object created again if the stack moves to another cluster.
 *
 * The providers have `clusterIdentifier` too, but that is not enough: after an interrupted move the state has the new
 * providers, and Pulumi would see no change in the objects that have not been moved yet.
 */
export function markObjects({ id }: Identity, clusterIdentifier: string | undefined, cluster: Cluster): void {
  if (id === undefined) return;
  const created = new pulumi.ResourceHook("ownership of the fields of a new object", async ({ newOutputs }) => {
    const { apiVersion, kind, metadata } = newOutputs as ObjectName;
    const { namespace, name } = metadata;
    // The next update makes up for it.
    await cluster.ownFields({ apiVersion, kind, metadata: { namespace, name } }).catch(() => undefined);
  });
  pulumi.runtime.registerStackTransformation(({ type, props, opts }) => {
    if (!isObject(type)) return undefined;
    const { metadata, ...rest } = props as { metadata: { labels?: Labels } };
    const labels = { ...metadata.labels, [identityLabel]: id };
    // An object is deleted before it is created again. After a move, the old kubeconfig can lead to the new cluster, where
    // a later deletion by name would delete the new object.
    const hooks = { ...opts.hooks, afterCreate: [...(opts.hooks?.afterCreate ?? []), created] };
    const moved = { deleteBeforeReplace: true, replacementTrigger: clusterIdentifier };
    return { props: { ...rest, metadata: { ...metadata, labels } }, opts: { ...opts, ...moved, hooks } };
  });
}
