import { type Labels, isOwn } from "./labels";

/** On everything that a stack makes but its pods: which stack it was, whatever that is called. */
export const identityLabel = "stateful-apps/stack-id";

/**
 * What tells a stack from every other one, also from a stack of the same name in another clone, backend or machine.
 *
 * A stack gets a new identity with the first update after its creation or its destruction. The state keeps it. What
 * outlives a destruction carries the identity of before; the clone remembers that one.
 */
export class Identity {
  constructor(
    /** Undefined if manifests are rendered: no state is read. */
    readonly id: string | undefined,
    /** The value of the label `app.kubernetes.io/part-of`. It outlives a change of the stack's name. */
    readonly partOf: string,
    /** The identities that the stack had before, in this clone. */
    private readonly former: string[] = [],
    /** Identities whose objects become the stack's own. */
    private readonly takenOver: string[] = [],
    /** Whether objects that carry the stack's name and no identity are the stack's own. */
    private readonly takesUnmarked = false,
  ) {}

  /** Whether the stack may change an object with these labels. */
  owns(labels: Labels = {}): boolean {
    const id = labels[identityLabel];
    if (id === undefined) return this.takesUnmarked && isOwn(labels, this.partOf);
    return id === this.id || this.takenOver.includes(id);
  }

  /** The same for what outlives a stack: claims and Secrets. */
  ownsRemainder(labels: Labels = {}): boolean {
    return this.owns(labels) || this.former.includes(labels[identityLabel] ?? "");
  }
}
