/*
 * `npm run snapshot -- APP`: takes a snapshot of each volume of an app or a store, and says how to start from them.
 *
 *   --stack NAME  the stack (default: the selected one)
 *   --name NAME   the name of the snapshots (default: the time)
 *   --class NAME  their VolumeSnapshotClass (default: the default class of the driver)
 *   --keep N      then remove the older snapshots of the app, but not the newest N
 *   --list        take none, and list those that there are
 */
import { parseArgs } from "node:util";
import { timeOf, setsOf, type SnapshotSet } from "../live/snapshots/sets";
import { removeOldSets, snapshotsIn, takeSnapshots } from "../live/snapshots/take";
import { userError } from "../schema/userError";
import { label } from "../schema/values";
import { printTable, reportErrors, say } from "./lib/commands";
import { deployed } from "./lib/deployedStack";

/** The time in UTC as the name of snapshots: `20261127-140501`. */
const timeName = () => new Date().toISOString().slice(0, 19).replaceAll(/[-:]/g, "").replace("T", "-");

/** The seconds between the first and the last snapshot, as the driver says. */
function spread({ snapshots }: SnapshotSet): string {
  const times = snapshots.map(({ status }) => Date.parse(status?.creationTime ?? ""));
  return String((Math.max(...times) - Math.min(...times)) / 1000);
}

void reportErrors(async () => {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      stack: { type: "string" },
      name: { type: "string", default: timeName() },
      class: { type: "string" },
      keep: { type: "string" },
      list: { type: "boolean", default: false },
    },
  });
  const [app, ...others] = positionals;
  if (app === undefined || others.length > 0) throw userError("Name one app or store: npm run snapshot -- APP");
  const keep = values.keep === undefined ? undefined : Number(values.keep);
  if (keep !== undefined && !(Number.isInteger(keep) && keep > 0)) {
    throw userError(`--keep is ${String(values.keep)}; it must be a number of snapshots, at least 1.`);
  }
  const { data: set, error } = label().safeParse(values.name);
  if (set === undefined) throw userError(`--name is ${values.name}; it ${error.issues[0]?.message ?? ""}.`);
  const { namespace, kind, identity, cluster } = await deployed(values.stack, app);

  if (values.list) {
    const sets = setsOf(app, await snapshotsIn(namespace, cluster));
    if (sets.length === 0) say(`There are no snapshots of ${app} in the namespace ${namespace}.`);
    else printTable([["name", "volumes", "state"], ...sets.map(describe)]);
    return;
  }

  say(`Takes the snapshots ${set} of ${app} in the namespace ${namespace}`);
  const taken = await takeSnapshots({ app, namespace, set, className: values.class }, identity, cluster);
  say(`They are ready; between the first and the last one are ${spread(taken)} s:`);
  printTable([
    ["snapshot", "time", "size"],
    ...taken.snapshots.map((snapshot) => [
      snapshot.metadata.name,
      timeOf(snapshot),
      snapshot.status?.restoreSize ?? "",
    ]),
  ]);
  if (keep !== undefined) {
    const removed = await removeOldSets({ app, namespace, keep }, identity, cluster);
    say(
      removed.length > 0 ? `Removed the older snapshots ${removed.join(", ")}` : "No older snapshots had to be removed",
    );
  }
  say("To start from them, where a claim is missing:");
  console.log(`  pulumi config set --path ${kind}.${app}.restoreFrom.snapshot ${set}`);
});

const describe = ({ name, snapshots, problem }: SnapshotSet) => [
  name,
  String(snapshots.length),
  problem ?? `ready, of ${snapshots[0] ? timeOf(snapshots[0]) : ""}`,
];
