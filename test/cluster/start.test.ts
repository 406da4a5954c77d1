import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { needsCluster } from "../skip";
import { root, run, TestCluster } from "./support";

describe("npm start", function () {
  this.timeout("60m");
  const cluster = new TestCluster("start");
  const clone = mkdtempSync(join(tmpdir(), "stateful-apps-clone-"));
  const files = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: root });

  before(async function () {
    needsCluster(this, { engine: false });
    await cluster.up();
    for (const file of files.toString().split("\0").filter(Boolean)) cpSync(join(root, file), join(clone, file));
    // Older than the packages, which are shared: nothing may be installed through this link.
    utimesSync(join(clone, "package-lock.json"), 0, 0);
    symlinkSync(join(root, "node_modules"), join(clone, "node_modules"));
    execFileSync("git", ["init", "--quiet"], { cwd: clone });
    execFileSync("git", ["add", "."], { cwd: clone });
  });

  after(async () => {
    rmSync(clone, { recursive: true });
    await cluster.remove();
  });

  const start = async (env: NodeJS.ProcessEnv = {}) =>
    run("npm", ["start", "--", "--context", await cluster.context()], { cwd: clone, env: { ...cluster.env, ...env } });

  /** The last table: each pod's visits before and after. */
  const visits = (output: string) =>
    [...output.matchAll(/^ {2}(app-\S+) +data-\S+ +(\d+) +(\d+)$/gm)].map(([, pod, before, after]) => ({
      pod,
      before: Number(before),
      after: Number(after),
    }));

  function assertKept(output: string) {
    const rows = visits(output);
    assert.deepEqual(
      rows.map(({ pod }) => pod),
      ["app-go-0", "app-go-1", "app-python-0", "app-python-1"],
    );
    for (const { before, after } of rows) {
      assert.ok(before > 0);
      assert.equal(after, before);
    }
  }

  const changes = () =>
    execFileSync("git", ["diff", "--name-only"], { cwd: clone }).toString() +
    execFileSync("git", ["ls-files", "--others", "--exclude-standard"], { cwd: clone }).toString();

  it("does its job with kubectl where the engine cannot be had", async () => {
    const output = await start({ PULUMI_HOME: join(clone, "README.md/nothing-fits-in-here") });
    assert.match(output, /Pulumi cannot be downloaded here/);
    assert.ok(output.includes(`Using the cluster of the context ${await cluster.context()}, at https:`), output);
    assertKept(output);
    assert.equal(changes(), "");
  });

  it("does it by the engine, over what kubectl made, and changes no file that git knows", async function () {
    needsCluster(this, { engine: true });
    assertKept(await start());
    assert.equal(changes(), "");
  });

  it("can be run again", async function () {
    needsCluster(this, { engine: true });
    assertKept(await start());
  });

  it("prints commands that work in a new shell", async function () {
    needsCluster(this, { engine: true });
    const script =
      ". .state/env && npx pulumi config set replicas 3 && npx pulumi up --yes && kubectl -n stateful-apps get pods -o name";
    const { PATH, HOME, PULUMI_HOME } = process.env;
    const output = await run("bash", ["-c", script], { cwd: clone, env: { PATH, HOME, PULUMI_HOME } });
    assert.match(output, /pod\/app-go-2/);
    assert.match(output, /pod\/app-python-2/);
  });
});
