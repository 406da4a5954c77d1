import assert from "node:assert/strict";
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";
import { needsProgram } from "../skip";

const apps = resolve(__dirname, "../../apps");
/** Root may not run it with its own sandbox; the rest keeps it from asking the net for anything. */
const chromiumArguments = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
  "--disable-component-update",
];
const html = { headers: { accept: "text/html" } };

/** A sample app that runs as a process of its own, on a port of its own choice. */
class App {
  process?: ChildProcess;
  port = 0;
  log = "";

  constructor(
    private readonly command: string[],
    private readonly folder: string,
  ) {}

  async start(): Promise<void> {
    const [program = "", ...args] = this.command;
    const started = spawn(program, args, {
      env: { ...process.env, PORT: "0", DATA_DIR: this.folder, POD_NAME: "pod-<0>" },
    });
    this.process = started;
    this.log = "";
    this.port = await new Promise((fulfil, reject) => {
      const read = (chunk: Buffer) => {
        this.log += chunk.toString();
        const [, port] = /listening on port (\d+),/.exec(this.log) ?? [];
        if (port !== undefined) fulfil(Number(port));
      };
      started.stdout.on("data", read);
      started.stderr.on("data", read);
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

  get(path: string, options?: RequestInit): Promise<Response> {
    return fetch(`http://127.0.0.1:${String(this.port)}${path}`, options);
  }

  async text(path: string, options?: RequestInit): Promise<string> {
    return (await this.get(path, options)).text();
  }

  async visits(): Promise<number> {
    return Number(await this.text("/visits"));
  }
}

const goProgram = join(mkdtempSync(join(tmpdir(), "stateful-apps-go-")), "app");
const commands = {
  go: [goProgram],
  javascript: ["node", join(apps, "javascript/main.mjs")],
  python: ["python3", "-u", join(apps, "python/app.py")],
};

for (const [language, command] of Object.entries(commands)) {
  describe(`the ${language} app`, function () {
    this.timeout("60s");
    let folder: string;
    let app: App;

    before(function () {
      if (language === "go") {
        needsProgram(this, "go", "version");
        execFileSync("go", ["build", "-buildvcs=false", "-o", goProgram, "."], { cwd: join(apps, "go") });
      } else needsProgram(this, command[0] ?? "", "--version");
    });
    beforeEach(async () => {
      folder = mkdtempSync(join(tmpdir(), "stateful-apps-data-"));
      app = new App(command, folder);
      await app.start();
    });
    afterEach(async () => {
      if (app.process?.exitCode === null && app.process.signalCode === null) await app.stop("SIGKILL");
      rmSync(folder, { recursive: true });
    });

    it("counts a visit at / and nowhere else", async () => {
      assert.match(await app.text("/"), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d in Moscow\npod pod-<0>\nvisits 1\n$/);
      for (const path of ["/visits", "/healthcheck", "/status", "/favicon.ico", "/nothing"]) await app.text(path);
      await app.get("/", { method: "HEAD" });
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
      assert.deepEqual(await (await app.get("/healthcheck")).json(), { status: "ok" });
      const status = (await (await app.get("/status")).json()) as Record<string, unknown>;
      assert.deepEqual({ ...status, time: "" }, { app: language, pod: "pod-<0>", time: "", visits: 0 });
    });

    it("answers 404 elsewhere", async () => {
      assert.equal((await app.get("/nothing")).status, 404);
    });

    it("writes a line to the log for each request", async () => {
      await app.text("/visits");
      await app.text("/nothing");
      await app.stop("SIGTERM");
      assert.match(app.log, /GET "\/visits" 200/);
      assert.match(app.log, /GET "\/nothing" 404/);
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
