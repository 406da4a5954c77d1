import { type SpawnOptions, spawn } from "node:child_process";
import { createInterface } from "node:readline/promises";
import * as pulumi from "@pulumi/pulumi";
import { userError } from "../../schema/userError";

const started = Date.now();

/** Prints the step that begins, with the time since the start. */
export function say(text: string): void {
  console.log(`\n[${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s] ${text}`);
}

/** Runs a command and shows what it prints. Throws if the command fails. */
export async function show(command: string, args: string[], options: SpawnOptions & { input?: string } = {}) {
  await execute(command, args, {
    stdio: [options.input === undefined ? "ignore" : "pipe", "inherit", "inherit"],
    ...options,
  });
}

/** Runs a command and returns what it prints. Throws if the command fails, with what it has printed. */
export async function capture(command: string, args: string[], options: SpawnOptions = {}): Promise<string> {
  return execute(command, args, { stdio: ["ignore", "pipe", "inherit"], ...options });
}

function execute(
  command: string,
  args: string[],
  { input, ...options }: SpawnOptions & { input?: string },
): Promise<string> {
  return new Promise((fulfil, reject) => {
    const child = spawn(command, args, options);
    let output = "";
    child.stdout?.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.stdin?.end(input);
    child.on("error", ({ message }) => {
      reject(userError(`${command} cannot be started: ${message}`));
    });
    child.on("close", (code) => {
      if (code === 0) fulfil(output);
      else reject(userError(`${output}${[command, ...args].join(" ")} ended with ${String(code)}.`));
    });
  });
}

/** Whether a command exists and succeeds. */
export async function succeeds(command: string, args: string[], env?: NodeJS.ProcessEnv): Promise<boolean> {
  return execute(command, args, { stdio: "ignore", env }).then(
    () => true,
    () => false,
  );
}

/** Whether the user agrees. */
export async function isConfirmed(question: string): Promise<boolean> {
  const terminal = createInterface(process.stdin, process.stdout);
  const answer = await terminal.question(`${question} [y/N] `);
  terminal.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** Prints a table. */
export function printTable(rows: string[][], margin = "  "): void {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  for (const row of rows) {
    console.log(`${margin}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
  }
}

/** Runs a command's main function. A mistake of the user is printed as a sentence, any other error with its stack. */
export async function reportErrors(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    const isMistake =
      pulumi.RunError.isInstance(error) || (error as { code?: string }).code?.startsWith("ERR_PARSE_ARGS");
    console.error(isMistake ? `error: ${(error as Error).message}` : error);
    process.exitCode = 1;
  }
}
