import { type Labels, isOwn } from "./labels";

/** The label of every object of a stack except its pods: the identity of the stack, which does not depend on names. */
export const identityLabel = "stateful-apps/stack-id";

/**
 * What distinguishes a stack from every other one, including stacks of the same name in other clones, backends and
 * machines.
 *
 * A stack gets a new identity with the first update after it was created or destroyed. The state keeps the identity.
 * Objects that outlive a destruction carry the previous identity, which the clone remembers.
 */
export class Identity {
  constructor(
    /** Undefined if manifests are rendered, because no state is read. */
    readonly id: string | undefined,
    /** The value of the label `app.kubernetes.io/part-of`. It stays the same if the stack is renamed. */
    readonly partOf: string,
    /** Earlier identities of the stack in this clone. */
    private readonly former: string[] = [],
    /** Identities of stacks whose objects this stack takes over. */
    private readonly takenOver: string[] = [],
    /** Whether objects with the name of the stack and without an identity belong to the stack. */
    private readonly takesUnmarked = false,
  ) {}

  /** Whether an object with these labels belongs to the stack. */
  owns(labels: Labels = {}): boolean {
    const id = labels[identityLabel];
    if (id === undefined) return this.takesUnmarked && isOwn(labels, this.partOf);
    return id === this.id || this.takenOver.includes(id);
  }

  /** The same for objects that outlive a stack: claims, Secrets and the namespace. */
  ownsRemainder(labels: Labels = {}): boolean {
    return this.owns(labels) || this.former.includes(labels[identityLabel] ?? "");
  }
}
