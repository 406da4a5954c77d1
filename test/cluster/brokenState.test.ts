import assert from "node:assert/strict";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { KilledStack } from "./killedStack";
import { useCluster } from "./sharedCluster";
import { assertUnchanged, providersUpdated } from "./support";

describe("recover, and the files of a stack's state", function () {
  this.timeout("20m");
  const project = new KilledStack("broken-state");
  useCluster([project]);
  before(async () => {
    await project.up();
    await project.get("pods", "one-0", 8080);
  });

  it("mends what a kill can leave of the state's files", async () => {
    const stacks = join(project.folder, ".state/.pulumi/stacks/stateful-apps");
    const before = await project.data();
    writeFileSync(join(stacks, "test.json.attrs"), "");
    await assert.rejects(project.up(), /EOF/);
    await project.recover();
    writeFileSync(join(stacks, "test.json"), "");
    await assert.rejects(project.up());
    await project.recover();
    assertUnchanged(await project.up(), providersUpdated);
    assert.deepEqual(await project.data(), before);
    assert.equal(readdirSync(join(project.folder, ".state/.pulumi/broken")).length, 1);
  });

  it("refuses while an update of the stack lives, and leaves the locks of other stacks alone", async () => {
    await project.change(1);
    const { engineProcess, ended } = project.startUpdate();
    const locks = join(project.folder, ".state/.pulumi/locks/organization/stateful-apps/test");
    const lock = () => {
      try {
        return readdirSync(locks).filter((name) => name.endsWith(".json"));
      } catch {
        return [];
      }
    };
    while (lock().length === 0) await setTimeout(20);
    // It lives, and does not end before all is seen.
    engineProcess.kill("SIGSTOP");
    const held = lock();
    await assert.rejects(project.recover(), /is being updated \(process \d+ of .*\); nothing was changed/);
    writeFileSync(join(project.folder, "Pulumi.other.yaml"), "config:\n  stateful-apps:namespace: other\n");
    await project.pulumiOf("other", "stack", "init");
    await project.recover("--stack", "other");
    assert.deepEqual(lock(), held);
    engineProcess.kill("SIGCONT");
    const [code] = await ended;
    assert.equal(code, 0);
  });
});
