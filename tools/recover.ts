/*
 * `npm run recover`: repairs a stack after Pulumi was killed, and adopts objects that its state does not know.
 *
 *   --stack NAME       the stack (default: the selected one)
 *   --yes              do not ask before the update
 *   --non-interactive  never ask
 *   --take-over ID     also take over the objects of the stack with this identity: its state is lost, or belongs to
 *                      another clone, which must not be used afterwards
 *
 * If the command itself is killed, run it again.
 */
import { parseArgs } from "node:util";
import { userError } from "../schema/userError";
import { capture, printTable, reportErrors, say, show } from "./lib/commands";
import { project } from "./lib/stackConfig";
import { checkedLocks, removeEmptyAttributes, removeLocks, restoreState, stateFolder } from "./lib/stateFolder";
import { exportedState, takenUp, withoutPendingOperations } from "./lib/stateFile";

void reportErrors(async () => {
  const { values } = parseArgs({
    options: {
      stack: { type: "string" },
      yes: { type: "boolean", default: false },
      "non-interactive": { type: "boolean", default: false },
      "take-over": { type: "string" },
    },
  });
  const folder = stateFolder();
  // Pulumi cannot read any stack beside an empty file of attributes.
  for (const file of folder === undefined ? [] : removeEmptyAttributes(folder)) say(`Removed ${file}, which was empty`);
  const stack = values.stack ?? (await capture("pulumi", ["stack", "--show-name"])).trim();
  const name = stack.split("/").at(-1) ?? stack;

  if (folder === undefined) {
    // Other backends know who holds a lock. Only `pulumi cancel` can release it there.
    if (!values.yes) throw userError("The state is not in a folder: make sure that no other run lives, and add --yes.");
    await show("pulumi", ["cancel", "--yes", "--stack", stack]);
  } else {
    const locks = checkedLocks(folder, project, name);
    removeLocks(locks);
    if (locks.length > 0) say(`Released the lock of ${stack}: the process that held it is gone`);
    const source = restoreState(folder, project, name);
    if (source !== undefined) say(`The state of ${stack} could not be read; it is the one of ${source} now`);
  }

  const started = new Date();
  const before = await exportedState(stack);
  const pending = before.deployment.pending_operations?.length ?? 0;
  if (pending > 0) {
    say(`Removing ${String(pending)} pending operations from the state: what they made is taken up`);
    const input = JSON.stringify(withoutPendingOperations(before));
    await show("pulumi", ["stack", "import", "--stack", stack], { input });
  }

  const takeOver = values["take-over"];
  const flags = [
    ...(values.yes ? ["--yes"] : []),
    ...(values["non-interactive"] ? ["--non-interactive"] : []),
    // Objects that the state knows can carry another identity, which only a refresh shows.
    ...(takeOver === undefined ? [] : ["--refresh"]),
  ];
  const env = {
    ...process.env,
    PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true",
    STATEFUL_APPS_RECOVER: "true",
    STATEFUL_APPS_TAKE_OVER: takeOver ?? "",
  };
  await show("pulumi", ["up", "--stack", stack, ...flags], { env, stdio: "inherit" });

  const found = takenUp(before, await exportedState(stack), started);
  say(found.length > 0 ? "Taken up:" : "Nothing had to be taken up");
  printTable(found);
});
