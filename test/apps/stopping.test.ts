import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Agent, get } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { App, build, commands, exchange, until } from "./app";

async function connected(app: App): Promise<Socket> {
  const socket = connect(app.port, "127.0.0.1");
  socket.on("error", () => undefined);
  await once(socket, "connect");
  return socket;
}

/** A client that sends a byte every two seconds, and never a whole request. */
async function slowClient(app: App): Promise<Socket> {
  const socket = await connected(app);
  socket.write("GET / HTTP/1.1\r\nHost: ");
  const sending = setInterval(() => socket.write("a"), 2000);
  socket.resume().once("close", () => {
    clearInterval(sending);
  });
  return socket;
}

/** Asks again and again, over connections that are kept or not, and says how many requests got no good answer. */
class Clients {
  requests = 0;
  readonly failures: string[] = [];
  private ended = false;
  private readonly running: Promise<void>[];

  constructor(
    public port: number,
    count: number,
  ) {
    this.running = Array.from({ length: count }, (_, client) => this.run(new Agent({ keepAlive: client % 2 === 0 })));
  }

  private async run(agent: Agent): Promise<void> {
    while (!this.ended) {
      this.requests++;
      try {
        await new Promise<void>((fulfil, reject) => {
          const request = get({ host: "127.0.0.1", port: this.port, agent }, (response) => {
            response.resume().once("error", reject);
            response.once("end", () => {
              if (response.statusCode === 200) fulfil();
              else reject(new Error(`status ${String(response.statusCode)}`));
            });
          });
          request.once("error", reject);
        });
      } catch (error) {
        this.failures.push((error as Error).message);
        await pause(10);
      }
    }
    agent.destroy();
  }

  async end(): Promise<void> {
    this.ended = true;
    await Promise.all(this.running);
  }
}

for (const [language, command] of Object.entries(commands)) {
  describe(`the ${language} app that is told to stop`, function () {
    this.timeout("60s");
    let folder: string;
    let started: App[];

    before(function () {
      build(this, language, command[0]);
    });
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "stateful-apps-data-"));
      started = [];
    });
    afterEach(async () => {
      for (const app of started) await app.kill();
      rmSync(folder, { recursive: true });
    });

    function newApp(environment: NodeJS.ProcessEnv = {}): App {
      const app = new App(command, mkdtempSync(join(folder, "replica-")), environment);
      started.push(app);
      return app;
    }

    async function startedApp(environment: NodeJS.ProcessEnv = {}): Promise<App> {
      const app = newApp(environment);
      await app.start();
      return app;
    }

    it("waits ten seconds for slow clients, as it does at any other time", async () => {
      const [stopping, running] = [await startedApp(), await startedApp()];
      const slow = await Promise.all(Array.from({ length: 300 }, () => slowClient(stopping)));
      const other = await slowClient(running);
      const since = Date.now();
      const closed = once(other, "close");
      assert.equal(await stopping.stop("SIGTERM"), 0);
      const seconds = (Date.now() - since) / 1000;
      assert.ok(seconds < 13, `stopped after ${String(seconds)} s`);
      await closed;
      const patience = (Date.now() - since) / 1000;
      assert.ok(patience < 13, `closed after ${String(patience)} s`);
      for (const socket of slow) socket.destroy();
      assert.equal(await running.visits(), 0);
    });

    it("closes idle connections at once", async () => {
      const app = await startedApp();
      const idle = await connected(app);
      idle.write("GET /visits HTTP/1.1\r\nHost: a\r\n\r\n");
      await once(idle, "data");
      const since = Date.now();
      assert.equal(await app.stop("SIGTERM"), 0);
      assert.ok(Date.now() - since < 2000, `stopped after ${String(Date.now() - since)} ms`);
      idle.destroy();
    });

    it("stops, although it has not begun to listen", async () => {
      const app = newApp();
      const file = join(app.folder, "visits.txt");
      execFileSync("mkfifo", [file]); // which the app reads until its writer closes it
      const exit = once(app.launch(), "exit");
      let writer = 0;
      await until("the app reads the file", () => {
        try {
          return (writer = openSync(file, constants.O_WRONLY | constants.O_NONBLOCK)) > 0;
        } catch {
          return false; // nobody reads it yet
        }
      });
      app.process?.kill("SIGTERM");
      await pause(300);
      closeSync(writer); // Node ends only after the reads that are under way
      assert.deepEqual(await exit, [0, null]);
    });

    it("goes on answering during the delay, is not ready, and ends every connection", async () => {
      const app = await startedApp({ STOP_DELAY: "2" });
      const kept = await connected(app);
      const ask = (path: string) => exchange(app.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`);
      const stopped = app.stop("SIGTERM");
      await until("the app is stopping", () => app.log.includes("stopping"));
      assert.match(
        await ask("/ready"),
        /^HTTP\/1.. 503 [^]*\r\nConnection: close\r\n[^]*not ready: the app is stopping/i,
      );
      for (const path of ["/", "/visits", "/healthcheck"])
        assert.match(await ask(path), /^HTTP\/1.. 200 [^]*\r\nConnection: close\r\n/i);
      kept.write("GET /visits HTTP/1.1\r\nHost: a\r\n\r\n");
      const [answer] = (await once(kept, "data")) as [Buffer];
      assert.match(answer.toString(), /\r\nConnection: close\r\n/i);
      assert.equal(await stopped, 0);
    });

    it("fails no request if clients learn of it within the delay, as they do from Kubernetes", async () => {
      /** Clients use one replica, which stops, and the other one a second later. */
      const failed = async (environment: NodeJS.ProcessEnv) => {
        const [first, second] = [await startedApp(environment), await startedApp(environment)];
        const clients = new Clients(first.port, 8);
        await pause(500);
        const stopped = first.stop("SIGTERM");
        await pause(1000);
        clients.port = second.port;
        assert.equal(await stopped, 0);
        await clients.end();
        await second.stop("SIGTERM");
        return clients;
      };
      const before = await failed({});
      const after = await failed({ STOP_DELAY: "3" });
      console.log(
        `      failed requests: ${String(before.failures.length)} of ${String(before.requests)} without a delay, ` +
          `${String(after.failures.length)} of ${String(after.requests)} with one`,
      );
      assert.ok(before.failures.length > 0, "the clients notice an app that has stopped");
      assert.deepEqual(after.failures, []);
    });

    it("refuses to start with a delay that is not a number of seconds", async () => {
      for (const delay of ["-1", "1.5", "abc", "1e3", "3601", "\x1b"]) {
        const app = newApp({ STOP_DELAY: delay });
        await assert.rejects(app.start(), /STOP_DELAY is not a number of seconds from 0 to 3600/);
        assert.match(app.log, /^[\n -~]*$/);
      }
    });
  });
}
