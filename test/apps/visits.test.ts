import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type AddressInfo, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { needsProgram } from "../skip";
import { App, apps, build, builds, commands, until } from "./app";

/** Root may not run it with its own sandbox; the rest keeps it from asking the net for anything. */
const chromiumArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
];
const html = { headers: { accept: "text/html" } };

/** A redis of a test's own, which keeps what it has acknowledged through a kill. */
class Redis {
  process?: ChildProcess;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    readonly password: string,
  ) {}

  static async in(folder: string, password: string): Promise<Redis> {
    const holder = createServer().listen(0, "127.0.0.1");
    const port = await listening(holder);
    holder.close();
    return new Redis(folder, port, password);
  }

  async start(): Promise<void> {
    const where = ["--bind", "127.0.0.1", "--port", String(this.port), "--dir", this.folder];
    const keeping = ["--appendonly", "yes", "--appendfsync", "always", "--requirepass", this.password];
    const started = spawn("redis-server", [...where, ...keeping], { stdio: ["ignore", "pipe", "inherit"] });
    this.process = started;
    let log = "";
    await new Promise<void>((fulfil, reject) => {
      started.stdout.on("data", (chunk: Buffer) => {
        log += chunk.toString();
        if (log.includes("Ready to accept connections")) fulfil();
      });
      started.once("exit", () => {
        reject(new Error(`redis ended:\n${log}`));
      });
    });
  }

  async kill(): Promise<void> {
    if (this.process?.exitCode !== null || this.process.signalCode !== null) return;
    const exit = once(this.process, "exit");
    this.process.kill("SIGKILL");
    await exit;
  }

  environment(): NodeJS.ProcessEnv {
    return { REDIS_ADDRESS: `127.0.0.1:${String(this.port)}`, REDIS_PASSWORD: this.password };
  }

  read(key: string): string {
    return execFileSync("redis-cli", ["-p", String(this.port), "get", key], {
      env: { ...process.env, REDISCLI_AUTH: this.password || undefined },
      encoding: "utf8",
    }).trim();
  }
}

async function listening(server: Server): Promise<number> {
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A way to redis that breaks with the answer to the first INCR on it. */
function losingOneAnswer(port: number): Server {
  let lost = false;
  return createServer((client) => {
    let losing = false;
    const redis = connect(port, "127.0.0.1");
    client.on("data", (chunk) => {
      if (!lost && /incr/i.test(chunk.toString())) lost = losing = true;
      redis.write(chunk);
    });
    redis.on("data", (chunk) => {
      if (losing) client.destroy();
      else client.write(chunk);
    });
    for (const [one, other] of [[client, redis] as const, [redis, client] as const])
      one
        .on("error", () => undefined)
        .on("close", () => {
          other.destroy();
        });
  }).listen(0, "127.0.0.1");
}

const javascript = join(builds, "javascript");
const pythonLibraries = join(builds, "python");

/** Fetches the library that an app takes for redis, where its compiler has not done so, and says how to start it then. */
function withLibraries(language: string, command: string[]): { command: string[]; environment: NodeJS.ProcessEnv } {
  if (language === "javascript") {
    cpSync(join(apps, "javascript"), javascript, { recursive: true });
    execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--prefer-offline"], { cwd: javascript, stdio: "pipe" });
    return { command: ["node", join(javascript, "main.mjs")], environment: {} };
  }
  if (language === "python") {
    const requirements = join(apps, "python/requirements.txt");
    execFileSync("python3", ["-m", "pip", "install", "-q", "--target", pythonLibraries, "-r", requirements], {
      stdio: "pipe",
    });
    return { command, environment: { PYTHONPATH: pythonLibraries } };
  }
  return { command, environment: {} };
}

for (const [language, command] of Object.entries(commands)) {
  describe(`the ${language} app`, function () {
    this.timeout("60s");
    let folder: string;
    let app: App;

    before(function () {
      build(this, language, command[0]);
    });
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "stateful-apps-data-"));
      app = new App(command, folder);
      await app.start();
    });
    afterEach(async () => {
      await app.kill();
      rmSync(folder, { recursive: true });
    });

    it("counts a visit at / and nowhere else", async () => {
      assert.match(await app.text("/"), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d in Moscow\npod pod-<0>\nvisits 1\n$/);
      for (const path of ["/visits", "/healthcheck", "/ready", "/status", "/favicon.ico", "/nothing"])
        await app.text(path);
      assert.equal(await app.visits(), 1);
      assert.equal(readFileSync(join(folder, "visits.txt"), "utf8"), "1\n");
    });

    it("shows the time in Moscow", async () => {
      const shown = /^(\S+) (\S+) in Moscow/.exec(await app.text("/"));
      assert.ok(shown);
      const time = Date.parse(`${String(shown[1])}T${String(shown[2])}+03:00`);
      assert.ok(Math.abs(Date.now() - time) < 5000, shown[0]);
    });

    for (const width of [360, 1280]) {
      it(`shows its count in a browser that is ${String(width)} pixels wide, without a sideways scroll`, async function () {
        needsProgram(this, "chromium", "--version");
        const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: chromiumArguments });
        try {
          const page = await browser.newPage({ viewport: { width, height: 720 } });
          await page.goto(`http://127.0.0.1:${String(app.port)}/`);
          await page.reload();
          assert.equal(await page.locator("#visits").textContent(), "2");
          assert.equal(await page.evaluate("document.documentElement.scrollWidth"), width);
        } finally {
          await browser.close();
        }
      });
    }

    it("gives a browser a page, with everything in it escaped", async () => {
      const answer = await app.get("/", html);
      assert.match(answer.headers.get("content-type") ?? "", /^text\/html/);
      const page = await answer.text();
      assert.match(page, /<dd id="visits">1<\/dd>/);
      assert.match(page, /pod-&lt;0&gt;/);
    });

    it("gives its health and status as JSON", async () => {
      for (const path of ["/healthcheck", "/ready"])
        assert.deepEqual(await (await app.get(path)).json(), { status: "ok" });
      const status = (await (await app.get("/status")).json()) as Record<string, unknown>;
      assert.deepEqual({ ...status, time: "" }, { app: language, pod: "pod-<0>", time: "", visits: 0 });
    });

    it("writes a line to the log for each request", async () => {
      await app.text("/visits");
      await app.text("/nothing");
      await app.stop("SIGTERM");
      assert.match(app.log, /"GET \/visits" 200/);
      assert.match(app.log, /"GET \/nothing" 404/);
    });

    it("stops cleanly on SIGTERM, once the requests under way are answered", async () => {
      const answers = Array.from({ length: 16 }, () => app.text("/").catch(() => undefined));
      await answers[0];
      assert.equal(await app.stop("SIGTERM"), 0);
      const acknowledged = (await Promise.all(answers)).filter((answer) => answer !== undefined);
      assert.ok(Number(readFileSync(join(folder, "visits.txt"), "utf8")) >= acknowledged.length);
    });

    it("refuses to start over a file that holds no number", async () => {
      await app.stop("SIGTERM");
      writeFileSync(join(folder, "visits.txt"), "many");
      await assert.rejects(app.start(), /many/);
      assert.equal(readFileSync(join(folder, "visits.txt"), "utf8"), "many");
    });

    it("loses no acknowledged visit under 64 clients and kill -9", async function () {
      let acknowledged = 0;
      let highest = 0;
      for (let round = 0; round < 5; round++) {
        let killed: Promise<unknown> | undefined;
        const enough = acknowledged + 50 + round * 37;
        const clients = Array.from({ length: 64 }, async () => {
          while (killed === undefined) {
            try {
              const [, count] = /visits (\d+)/.exec(await app.text("/")) ?? [];
              acknowledged++;
              highest = Math.max(highest, Number(count));
            } catch {
              return; // the app was killed
            }
            if (acknowledged >= enough) killed ??= app.stop("SIGKILL");
          }
        });
        await Promise.all(clients);
        await killed;
        await app.start();
        const visits = await app.visits();
        assert.ok(visits >= acknowledged && visits >= highest, `${String(visits)} of ${String(acknowledged)}`);
        assert.ok(visits <= acknowledged + 64 * (round + 1), "counts only what was asked for");
      }
    });
  });
}

for (const [language, plainCommand] of Object.entries(commands)) {
  describe(`the ${language} app with redis`, function () {
    this.timeout("120s");
    const uncounted = "the visit could not be counted\n";
    const unread = "the visits could not be read\n";
    let command: string[];
    let libraries: NodeJS.ProcessEnv;
    let folder: string;
    let redis: Redis;
    let started: App[];

    before(function () {
      needsProgram(this, "redis-server", "--version");
      build(this, language, plainCommand[0]);
      ({ command, environment: libraries } = withLibraries(language, plainCommand));
    });
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "stateful-apps-data-"));
      redis = await Redis.in(folder, "open-sesame");
      started = [];
    });
    afterEach(async () => {
      for (const app of started) await app.kill();
      await redis.kill();
      rmSync(folder, { recursive: true });
    });

    async function startApp(environment: NodeJS.ProcessEnv = {}): Promise<App> {
      const app = new App(command, folder, { ...libraries, ...redis.environment(), ...environment });
      started.push(app);
      await app.start();
      return app;
    }

    it("shows one count, whichever replica is asked", async () => {
      await redis.start();
      const replicas = [await startApp({ REDIS_KEY: "shared" }), await startApp({ REDIS_KEY: "shared" })];
      for (const replica of replicas) await until("ready", () => replica.isReady());
      assert.deepEqual(await Promise.all(replicas.map((replica) => replica.visits())), [0, 0]);
      const counts = await Promise.all(
        Array.from({ length: 20 }, async (_, visit) => {
          const answer = await replicas[visit % 2]?.text("/");
          return Number(/visits (\d+)/.exec(answer ?? "")?.[1]);
        }),
      );
      assert.deepEqual(
        counts.sort((one, other) => one - other),
        Array.from({ length: 20 }, (_, visit) => visit + 1),
      );
      for (const replica of replicas) {
        const { visits } = (await (await replica.get("/status")).json()) as { visits: number };
        assert.equal(visits, 20);
        assert.equal(await replica.text("/visits"), "20\n");
        assert.equal(await replica.stop("SIGTERM"), 0);
      }
      assert.equal(redis.read("shared"), "20");
    });

    it("counts under the key visits and without a password, if nothing else is said", async () => {
      redis = await Redis.in(folder, "");
      await redis.start();
      const app = await startApp({ REDIS_PASSWORD: undefined });
      await until("ready", () => app.isReady());
      assert.match(await app.text("/"), /visits 1\n/);
      assert.equal(redis.read("visits"), "1");
    });

    it("starts without redis, is alive and not ready, and counts once redis is there", async () => {
      const app = await startApp();
      assert.equal(await app.status("/healthcheck"), 200);
      assert.equal(await app.status("/ready"), 503);
      for (const path of ["/visits", "/status"]) {
        assert.equal(await app.status(path), 503);
        assert.equal(await app.text(path), unread);
      }
      assert.equal(await app.status("/"), 500);
      assert.equal(await app.text("/"), uncounted);
      await redis.start();
      await until("ready", () => app.isReady());
      assert.match(await app.text("/"), /visits 1\n/);
      await redis.kill();
      assert.equal(await app.text("/"), uncounted);
      assert.equal(await app.stop("SIGTERM"), 0);
    });

    it("logs in a line that the password is wrong, and not the password", async () => {
      await redis.start();
      const app = await startApp({ REDIS_PASSWORD: "open-barley" });
      await until("a line that says why", async () => {
        assert.equal(await app.text("/"), uncounted);
        return /^.*counting a visit failed: .*invalid username-password pair.*$/m.test(app.log);
      });
      assert.equal(await app.status("/ready"), 503);
      assert.doesNotMatch(app.log, /barley/);
      assert.ok(
        app.log.split("\n").every((line) => /listening|failed|not ready|GET|^$/.test(line)),
        app.log,
      );
    });

    it("answers within 3 seconds when redis does not, and goes on when it does", async () => {
      await redis.start();
      const app = await startApp();
      await until("ready", () => app.isReady());
      await app.text("/");
      redis.process?.kill("SIGSTOP");
      const asked = Date.now();
      const answers = ["/", "/ready", "/visits", "/"].map((path) => app.text(path));
      assert.equal(await app.status("/healthcheck"), 200);
      const [visit, readiness = "", ...others] = await Promise.all(answers);
      assert.match(readiness, /^not ready: .+\n$/);
      assert.deepEqual([visit, ...others], [uncounted, unread, uncounted]);
      assert.equal(await app.text("/"), uncounted); // over a new connection
      assert.ok(Date.now() - asked < 6000, `${String(Date.now() - asked)} ms for two requests, one after the other`);
      redis.process?.kill("SIGCONT");
      await until("ready", () => app.isReady());
      assert.equal(await app.status("/"), 200);
    });

    it("counts a visit once whose acknowledgement is lost", async () => {
      await redis.start();
      const way = losingOneAnswer(redis.port);
      try {
        const app = await startApp({ REDIS_ADDRESS: `127.0.0.1:${String(await listening(way))}` });
        await until("ready", () => app.isReady());
        assert.equal(await app.text("/"), uncounted);
        assert.equal(redis.read("visits"), "1");
        await until("ready", () => app.isReady());
        assert.match(await app.text("/"), /visits 2\n/);
      } finally {
        way.close();
      }
    });

    it("acknowledges no visit that redis does not have, under 64 clients and kill -9 of redis", async () => {
      await redis.start();
      const app = await startApp();
      await until("ready", () => app.isReady());
      const answers = { asked: 0, acknowledged: 0, refused: 0, highest: 0 };
      const unexpected: string[] = [];
      let redisIsBack = Promise.resolve();
      let enough = false;
      const clients = Array.from({ length: 64 }, async () => {
        while (!enough) {
          answers.asked++;
          const text = await app.text("/");
          const [, count] = /visits (\d+)/.exec(text) ?? [];
          if (count !== undefined) {
            answers.acknowledged++;
            answers.highest = Math.max(answers.highest, Number(count));
          } else {
            if (text !== uncounted) unexpected.push(text);
            answers.refused++;
            await redisIsBack;
          }
        }
      });
      for (let round = 0; round < 5; round++) {
        const next = answers.acknowledged + 50 + round * 37;
        await until("more visits", () => answers.acknowledged >= next);
        redisIsBack = (async () => {
          await redis.kill();
          await redis.start();
          await until("ready", () => app.isReady());
        })();
        await redisIsBack;
      }
      enough = true;
      await Promise.all(clients);
      const visits = await app.visits();
      const seen = `${String(visits)} visits; ${JSON.stringify(answers)}`;
      assert.deepEqual(unexpected, []);
      assert.ok(visits >= answers.acknowledged && visits >= answers.highest, seen);
      assert.ok(visits <= answers.asked && answers.refused > 0, seen);
    });

    it("refuses to start with an address that has no port", async () => {
      await assert.rejects(startApp({ REDIS_ADDRESS: "redis" }), /REDIS_ADDRESS is not host:port/);
    });
  });
}
