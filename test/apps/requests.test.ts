import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, build, commands, exchange } from "./app";

/** A request, the status of its answer, and whether it counts a visit. */
const requests: [request: string, status: number, counts?: true][] = [
  ["GET /", 200, true],
  ["GET /?from=a", 200, true],
  ["HEAD /", 200],
  ["GET /visits", 200],
  ["HEAD /visits", 200],
  ["GET /healthcheck", 200],
  ["HEAD /healthcheck", 200],
  ["GET /ready", 200],
  ["HEAD /ready", 200],
  ["GET /status", 200],
  ["HEAD /status", 200],
  ["GET //", 404],
  ["HEAD //", 404],
  ["GET ///visits", 404],
  ["GET /visits/", 404],
  ["GET /./visits", 404],
  ["GET /%76isits", 404],
  ["GET /nothing", 404],
  ["HEAD /nothing", 404],
  ["GET http://a/", 404],
  ["POST /", 405],
  ["PUT /visits", 405],
  ["PATCH /", 405],
  ["DELETE /nothing", 405],
  ["OPTIONS *", 405],
];

/** What a file of visits may hold, with the number that it is read as; undefined if an app must not start over it. */
const contents: [content: string, count?: number][] = [
  ["0", 0],
  ["5\n", 5],
  ["007\n", 7],
  ["9007199254740990\n", 9007199254740990],
  ["9007199254740991\n"],
  ["99999999999999999"],
  [""],
  ["\n"],
  ["5\n\n"],
  [" 5"],
  ["5 "],
  ["-3"],
  ["+5"],
  ["1_000"],
  ["1e3"],
  ["0x10"],
  ["5.0"],
  ["\u0663"],
  ["\x1b[31m5"],
];

for (const [language, command] of Object.entries(commands)) {
  describe(`requests of the ${language} app`, function () {
    this.timeout("60s");
    let folder: string;
    let app: App;

    before(function () {
      build(this, language, command[0]);
    });
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "stateful-apps-data-"));
      app = new App(command, folder);
    });
    afterEach(async () => {
      await app.kill();
      rmSync(folder, { recursive: true });
    });

    const ask = async (request: string, headers = "Host: a\r\nConnection: close\r\n") => {
      const answer = await exchange(app.port, `${request} HTTP/1.1\r\n${headers}\r\n`);
      const [head = "", body = ""] = answer.split("\r\n\r\n");
      const header = (name: string) => new RegExp(`^${name}: (.*?)\r?$`, "im").exec(head)?.[1];
      return { status: Number(head.split(" ")[1]), header, body };
    };

    it("are answered and counted as the table says", async () => {
      await app.start();
      let visits = 0;
      for (const [request, status, counts] of requests) {
        const answer = await ask(request);
        assert.equal(answer.status, status, request);
        assert.equal(answer.header("Allow"), status === 405 ? "GET, HEAD" : undefined, request);
        if (counts) visits++;
        assert.equal(await app.visits(), visits, request);
      }
    });

    it("by HEAD get the headers of GET and no body", async () => {
      await app.start();
      for (const [request] of requests.filter(([request]) => request.startsWith("HEAD"))) {
        const [head, get] = [await ask(request), await ask(request.replace("HEAD", "GET"))];
        assert.equal(head.body, "", request);
        assert.notEqual(get.body, "", request);
        assert.equal(head.status, get.status, request);
        for (const name of ["Content-Type", "Content-Length"])
          assert.equal(head.header(name), get.header(name), `${request}: ${name}`);
      }
    });

    it("that are not whole, or too long, count nothing", async () => {
      await app.start();
      for (const part of ["GET / HTTP/1.1\r\nHost: a\r\n", "GET / HTTP/1.1\r\nHo", "GET /"])
        await exchange(app.port, part, "end");
      const long = await ask("GET /", `Host: a\r\n${`X: ${"x".repeat(10_000)}\r\n`.repeat(30)}`);
      assert.notEqual(long.status, 200);
      assert.equal(await app.visits(), 0);
    });

    it("reach the log in printable characters, and in short lines", async () => {
      await app.start();
      const end = "HTTP/1.1\r\nHost: \x1b[31ma\r\nAccept: \x1b[31m\x9b31m\r\nConnection: close\r\n\r\n";
      for (const line of ["GET /\x1b[31m", "GET /\x9b31m", "\x1b[31mGET /", "\x9bGET /", "GET /\x7f", 'GET /"\u00ad'])
        await exchange(app.port, `${line} ${end}`);
      await exchange(app.port, `GET /${"a".repeat(20_000)} ${end}`);
      await exchange(app.port, `${"G".repeat(20_000)} / ${end}`);
      await ask("GET /last");
      await app.stop("SIGTERM");
      assert.match(app.log, /"GET \/last" 404/);
      assert.match(app.log, /^[\n -~]*$/);
      for (const line of app.log.split("\n")) assert.ok(line.length < 400, line);
    });

    it("find the count of a file that holds decimal digits, and the app refuses any other", async () => {
      for (const [content, count] of contents) {
        writeFileSync(join(folder, "visits.txt"), content);
        const shown = JSON.stringify(content);
        if (count === undefined) await assert.rejects(app.start(), /visits\.txt holds no number of visits/, shown);
        else {
          await app.start();
          assert.equal(await app.visits(), count, shown);
          await app.stop("SIGTERM");
        }
        assert.match(app.log, /^[\n -~]*$/, shown);
      }
    });
  });
}
