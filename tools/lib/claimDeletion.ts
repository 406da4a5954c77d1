import { requestError } from "../../live/requests";
import type { Cluster } from "../../live/cluster";
import { poll } from "../../live/poll";
import type { Identity } from "../../objects/identity";
import { userError } from "../../schema/userError";
import { makerOf } from "../../stack/ownership";
import type { NamespaceClaims, StackClaim } from "./stackClaims";

/** Milliseconds for which a deleted claim can stay before that is reported: Kubernetes first makes sure that no pod uses it. */
const patience = 10_000;

/** The claims of these names. Throws an error that says of every other one why it must not be deleted. */
export function deletable(names: string[], { own, others }: NamespaceClaims, identity: Identity): StackClaim[] {
  const problemOf = (name: string): string | undefined => {
    const claim = own.find((one) => one.name === name);
    if (claim) return claim.users.length === 0 ? undefined : useOf(claim);
    const other = others.find(({ metadata }) => metadata?.name === name);
    if (other === undefined) return "does not exist";
    return `does not belong to the stack, but to ${makerOf({ ...other.metadata, name }, identity)}`;
  };
  const chosen = [...new Set(names)];
  const lines = chosen.flatMap((name) => {
    const problem = problemOf(name);
    return problem === undefined ? [] : [`  ${name} ${problem}`];
  });
  if (lines.length > 0) throw userError(["Claims cannot be deleted; nothing was changed.", ...lines].join("\n"));
  return own.filter(({ name }) => chosen.includes(name));
}

const useOf = ({ users, removal }: StackClaim) => `is used by ${users.join(", ")} (${removal})`;

/** What becomes of the volume of a claim, according to the reclaim policy. */
export async function fateOfVolume({ claim }: StackClaim, cluster: Cluster): Promise<string> {
  const name = claim.spec?.volumeName;
  const volume = name === undefined ? undefined : await cluster.volume(name);
  if (name === undefined || volume === undefined) return "there is none";
  if (volume === "hidden") return "deleted or kept: its reclaim policy cannot be read";
  return volume.spec?.persistentVolumeReclaimPolicy === "Retain"
    ? `kept (Retain): PersistentVolume ${name}`
    : "deleted with its data";
}

/**
 * Deletes claims, one after the other. `read` reads those of the namespace: a claim that has changed, or that a pod uses
 * by now, stays, and so do those after it. Says what is gone, and what is not.
 */
export async function deleteClaims(
  chosen: StackClaim[],
  read: () => Promise<NamespaceClaims>,
  cluster: Cluster,
  say: (text: string) => void,
): Promise<void> {
  for (const { claim, name } of chosen) {
    const { own } = await read();
    const found = own.find((one) => one.name === name);
    if (found && found.users.length > 0) throw userError(stays(`${name} ${useOf(found)} by now`));
    const isDeleted = await cluster.deleteClaim(claim).catch((error: unknown) => {
      throw userError(stays(`${name} cannot be deleted: ${requestError(error)}`));
    });
    if (!isDeleted) throw userError(stays(`${name} has changed since it was listed`));
    const left = await untilGone(name, claim.metadata?.uid, read);
    say(left === undefined ? `Deleted ${name}` : `${name} is terminating: ${left}`);
  }
}

const stays = (problem: string) => `${problem}. Neither this claim nor those after it were deleted.`;

/** What holds a deleted claim; undefined if it is gone. */
async function untilGone(
  name: string,
  uid: string | undefined,
  read: () => Promise<NamespaceClaims>,
): Promise<string | undefined> {
  const deadline = Date.now() + patience;
  const isOver = () => Date.now() > deadline;
  const left = await poll(
    `the claim ${name} is gone`,
    async () => {
      const { own } = await read();
      const found = own.find(({ claim, name: other }) => other === name && claim.metadata?.uid === uid);
      if (found === undefined) return "";
      return isOver() ? `the finalizer ${found.claim.metadata?.finalizers?.join(", ") ?? ""} holds it` : undefined;
    },
    isOver,
  );
  return left || undefined;
}
