import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { takenUp, withoutPendingOperations } from "../../tools/lib/stateFile";
import { checkedLocks, removeEmptyAttributes, restoreState } from "../../tools/lib/stateFolder";

describe("what a killed engine leaves in the state's folder", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "stateful-apps-state-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const write = (file: string, content: unknown) => {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), typeof content === "string" ? content : JSON.stringify(content));
  };
  const read = (file: string) => readFileSync(join(folder, file), "utf8");

  it("removes empty files of attributes of every stack, and nothing else", () => {
    write("stacks/shop/dev.json.attrs", "");
    write("stacks/shop/other.json.attrs", "");
    write("stacks/shop/dev.json", "");
    write("stacks/shop/full.json.attrs", "{}");
    assert.deepEqual(removeEmptyAttributes(folder).sort(), [
      "stacks/shop/dev.json.attrs",
      "stacks/shop/other.json.attrs",
    ]);
    assert.deepEqual(readdirSync(join(folder, "stacks/shop")).sort(), ["dev.json", "full.json.attrs"]);
    assert.deepEqual(removeEmptyAttributes(join(folder, "missing")), []);
  });

  describe("the state", () => {
    const state = { version: 3, deployment: {} };
    const restore = () => restoreState(folder, "shop", "dev");

    it("stays if it can be read", () => {
      write("stacks/shop/dev.json", state);
      write("stacks/shop/dev.json.bak", { version: 2 });
      assert.equal(restore(), undefined);
      assert.deepEqual(JSON.parse(read("stacks/shop/dev.json")), state);
    });

    for (const [what, broken] of [
      ["empty", ""],
      ["cut off", '{"version": 3, "depl'],
      ["something else", "[]"],
    ] as const) {
      it(`is taken from the copy beside it if it is ${what}, and kept aside`, () => {
        write("stacks/shop/dev.json", broken);
        write("stacks/shop/dev.json.bak", state);
        assert.equal(restore(), "stacks/shop/dev.json.bak");
        assert.deepEqual(JSON.parse(read("stacks/shop/dev.json")), state);
        const [aside = ""] = readdirSync(join(folder, "broken"));
        assert.equal(read(`broken/${aside}`), broken);
      });
    }

    it("is taken from the backups if that copy is broken too", () => {
      write("stacks/shop/dev.json", "");
      write("stacks/shop/dev.json.bak", "");
      write("backups/shop/dev/dev.1.json", state);
      assert.equal(restore(), "backups/shop/dev/dev.1.json");
    });

    it("is an error if no copy can be read, and nothing is removed", () => {
      write("stacks/shop/dev.json", "");
      assert.throws(restore, /The state of dev cannot be read, and there is no copy of it/);
      assert.ok(existsSync(join(folder, "stacks/shop/dev.json")));
    });

    it("of a stack that has none is nobody's business", () => {
      assert.equal(restore(), undefined);
    });
  });

  describe("a lock", () => {
    const lock = { pid: 1, username: "me", hostname: hostname(), timestamp: "2026-01-01" };
    const files = () => checkedLocks(folder, "shop", "dev").map((file) => file.slice(folder.length + 1));

    it("of a process that is gone, or is no engine, is free", () => {
      write("locks/organization/shop/dev/a.json", { ...lock, pid: 2 ** 30 });
      write("locks/organization/shop/dev/b.json", { ...lock, pid: process.pid });
      write("locks/organization/shop/other/c.json", { ...lock, pid: 2 ** 30 });
      assert.deepEqual(files().sort(), ["locks/organization/shop/dev/a.json", "locks/organization/shop/dev/b.json"]);
    });

    it("that was not written to its end is free", () => {
      write("locks/organization/shop/dev/a.json", "");
      assert.deepEqual(files(), ["locks/organization/shop/dev/a.json"]);
    });

    it("from another machine is refused", () => {
      write("locks/organization/shop/dev/a.json", { ...lock, hostname: "elsewhere" });
      assert.throws(files, /locked from another machine .*pulumi cancel --stack dev/s);
    });

    it("of a stack that has none is nothing", () => {
      assert.deepEqual(files(), []);
    });
  });
});

describe("a state as the engine exports it", () => {
  const object = (name: string, creationTimestamp: string) => ({
    urn: `urn:${name}`,
    type: "kubernetes:core/v1:Service",
    outputs: { kind: "Service", metadata: { name, namespace: "shop", creationTimestamp } },
  });

  it("loses its pending operations and nothing else", () => {
    const state = { version: 3, deployment: { resources: [object("a", "")], pending_operations: [{}], other: 1 } };
    assert.deepEqual(withoutPendingOperations(state), {
      version: 3,
      deployment: { resources: [object("a", "")], pending_operations: [], other: 1 },
    });
  });

  it("tells what was taken up from what was known, and from what was made", () => {
    const known = object("known", "2026-01-01T00:00:00Z");
    const found = object("found", "2026-01-01T00:00:00Z");
    const made = object("made", "2026-03-01T00:00:00Z");
    const password = {
      ...object("password", "2026-01-01T00:00:00Z"),
      type: "random:index/randomPassword:RandomPassword",
    };
    const before = { version: 3, deployment: { resources: [known] } };
    const after = { version: 3, deployment: { resources: [known, found, made, password] } };
    assert.deepEqual(takenUp(before, after, new Date("2026-02-01")), [
      ["Service", "shop/found", "made at 2026-01-01T00:00:00Z"],
    ]);
  });
});
