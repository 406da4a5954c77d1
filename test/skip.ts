import { execFileSync } from "node:child_process";
import { appendFileSync } from "node:fs";
import type { Context } from "mocha";

/** `npm test` says by these what skips are to do, in processes of their own too. */
export const skipVariables = {
  /** Set: what cannot be tested here fails. */
  fail: "STATEFUL_APPS_FAIL_SKIPS",
  /** The path of a file to which each skip adds a line with its reason. */
  reasons: "STATEFUL_APPS_SKIP_REASONS",
};

function succeeds(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore", timeout: 300_000 });
    return true;
  } catch {
    return false;
  }
}

/** What keeps a machine from running the local cluster. */
const clusterObstacle = () =>
  process.platform !== "linux"
    ? "the local cluster requires Linux"
    : process.getuid?.() !== 0
      ? "the local cluster requires root"
      : !succeeds("go", "version")
        ? "the local cluster is built with Go, which is not installed"
        : !succeeds("apt-get", "--version")
          ? "the local cluster requires packages of Debian"
          : undefined;

const engineObstacle = () =>
  succeeds("pulumi", "version") ? undefined : "the Pulumi engine is not installed and could not be downloaded";

/** Skips the rest of a suite on a machine without a cluster, or without the engine where it is needed. */
export function needsCluster(test: Context, options: { engine: boolean }): void {
  skipFor(test, clusterObstacle() ?? (options.engine ? engineObstacle() : undefined));
}

/** Skips the rest of a suite on a machine without the engine. */
export function needsEngine(test: Context): void {
  skipFor(test, engineObstacle());
}

/** Skips the rest of a suite on a machine without a program. */
export function needsProgram(test: Context, program: string, versionArgument: string): void {
  skipFor(test, succeeds(program, versionArgument) ? undefined : `${program} is not installed`);
}

/** Skips a test that mounts a file system, if the user is not root. */
export function needsRoot(test: Context): void {
  skipFor(test, process.getuid?.() === 0 ? undefined : "a mount requires root");
}

function skipFor(test: Context, reason: string | undefined): void {
  if (reason === undefined) return;
  if (process.env[skipVariables.fail] !== undefined) throw new Error(reason);
  const reasons = process.env[skipVariables.reasons];
  const suite = test.test?.parent?.fullTitle() ?? "a suite";
  if (reasons !== undefined) appendFileSync(reasons, `${suite}: ${reason}\n`);
  test.skip();
}
