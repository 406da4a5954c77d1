import { spawnSync } from "node:child_process";
import { globSync } from "glob";

/** Commands that pass when they end well and, where they only list what is wrong, list nothing. */
const checks: { name: string; command: string[]; folder?: string; lists?: boolean }[] = [
  { name: "ESLint", command: ["eslint", "--max-warnings", "0", "."] },
  { name: "Prettier", command: ["prettier", "--check", "--log-level", "warn", "."] },
  { name: "TypeScript", command: ["tsc"] },
  { name: "gofmt", command: ["gofmt", "-l", "apps", "local-cluster"], lists: true },
  { name: "go vet, apps/go", command: ["go", "vet", "./..."], folder: "apps/go" },
  { name: "go vet, pause", command: ["go", "vet", "./..."], folder: "local-cluster/programs/pause" },
  { name: "go vet, CSI driver", command: ["go", "vet", "./..."], folder: "local-cluster/programs/csi" },
  { name: "go test, CSI driver", command: ["go", "test", "./..."], folder: "local-cluster/programs/csi" },
  { name: "go vet, writer", command: ["go", "vet", "./..."], folder: "local-cluster/databases/writer" },
  { name: "ruff check", command: ["ruff", "check", "--quiet", "apps"] },
  { name: "ruff format", command: ["ruff", "format", "--quiet", "--check", "apps"] },
  {
    name: "shellcheck",
    command: [
      "shellcheck",
      "-x",
      "--source-path=SCRIPTDIR",
      ".ci/run",
      ...globSync("{examples,local-cluster,tools}/**/*.sh").sort(),
    ],
  },
];

/** What a check or a test came to. */
export type Outcome = "passed" | "failed" | "skipped";

/** Runs the linters and the type checker, and gives what each came to. `missing` is what a program comes to that is not installed. */
export function runChecks(missing: "failed" | "skipped", noteSkip: (line: string) => void): Outcome[] {
  return checks.map(({ name, command, folder, lists }) => {
    const [program = "", ...args] = command;
    const started = Date.now();
    const { error, status, stdout, stderr } = spawnSync(program, args, { cwd: folder, encoding: "utf8" });
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    if (error) {
      console.log(`  ${missing}: ${name}: ${error.message}`);
      if (missing === "skipped") noteSkip(`${name}: ${program} is not installed`);
      return missing;
    }
    if (status === 0 && !(lists && stdout !== "")) {
      console.log(`  ✔ ${name} (${seconds} s)`);
      return "passed";
    }
    console.log(`  ✘ ${name}\n${stdout}${stderr}`);
    return "failed";
  });
}
