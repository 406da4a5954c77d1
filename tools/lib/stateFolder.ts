/*
 * A state in a folder, as Pulumi's file backend keeps it, and what can be wrong there after Pulumi was killed.
 * https://github.com/pulumi/pulumi/tree/v3.259.0/pkg/backend/diy
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, copyFileSync } from "node:fs";
import { hostname } from "node:os";
import { basename, join, relative } from "node:path";
import { parse } from "yaml";
import { userError } from "../../schema/userError";

/** The folder of the backend; undefined if the state is elsewhere. */
export function stateFolder(): string | undefined {
  const settings = parse(readFileSync("Pulumi.yaml", "utf8")) as { backend?: { url?: string } };
  const url = process.env.PULUMI_BACKEND_URL ?? settings.backend?.url;
  const [, path] = /^file:\/\/([^?]*)/.exec(url ?? "") ?? [];
  return path === undefined ? undefined : join(path.replace(/^~(?=\/|$)/, process.env.HOME ?? "~"), ".pulumi");
}

/** Removes empty files of attributes and returns their names. If there is one, Pulumi cannot read any stack ("EOF"). */
export function removeEmptyAttributes(folder: string): string[] {
  const files = existsSync(folder) ? (readdirSync(folder, { recursive: true }) as string[]) : [];
  const empty = files.filter((file) => file.endsWith(".attrs") && statSync(join(folder, file)).size === 0);
  for (const file of empty) rmSync(join(folder, file));
  return empty;
}

/** Who holds a stack's lock. */
interface Lock {
  pid: number;
  username: string;
  hostname: string;
  timestamp: string;
}

/** Undefined for a file that was not written to its end. */
function parsed(file: string): object | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as object;
  } catch {
    return undefined;
  }
}

/** Whether a process exists and is Pulumi: the operating system uses process numbers again. */
function isEngine(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const name = `/proc/${String(pid)}/comm`;
  return !existsSync(name) || readFileSync(name, "utf8").trim() === "pulumi";
}

/** The files that lock one stack. Throws if the run that holds one of them exists, or could exist. */
export function checkedLocks(folder: string, project: string, stack: string): string[] {
  const locks = join(folder, "locks/organization", project, stack);
  const files = existsSync(locks) ? readdirSync(locks).map((name) => join(locks, name)) : [];
  for (const file of files.filter((name) => name.endsWith(".json"))) {
    const lock = parsed(file) as Lock | undefined;
    if (lock === undefined) continue;
    const who = `process ${String(lock.pid)} of ${lock.username}@${lock.hostname}, since ${lock.timestamp}`;
    if (lock.hostname !== hostname()) {
      throw userError(
        `The stack ${stack} is locked from another machine (${who}), and whether that run lives cannot be determined here; nothing was changed.\n` +
          `  If it is over: pulumi cancel --stack ${stack}`,
      );
    }
    if (isEngine(lock.pid)) {
      throw userError(`The stack ${stack} is being updated (${who}); nothing was changed. Wait for that, or stop it.`);
    }
  }
  return files;
}

export function removeLocks(files: string[]): void {
  for (const file of files) rmSync(file);
}

const isState = (file: string) => (parsed(file) as { version?: number } | undefined)?.version !== undefined;

/**
 * Replaces the state of a stack that cannot be read by its newest copy, and returns the name of the copy; undefined if
 * there is nothing to do. The old file is kept in the folder `broken`.
 */
export function restoreState(folder: string, project: string, stack: string): string | undefined {
  const state = join(folder, "stacks", project, `${stack}.json`);
  if (!existsSync(state) && !existsSync(`${state}.bak`)) return undefined;
  if (isState(state)) return undefined;
  const backups = join(folder, "backups", project, stack);
  const copies = existsSync(backups) ? readdirSync(backups).filter((name) => name.endsWith(".json")) : [];
  const newest = copies
    .map((name) => join(backups, name))
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  const copy = [`${state}.bak`, ...newest].find(isState);
  if (copy === undefined) {
    throw userError(`The state of ${stack} cannot be read, and there is no copy of it: ${relative(".", state)}`);
  }
  const broken = join(folder, "broken");
  mkdirSync(broken, { recursive: true });
  if (existsSync(state)) renameSync(state, join(broken, `${String(Date.now())}-${basename(state)}`));
  // Atomic, because this can be interrupted too.
  copyFileSync(copy, `${state}.new`);
  renameSync(`${state}.new`, state);
  return relative(folder, copy);
}
