/*
 * `npm test`: lint, types, unit tests, and tests on a real cluster. The last line counts them all.
 *
 *   checks unit apps linters cluster   only these
 *   --require-cluster          what cannot be tested here is a failure, not a skip
 */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { globSync } from "glob";
import Mocha from "mocha";
import { parse } from "yaml";
import { mochaGlobalSetup, mochaGlobalTeardown } from "./cluster/sharedCluster";
import { skipVariables } from "./skip";
import { runChecks, type Outcome } from "./checks";

/** What runs together, and in how many processes. The tests on clusters mostly wait. */
const groups = [
  { name: "unit", jobs: 2 },
  { name: "apps", jobs: 2 },
  { name: "linters", jobs: 1 },
  { name: "cluster", jobs: 4 },
];

/** The files that take longest start first, so that none is left alone in the end. */
const longest = [
  "render",
  "config",
  "storage",
  "volumes",
  "nodes",
  "snapshots",
  "databaseRabbitmq",
  "databaseEtcd",
  "databaseNats",
  "secrets",
  "rollout",
  "adopt",
  "killedInstall",
  "killedUpdate",
  "brokenRollout",
  "ownership",
  "move",
  "lifecycle",
  "contract",
  "jobs",
  "databasePostgres",
  "access",
  "heldBackConfig",
  "preview",
  "canary",
  "exampleVault",
  "policies",
  "exampleMoscowTime",
];

interface Result {
  title: string;
  outcome: Outcome;
  milliseconds: number;
}

/** Runs the files of a folder side by side. */
function runTests(folder: string, jobs: number): Promise<Result[]> {
  const place = (file: string) => {
    const index = longest.indexOf(basename(file, ".test.ts"));
    return index < 0 ? longest.length : index;
  };
  const files = globSync(`test/${folder}/*.test.ts`).sort((one, other) => place(one) - place(other));
  const settings = parse(readFileSync(".mocharc.yml", "utf8")) as Mocha.MochaOptions;
  const fixtures = { globalSetup: [mochaGlobalSetup], globalTeardown: [mochaGlobalTeardown] };
  const options = { ...settings, ...fixtures, reporter: "spec", parallel: true, jobs };
  const mocha = new Mocha(options);
  for (const file of files) mocha.addFile(file);
  const results: Result[] = [];
  return new Promise((fulfil) => {
    const runner = mocha.run(() => {
      fulfil(results);
    });
    const note = (outcome: Outcome) => (test: Mocha.Runnable) => {
      results.push({ title: test.fullTitle(), outcome, milliseconds: test.duration ?? 0 });
    };
    runner.on("pass", note("passed")).on("fail", note("failed")).on("pending", note("skipped"));
  });
}

function printSlowest(results: Result[]): void {
  const slowest = [...results].sort((one, other) => other.milliseconds - one.milliseconds).slice(0, 10);
  console.log("The slowest tests:");
  for (const { title, milliseconds } of slowest) {
    console.log(`${(milliseconds / 1000).toFixed(1).padStart(7)} s  ${title}`);
  }
}

async function main() {
  const { values, positionals } = parseArgs({
    options: { "require-cluster": { type: "boolean", default: false } },
    allowPositionals: true,
  });
  const unknown = positionals.find((name) => !["checks", ...groups.map(({ name }) => name)].includes(name));
  if (unknown !== undefined) throw new Error(`There are no tests "${unknown}".`);
  const wanted = (name: string) => positionals.length === 0 || positionals.includes(name);
  const folder = mkdtempSync(join(tmpdir(), "stateful-apps-test-"));
  const reasons = join(folder, "skip-reasons");
  writeFileSync(reasons, "");
  process.env[skipVariables.reasons] = reasons;
  if (values["require-cluster"]) process.env[skipVariables.fail] = "yes";

  const outcomes: Outcome[] = [];
  if (wanted("checks")) {
    console.log("\n  lint and types");
    outcomes.push(
      ...runChecks(values["require-cluster"] ? "failed" : "skipped", (line) => {
        appendFileSync(reasons, `${line}\n`);
      }),
    );
  }
  const results: Result[] = [];
  for (const { name, jobs } of groups) if (wanted(name)) results.push(...(await runTests(name, jobs)));
  outcomes.push(...results.map(({ outcome }) => outcome));

  printSlowest(results);
  for (const line of readFileSync(reasons, "utf8").split("\n").filter(Boolean)) console.log(`skipped: ${line}`);
  rmSync(folder, { recursive: true });
  const count = (wanted: Outcome) => String(outcomes.filter((outcome) => outcome === wanted).length);
  console.log(`${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped`);
  if (outcomes.includes("failed")) process.exitCode = 1;
}

void main();
