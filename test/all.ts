/*
 * `npm test`: lint, types, unit tests, and tests on a real cluster. The last line counts them all.
 *
 *   --require-cluster   what cannot be tested here is a failure, not a skip
 */
import { spawnSync } from "node:child_process";
import { globSync } from "glob";
import Mocha from "mocha";
import { skipReasons, skipping } from "./skip";

/** Commands that pass when they end well and, where they only list what is wrong, list nothing. */
const checks: { name: string; command: string[]; folder?: string; lists?: boolean }[] = [
  { name: "ESLint", command: ["eslint", "--max-warnings", "0", "."] },
  { name: "Prettier", command: ["prettier", "--check", "--log-level", "warn", "."] },
  { name: "TypeScript", command: ["tsc"] },
  { name: "gofmt", command: ["gofmt", "-l", "apps", "local-cluster"], lists: true },
  { name: "go vet, apps/go", command: ["go", "vet", "./..."], folder: "apps/go" },
  { name: "go vet, pause", command: ["go", "vet", "./..."], folder: "local-cluster/programs/pause" },
  { name: "ruff check", command: ["ruff", "check", "--quiet", "apps"] },
  { name: "ruff format", command: ["ruff", "format", "--quiet", "--check", "apps"] },
  {
    name: "shellcheck",
    command: [
      "shellcheck",
      "-x",
      "--source-path=SCRIPTDIR",
      ".ci/run",
      ...globSync("{local-cluster,tools}/**/*.sh").sort(),
    ],
  },
];

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

function runChecks(): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, command, folder, lists } of checks) {
    const [program = "", ...args] = command;
    const started = Date.now();
    const { error, status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    if (error) {
      const counted = skipping() ? "skipped" : "failed";
      counts[counted]++;
      if (skipping()) skipReasons.set(name, `${program} is not installed`);
      console.log(`  ${counted}: ${name}: ${error.message}`);
    } else if (status === 0 && !(lists && stdout !== "")) {
      counts.passed++;
      console.log(`  ✔ ${name} (${seconds} s)`);
    } else {
      counts.failed++;
      console.log(`  ✘ ${name}\n${stdout}${stderr}`);
    }
  }
  return counts;
}

function runTests(): Promise<Counts> {
  const mocha = new Mocha({ reporter: "spec", slow: 60_000 });
  for (const folder of ["unit", "apps", "cluster"])
    globSync(`test/${folder}/*.test.ts`)
      .sort()
      .forEach((file) => mocha.addFile(file));
  return new Promise((fulfil) => {
    const runner = mocha.run(() => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      fulfil({ passed: passes, failed: failures, skipped: pending });
    });
  });
}

async function main() {
  console.log("\n  lint and types");
  const fromChecks = runChecks();
  const fromTests = await runTests();
  for (const [what, reason] of skipReasons) console.log(`skipped: ${what}: ${reason}`);
  const sum = (key: keyof Counts) => fromChecks[key] + fromTests[key];
  console.log(`${String(sum("passed"))} passed, ${String(sum("failed"))} failed, ${String(sum("skipped"))} skipped`);
  process.exitCode = sum("failed") > 0 ? 1 : 0;
}

void main();
