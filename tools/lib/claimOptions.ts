import { parseArgs } from "node:util";
import { userError } from "../../schema/userError";
import { project } from "./stackConfig";

export interface ClaimOptions {
  /** Undefined for the selected one. */
  stack: string | undefined;
  orphans: boolean;
  delete: boolean;
  yes: boolean;
  /** The claims to delete. */
  names: string[];
}

/** The options of `npm run claims`. Throws if they do not say which claims to delete, or if nobody can be asked. */
export function claimOptions(args: string[], isTerminal: boolean): ClaimOptions {
  const { values, positionals: names } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      stack: { type: "string" },
      orphans: { type: "boolean", default: false },
      delete: { type: "boolean", default: false },
      yes: { type: "boolean", default: false },
    },
  });
  if (!values.delete && names.length > 0) throw userError(`Names of claims require --delete: ${names.join(", ")}.`);
  if (values.orphans && names.length > 0) throw userError("--orphans and names of claims exclude each other.");
  if (values.delete && !values.orphans && names.length === 0) {
    throw userError("--delete requires the names of claims, or --orphans.");
  }
  if (values.delete && !values.yes && !isTerminal) {
    throw userError("Nobody can be asked here whether to delete claims; nothing was changed. Add --yes.");
  }
  return { stack: values.stack, orphans: values.orphans, delete: values.delete, yes: values.yes, names };
}

/** Throws if every claim would be an orphan because the stack file is missing or incomplete. */
export function checkAppsAreMentioned({ unsaid }: { unsaid: string[] }): void {
  if (!unsaid.includes("apps")) return;
  throw userError(
    `The config does not mention ${project}:apps, so that the claims of all apps would be orphans; nothing was changed.\n` +
      `  Restore the stack file; or, if there are no apps, set: ${project}:apps: {}`,
  );
}
