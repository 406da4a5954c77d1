import assert from "node:assert/strict";
import { app, type Rollouts, useRollouts } from "./rollouts";

for (const policy of ["OrderedReady", "Parallel"]) {
  describe(`a rollout under ${policy} that cannot finish`, function () {
    this.timeout("20m");
    const rollouts = useRollouts();
    let broken: Rollouts;
    let uids: string[] = [];
    before(async () => {
      broken = await rollouts(`broken-${policy.toLowerCase()}`, { podManagementPolicy: policy });
      await broken.up();
      uids = await broken.uids();
    });
    /** Every mistake is taken back after it was seen: the pods that never had it must not have been touched. */
    afterEach(async () => {
      await broken.up();
      assert.equal(await broken.revisions(), "aaa");
      const [first, second, third] = await broken.uids();
      assert.deepEqual([first, second], uids.slice(0, 2));
      assert.notEqual(third, uids[2]);
      uids = await broken.uids();
    });

    it("names the image that cannot be pulled, while the other pods serve", async () => {
      await broken.set("image", "localhost/app-go:missing");
      const rollout = { isOver: false };
      const answers = (async () => {
        let count = 0;
        for (; !rollout.isOver; count++) {
          await broken.get("pods", `app-go-${String(count % 2)}`, 8080, "/healthcheck");
        }
        return count;
      })();
      const words = await broken.failure().finally(() => {
        rollout.isOver = true;
      });
      assert.ok((await answers) > 2);
      assert.match(words, /app-go-2: container app-go: (ErrImagePull|ImagePullBackOff): .*localhost\/app-go:missing/);
      assert.match(words, /app-go-0 and app-go-1: ready, still on the old revision/);
      await broken.set("image", app.image);
    });

    it("shows the last words of a container that crashes", async () => {
      await broken.set("env.PORT", "99999");
      const words = await broken.failure();
      assert.match(words, /app-go-2: container app-go: (CrashLoopBackOff: )?exit code 1/);
      assert.match(words, /\| .*listen tcp: address 99999: invalid port/);
      await broken.unset("env");
    });

    it("names the probe that fails", async () => {
      await broken.set("readinessProbe.httpGet.path", "/nothing");
      assert.match(
        await broken.failure(),
        /app-go-2: container app-go: not ready: Readiness probe failed: HTTP probe failed with statuscode: 404/,
      );
      await broken.set("readinessProbe.httpGet.path", "/healthcheck");
    });

    it("gives the scheduler's words for a pod that cannot be scheduled", async () => {
      await broken.set("resources.requests.cpu", "1000");
      assert.match(
        await broken.failure(),
        /app-go-2: cannot be scheduled: 0\/1 nodes are available: 1 Insufficient cpu/,
      );
      await broken.unset("resources");
    });
  });
}
