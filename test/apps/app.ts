import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Context } from "mocha";
import { needsProgram } from "../skip";

export const apps = resolve(__dirname, "../../apps");

/** The folder of what a run of the tests builds. */
export const builds = mkdtempSync(join(tmpdir(), "stateful-apps-builds-"));
chmodSync(builds, 0o755); // for programs that run as another user
const goProgram = join(builds, "app-go");

export const commands = {
  go: [goProgram],
  javascript: ["node", join(apps, "javascript/main.mjs")],
  python: ["python3", "-u", join(apps, "python/app.py")],
};

export function build(test: Context, language: string, program = "") {
  if (language === "go") {
    needsProgram(test, "go", "version");
    execFileSync("go", ["build", "-buildvcs=false", "-o", goProgram, "."], { cwd: join(apps, "go") });
  } else needsProgram(test, program, "--version");
}

// Not after the tests of a file: a process may run several files, which share what is built.
process.once("exit", () => {
  rmSync(builds, { recursive: true });
});

/** A sample app that runs as a process of its own, on a port of its own choice. */
export class App {
  process?: ChildProcess;
  port = 0;
  log = "";

  constructor(
    private readonly command: string[],
    readonly folder: string,
    private readonly environment: NodeJS.ProcessEnv = {},
    private readonly user?: number,
  ) {}

  /** Starts the process, and does not wait until it listens. */
  launch(): ChildProcess {
    const [program = "", ...args] = this.command;
    this.log = "";
    return (this.process = spawn(program, args, {
      uid: this.user,
      gid: this.user,
      env: {
        ...process.env,
        PYTHONDONTWRITEBYTECODE: "1",
        PORT: "0",
        DATA_DIR: this.folder,
        POD_NAME: "pod-<0>",
        REDIS_ADDRESS: "",
        ...this.environment,
      },
    }));
  }

  async start(): Promise<void> {
    const started = this.launch();
    this.port = await new Promise((fulfil, reject) => {
      const read = (chunk: Buffer) => {
        this.log += chunk.toString();
        const [, port] = /listening on port (\d+),/.exec(this.log) ?? [];
        if (port !== undefined) fulfil(Number(port));
      };
      started.stdout?.on("data", read);
      started.stderr?.on("data", read);
      started.once("exit", () => {
        reject(new Error(`the app ended:\n${this.log}`));
      });
    });
  }

  async stop(signal: NodeJS.Signals): Promise<number | null> {
    assert.ok(this.process);
    const exit = once(this.process, "exit") as Promise<[number | null]>;
    this.process.kill(signal);
    return (await exit)[0];
  }

  async kill(): Promise<void> {
    if (this.process?.exitCode === null && this.process.signalCode === null) await this.stop("SIGKILL");
  }

  get(path: string, options?: RequestInit): Promise<Response> {
    return fetch(`http://127.0.0.1:${String(this.port)}${path}`, options);
  }

  async text(path: string, options?: RequestInit): Promise<string> {
    return (await this.get(path, options)).text();
  }

  async visits(): Promise<number> {
    return Number(await this.text("/visits"));
  }

  async status(path: string): Promise<number> {
    return (await this.get(path)).status;
  }

  async isReady(): Promise<boolean> {
    return (await this.status("/ready")) === 200;
  }
}

/** Waits until something is so, which is asked again and again. */
export async function until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!(await condition())) {
    assert.ok(Date.now() < deadline, `not so after 20 s: ${what}`);
    await pause(20);
  }
}

/** Sends bytes as they are, then nothing more or the end, and returns all that comes back until the app closes. */
export async function exchange(port: number, sent: string, then?: "end"): Promise<string> {
  const socket = connect(port, "127.0.0.1").setEncoding("latin1");
  let received = "";
  socket.on("data", (text: string) => (received += text));
  socket.on("error", () => undefined); // a reset: the app may refuse a request before it has read all of it
  // The function `once` would reject after a reset.
  const closed = new Promise((resolve) => socket.on("close", resolve));
  socket.write(sent, "latin1");
  if (then === "end") socket.end();
  await closed;
  return received;
}
