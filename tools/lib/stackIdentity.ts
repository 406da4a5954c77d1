import { Identity } from "../../objects/identity";
import { userError } from "../../schema/userError";
import { rememberedIds } from "../../stack/identity";
import { project } from "./stackConfig";
import { exportedState, recordedIdentity } from "./stateFile";

/** The name of a stack without its organization and its project. */
export const shortName = (stack: string) => stack.split("/").at(-1) ?? stack;

/** The organization, the project and the name of a stack. A state in a folder has one organization. */
function qualified(stack: string): string[] {
  const [organization = "", ...others] = stack.split("/");
  return [others.length === 0 ? "organization" : organization, project, shortName(stack)];
}

/**
 * The identity by which the objects of a stack are recognized: that of its state, and those that the clone remembers. After
 * a destruction, only the clone knows the identity of what stays.
 */
export async function identityOf(stack: string): Promise<Identity> {
  const remembered = rememberedIds(qualified(stack));
  const recorded = await exportedState(stack).then(recordedIdentity, (error: unknown) => {
    // The stack can have been removed, and npm start does without the Pulumi CLI.
    if (remembered.length === 0) throw error;
    console.error(`The state of ${stack} cannot be read: only what this clone remembers of the stack counts.`);
    return undefined;
  });
  const id = recorded?.id ?? remembered.at(-1);
  if (id === undefined) {
    throw userError(
      `Neither the state of ${stack} nor this clone knows an identity of the stack, by which its claims are recognized. Either nothing was deployed yet, or another clone deployed it.`,
    );
  }
  return new Identity(id, recorded?.partOf ?? `${project}-${shortName(stack)}`, remembered, [], recorded !== undefined);
}
