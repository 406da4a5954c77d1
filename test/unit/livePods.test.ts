import type { V1ContainerStatus } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { LivePods } from "../../live/pods/livePods";
import { inFastTime } from "./support/clock";
import { apiError, MemoryCluster } from "./support/memoryCluster";
import { pod } from "./support/pods";

describe("the explanation of a pod's failure", () => {
  const terminated = { exitCode: 1, reason: "Error" };
  const ended = { state: { terminated } };
  const startsAgain = { state: { running: {} }, ready: false, lastState: { terminated } };

  let cluster: MemoryCluster;
  beforeEach(() => {
    cluster = new MemoryCluster();
  });

  const explain = (container: Partial<V1ContainerStatus>) => {
    const status = { conditions: [], containerStatuses: [{ name: "cart", ...container }] };
    return new LivePods(cluster, "shop").explain(pod({ ready: false, status }));
  };

  it("has the log of the run that ended", async () => {
    cluster.logs.set("previous cart-0 cart", "the run before\n").set("cart-0 cart", "the current run\n");
    assert.equal(await explain(ended), "cart-0: container cart: exit code 1 (Error)\n    | the current run");
    assert.equal(await explain(startsAgain), "cart-0: container cart: not ready\n    | the run before");
    cluster.logs.delete("previous cart-0 cart");
    assert.equal(await explain(startsAgain), "cart-0: container cart: not ready\n    | the current run");
  });

  it("does not take for a log what the kubelet answers without one", async () => {
    for (const answer of [
      "unable to retrieve container logs for containerd://af47d0",
      'failed to try resolving symlinks in path "/var/log/pods/x/0.log": lstat: no such file or directory',
    ]) {
      cluster.logs.set("previous cart-0 cart", answer).set("cart-0 cart", "no database");
      assert.match(await explain(startsAgain), /\n {4}\| no database$/);
      cluster.logs.set("cart-0 cart", answer);
      assert.equal(await explain(ended), "cart-0: container cart: exit code 1 (Error)");
    }
  });

  it("has the logs of all containers that fail, each with its cure", async () => {
    cluster.logs.set("cart-0 cart", "mkdir /data: Permission denied").set("cart-0 proxy", "no route");
    const containerStatuses = [
      { name: "cart", ...ended },
      { name: "proxy", ...ended },
    ];
    const broken = pod({ ready: false, status: { conditions: [], containerStatuses } });
    assert.match(
      await new LivePods(cluster, "shop").explain(broken),
      /^cart-0: container cart: exit code 1 \(Error\); container proxy: exit code 1 \(Error\)\n {4}cart \| mkdir \/data: Permission denied\n {4}if the user .*\n {4}proxy \| no route$/,
    );
  });

  it("has nothing in it that a terminal obeys, and no line without an end", async () => {
    cluster.logs.set("cart-0 cart", `\u001b[31mred\u001b[0m\u0007 ä\tb\r\n${"x".repeat(5000)}\n`);
    const [, first, second = ""] = (await explain(ended)).split("\n");
    assert.equal(first, "    | red ä\tb");
    assert.equal(second, `    | ${"x".repeat(300)}…`);
  });

  it("says why there is no log, and is complete without it", async () => {
    cluster.log = () => Promise.reject(apiError(500, 'Get "https://10.0.0.7:10250": connection refused'));
    assert.equal(
      await explain(ended),
      'cart-0: container cart: exit code 1 (Error)\n    | the log cannot be read: Get "https://10.0.0.7:10250": connection refused',
    );
  });

  it("has no log of a container that has never run", async () => {
    cluster.log = () => assert.fail("the log was read");
    const waiting = { reason: "CreateContainerConfigError", message: "image will run as root" };
    assert.equal(
      await explain({ state: { waiting } }),
      "cart-0: container cart: CreateContainerConfigError: image will run as root",
    );
  });

  it("waits five seconds for what is never answered", async () => {
    const never = () => new Promise<never>(() => undefined);
    Object.assign(cluster, { log: never, events: never, claims: never });
    const { text, seconds } = await inFastTime(async () => {
      const start = Date.now();
      return { text: await explain(ended), seconds: (Date.now() - start) / 1000 };
    });
    assert.match(text, /exit code 1 \(Error\)\n {4}\| the log cannot be read: no answer in 5 s$/);
    assert.ok(seconds >= 10 && seconds <= 10.5, String(seconds));
  });
});
