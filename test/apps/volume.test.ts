import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needsProgram, needsRoot } from "../skip";
import { App, build, commands, until } from "./app";

/** Root may write everywhere: the app runs as the user that its image has. */
const user = process.getuid?.() === 0 ? 65532 : undefined;

for (const [language, command] of Object.entries(commands)) {
  describe(`the ${language} app and its volume`, function () {
    this.timeout("60s");
    let folder: string;
    let app: App;

    before(function () {
      build(this, language, command[0]);
    });
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "stateful-apps-data-"));
      if (user !== undefined) chownSync(folder, user, user);
      app = new App(command, folder, {}, user);
    });
    afterEach(async () => {
      await app.kill();
      chmodSync(folder, 0o700);
      rmSync(folder, { recursive: true });
    });

    async function isNotReady(reason: RegExp): Promise<void> {
      await until("not ready", async () => !(await app.isReady()));
      assert.match(await app.text("/ready"), reason);
      assert.match(app.log, reason);
      assert.equal(await app.status("/"), 500);
      assert.equal(await app.status("/healthcheck"), 200);
    }

    it("is not ready as long as it may not write there", async () => {
      await app.start();
      assert.ok(await app.isReady());
      chmodSync(folder, 0o500);
      await isNotReady(/not ready: .*permission denied/i);
      chmodSync(folder, 0o700);
      await until("ready", () => app.isReady());
      assert.match(await app.text("/"), /visits 1\n/);
      assert.deepEqual(readdirSync(folder), ["visits.txt"]);
    });

    it("is not ready as long as it is full, or can only be read", async function () {
      needsRoot(this);
      needsProgram(this, "unshare", "--version");
      // In a mount namespace of its own, which ends with the app.
      const mounted = 'mount -t tmpfs -o size=64k none "$DATA_DIR" && exec "$@"';
      app = new App(["unshare", "--mount", "sh", "-c", mounted, "sh", ...command], folder);
      await app.start();
      assert.ok(await app.isReady());
      const pid = String(app.process?.pid);
      const filler = join("/proc", pid, "root", folder, "filler");
      assert.throws(() => {
        for (;;) appendFileSync(filler, Buffer.alloc(4096));
      }, /ENOSPC/);
      await isNotReady(/not ready: .*no space left/i);
      rmSync(filler);
      await until("ready", () => app.isReady());
      execFileSync("nsenter", ["--target", pid, "--mount", "mount", "-o", "remount,ro", folder]);
      await isNotReady(/not ready: .*read-only file system/i);
      execFileSync("nsenter", ["--target", pid, "--mount", "mount", "-o", "remount,rw", folder]);
      await until("ready", () => app.isReady());
      assert.match(await app.text("/"), /visits 1\n/);
    });

    it("is written at most once a second to find out whether it can be", async () => {
      await app.start();
      const changed = new Set<number>();
      const start = Date.now();
      for (let asked = 0; asked < 200; asked++) {
        assert.ok(await app.isReady());
        changed.add(statSync(folder).mtimeMs);
      }
      const seconds = (Date.now() - start) / 1000;
      assert.ok(changed.size <= 1 + seconds, `${String(changed.size)} times in ${String(seconds)} s`);
    });

    it("counts a visit that is in the file, although the folder cannot be synced", async () => {
      await app.start();
      chmodSync(folder, 0o300); // files may be written, and the folder not be opened
      assert.match(await app.text("/"), /visits 1\n/);
      assert.match(app.log, /visit 1 may be lost in a power cut: /);
      assert.equal(await app.visits(), 1);
      assert.equal(readFileSync(join(folder, "visits.txt"), "utf8"), "1\n");
    });
  });
}
