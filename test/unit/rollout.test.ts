import type { V1StatefulSetSpec } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { LiveStatefulSet } from "../../live/rollout/liveStatefulSet";
import { preview } from "../../live/rollout/preview";
import { untilReady } from "../../live/rollout/untilReady";
import { selectorLabels } from "../../objects/labels";
import { inFastTime } from "./support/clock";
import { capturedLog } from "./support/engine";
import { apiError, MemoryCluster } from "./support/memoryCluster";
import { partition, pod, type PodFields } from "./support/pods";

const template = { metadata: { labels: selectorLabels("cart") }, spec: { containers: [{ name: "cart" }] } };

const spec = (replicas: number, rest: Partial<V1StatefulSetSpec> = {}): V1StatefulSetSpec => ({
  replicas,
  selector: { matchLabels: selectorLabels("cart") },
  template,
  ...rest,
});

/** What each test's cluster holds, and what it does. */
let cluster: MemoryCluster;

/** The StatefulSet as its controller left it; the revision of its template is "new". */
const putStatefulSet = (given: V1StatefulSetSpec, status: object = {}, generation = 1) =>
  cluster.put("StatefulSet", {
    metadata: { namespace: "shop", name: "cart", uid: "uid-cart", generation },
    spec: given,
    status: { observedGeneration: 1, updateRevision: "new", currentRevision: "old", ...status },
  } as object);
const putPods = (...fields: PodFields[]) => cluster.put("Pod", ...fields.map(pod));

const live = () => new LiveStatefulSet(cluster, "shop", "cart");

beforeEach(() => {
  cluster = new MemoryCluster();
});

describe("a preview of a rollout", () => {
  /** The template of a revision of its own is another one than the spec's. */
  const putRevision = (name: string, recorded: object) =>
    cluster.put("ControllerRevision", {
      metadata: { namespace: "shop", name, labels: selectorLabels("cart") },
      data: { spec: { template: { $patch: "replace", ...recorded } } },
    } as object);

  /** Of an update that changes the StatefulSet. */
  const changing = (spec: V1StatefulSetSpec, uid = "uid-cart") =>
    preview(live(), { metadata: { uid }, spec, isChanged: true });
  /** Of an update that leaves the StatefulSet as it is. */
  const leaving = (recorded: V1StatefulSetSpec) =>
    preview(live(), { metadata: { uid: "uid-cart" }, spec: recorded, isChanged: false });

  it("says which pods of a new app start", async () => {
    assert.equal(await changing(spec(2), "planned"), "starts cart-0 and cart-1");
  });

  it("says nothing where nothing changes", async () => {
    putStatefulSet(spec(1));
    putRevision("new", template);
    putPods({});
    assert.equal(await leaving(spec(1)), "");
    assert.equal(await changing(spec(1)), "");
  });

  it("knows a template that pods had before, and one that none had", async () => {
    putStatefulSet(spec(2));
    putRevision("new", template);
    putPods({ ordinal: 0 }, { ordinal: 1, revision: "old" });
    assert.equal(await changing(spec(2)), "updates cart-1");
    const changed = { ...template, spec: { containers: [{ name: "cart", image: "cart:2" }] } };
    assert.equal(await changing(spec(2, { template: changed })), "updates cart-1 and cart-0, one at a time");
  });

  it("does not announce what was changed by hand, and stays", async () => {
    const restarted = { ...template, metadata: { ...template.metadata, annotations: { restartedAt: "today" } } };
    putStatefulSet(spec(1, { template: restarted }));
    putRevision("old", template);
    putRevision("new", restarted);
    putPods({});
    assert.equal(await leaving(spec(1)), "");
    assert.equal(
      await leaving(spec(2)),
      "keeps 1 instead of 2 replicas, which somebody has set; `pulumi up --refresh` sets them back",
    );
  });

  it("says what an earlier change still does", async () => {
    putStatefulSet(spec(2));
    putPods({ ordinal: 0, revision: "old" }, { ordinal: 1 });
    assert.equal(await leaving(spec(2)), "updates cart-0");
  });

  it("says that a StatefulSet is gone", async () => {
    assert.equal(
      await leaving(spec(1)),
      "The StatefulSet cart no longer exists; `pulumi up --refresh` creates it again.",
    );
  });

  it("says that all pods stop where Kubernetes cannot make the change", async () => {
    putStatefulSet(spec(1));
    putPods({});
    assert.match(
      await changing(spec(1), "another"),
      /^stops cart-0, whose claims are kept, and recreates the StatefulSet/,
    );
  });

  it("counts no pod that another object of the name left behind", async () => {
    putStatefulSet(spec(1));
    const stray = pod();
    const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: "cart" };
    cluster.put("Pod", { ...stray, metadata: { ...stray.metadata, ownerReferences: [{ ...owner, uid: "before" }] } });
    assert.equal(await changing(spec(1)), "starts cart-0");
  });

  it("says why it cannot know", async () => {
    putStatefulSet(spec(1));
    cluster.pods = () => Promise.reject(apiError(403, "pods is forbidden"));
    assert.equal(await changing(spec(1)), "cannot determine which pods the change affects: pods is forbidden");
  });
});

describe("the wait for a rollout", () => {
  const log = capturedLog();
  const app = undefined as unknown as pulumi.Resource;
  const end = (deadline = 30) => inFastTime(() => untilReady(live(), app, deadline));
  /** In seconds. */
  const elapsed = (since: number) => Math.round((Date.now() - since) / 1000);

  /** The error for the user, and the seconds after which it came. */
  async function failure(deadline?: number): Promise<{ message: string; seconds: number }> {
    return inFastTime(async () => {
      const start = Date.now();
      try {
        await untilReady(live(), app, deadline);
      } catch (error) {
        assert.ok(pulumi.RunError.isInstance(error), String(error));
        return { message: error.message, seconds: elapsed(start) };
      }
      return assert.fail("the rollout ended well");
    });
  }

  /** Calls one function after another, one at each look. */
  const script = (...steps: (() => void)[]) => {
    const read = cluster.statefulSet.bind(cluster);
    cluster.statefulSet = (namespace, name) => {
      steps.shift()?.();
      return read(namespace, name);
    };
  };

  it("ends when every pod has the revision and is ready", async () => {
    putStatefulSet(spec(2));
    script(
      () => undefined,
      () => undefined,
      () => putPods({ ordinal: 0, ready: false }),
      () => putPods({ ordinal: 0 }, { ordinal: 1, revision: "old" }),
      () => putPods({ ordinal: 1 }),
    );
    assert.equal(await end(), "");
    assert.deepEqual(log.infos, [
      "0 of 2 pods in place",
      "0 of 2 pods in place: cart-0: has not started",
      "1 of 2 pods in place",
    ]);
  });

  it("does not believe a status of before the change", async () => {
    putStatefulSet(spec(1), { observedGeneration: 1 }, 2);
    putPods({});
    let hasSeen = false;
    script(
      () => undefined,
      () => {
        hasSeen = true;
        putStatefulSet(spec(1), { observedGeneration: 2 }, 2);
      },
    );
    await end();
    assert.ok(hasSeen);
  });

  it("waits until ready pods are available, if minReadySeconds is set", async () => {
    putStatefulSet(spec(1, { minReadySeconds: 5 }), { availableReplicas: 0 });
    putPods({});
    let isAvailable = false;
    script(
      () => undefined,
      () => {
        isAvailable = true;
        putStatefulSet(spec(1, { minReadySeconds: 5 }), { availableReplicas: 1 });
      },
    );
    await end();
    assert.ok(isAvailable);
  });

  it("says which pods the partition holds back", async () => {
    putStatefulSet(spec(2, { updateStrategy: partition(1) }));
    putPods({ ordinal: 0, revision: "old" }, { ordinal: 1 });
    assert.equal(await end(), "holds back cart-0 by the partition 1");
  });

  it("fails after the deadline, with the pod, its container and the last words of that", async () => {
    const waiting = { reason: "CrashLoopBackOff" };
    const lastState = { terminated: { exitCode: 1, reason: "Error" } };
    putStatefulSet(spec(2));
    const conditions = [{ type: "Ready", status: "False" }];
    putPods(
      { ordinal: 0, revision: "old" },
      { ordinal: 1, status: { conditions, containerStatuses: [{ name: "cart", state: { waiting }, lastState }] } },
    );
    cluster.logs.set("cart-1 cart", "no such port\n");
    const { message, seconds } = await failure(30);
    assert.equal(
      message,
      [
        "cart is not ready: no progress for 30 s (progressDeadlineSeconds).",
        "  cart-1: container cart: CrashLoopBackOff: exit code 1 (Error)",
        "    | no such port",
        "  cart-0: ready, still on the old revision",
        "Fix the cause and run `pulumi up` again, which replaces broken pods.",
      ].join("\n"),
    );
    assert.ok(seconds >= 30 && seconds <= 32, String(seconds));
  });

  it("allows what Kubernetes allows a pod, if no deadline is given", async () => {
    putStatefulSet(spec(1));
    const { message, seconds } = await failure();
    assert.match(message, /no progress for 150 s/);
    assert.match(message, /^ {2}cart-0: missing: the controller has not created it yet$/m);
    assert.ok(seconds >= 150 && seconds <= 152, String(seconds));
  });

  it("names the controller's last warning for a pod that is not there", async () => {
    putStatefulSet(spec(1));
    const involvedObject = { uid: "uid-cart" };
    cluster.put("Event", {
      metadata: { namespace: "shop", name: "event", creationTimestamp: new Date() },
      involvedObject,
      type: "Warning",
      message: "exceeded quota",
    } as object);
    assert.match((await failure()).message, /cart-0: missing: exceeded quota/);
  });

  it("begins the deadline again with every pod that gets ready", async () => {
    putStatefulSet(spec(2));
    const start = Date.now();
    cluster.controller = () => {
      if (elapsed(start) >= 20) putPods({ ordinal: 0 });
      if (elapsed(start) >= 40) putPods({ ordinal: 1 });
    };
    await end(30);
  });

  it("does not begin it again for a pod that comes and goes", async () => {
    putStatefulSet(spec(2));
    const start = Date.now();
    cluster.controller = () => putPods({ ordinal: 0, ready: elapsed(start) % 10 < 5 });
    const { seconds } = await failure(30);
    assert.ok(seconds <= 32, String(seconds));
  });

  it("ends when the StatefulSet is gone", async () => {
    assert.match((await failure()).message, /^The StatefulSet cart no longer exists/);
  });

  it("goes on through an outage until the deadline", async () => {
    putStatefulSet(spec(1));
    putPods({});
    const read = cluster.statefulSet.bind(cluster);
    let outages = 5;
    cluster.statefulSet = (namespace, name) =>
      outages-- > 0 ? Promise.reject(new Error("no answer in 8 s")) : read(namespace, name);
    await end(30);

    cluster.statefulSet = () => Promise.reject(apiError(503, "apiserver not ready"));
    const { message, seconds } = await failure(30);
    assert.equal(message, "Cannot determine whether cart is ready: apiserver not ready");
    assert.doesNotMatch(message, /nothing was changed/);
    // Without a single answer it is what a pod is given to start.
    assert.ok(seconds >= 120 && seconds <= 122, String(seconds));
  });

  it("ends at once when the API server refuses", async () => {
    cluster.statefulSet = () => Promise.reject(apiError(401, "Unauthorized"));
    const { message, seconds } = await failure();
    assert.match(message, /Cannot determine whether cart is ready: the API server refuses the credentials/);
    assert.equal(seconds, 0);
  });

  describe("heals", () => {
    const crash = { containerStatuses: [{ name: "cart", state: { waiting: { reason: "CrashLoopBackOff" } } }] };
    const broken = { ready: false, status: { conditions: [{ type: "Ready", status: "False" }], ...crash } };

    it("by deleting a broken pod of a revision that is given up", async () => {
      putStatefulSet(spec(1));
      putPods({ revision: "abandoned", ...broken });
      cluster.controller = () => {
        if (cluster.writes.length > 0) putPods({});
      };
      assert.equal(await end(), "");
      assert.deepEqual(cluster.writes, ["deletes cart-0"]);
      assert.equal(
        log.infos[0],
        "deleted cart-0, which was broken and no longer part of the rollout: container cart: CrashLoopBackOff",
      );
    });

    it("nothing that is wanted, whatever is wrong with it", async () => {
      putStatefulSet(spec(1));
      putPods(broken);
      await failure();
      assert.deepEqual(cluster.writes, []);
    });

    it("nothing that is not broken, or that has changed since it was read", async () => {
      putStatefulSet(spec(1));
      putPods({ revision: "abandoned" });
      await failure();
      putPods({ revision: "abandoned", ...broken });
      cluster.deletePod = () => Promise.resolve(false);
      await failure();
      assert.deepEqual(cluster.writes, []);
      assert.ok(!log.infos.some((words) => words.startsWith("deleted")));
    });

    it("nothing that the user is not allowed to delete, and warns once", async () => {
      putStatefulSet(spec(1));
      putPods({ revision: "abandoned", ...broken });
      cluster.deletePod = () => Promise.reject(apiError(403, "pods is forbidden"));
      await failure();
      assert.deepEqual(log.warnings, ["cart-0 is broken and could not be deleted: pods is forbidden"]);
    });

    it("and gives the deadline again for each pod once", async () => {
      putStatefulSet(spec(1));
      const start = Date.now();
      cluster.controller = () => putPods({ revision: "abandoned", ...broken });
      const { seconds } = await failure(30);
      assert.ok(seconds >= 30 && seconds <= 32, `${String(seconds)} s after ${String(elapsed(start))} s`);
      assert.ok(cluster.writes.length > 1);
    });
  });
});
