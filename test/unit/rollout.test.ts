import type { V1PodStatus, V1StatefulSetSpec } from "@kubernetes/client-node";
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

  it("says which pods wait for a node that does not answer, and what frees them", async () => {
    const conditions = [{ type: "Ready", status: "False" }];
    const containerStatuses = [{ name: "cart", ready: true, restartCount: 0, state: { running: {} } }];
    const on = (nodeName: string, ordinal: number, status?: object) => ({
      ...pod({ ordinal, status }),
      spec: { nodeName, containers: [] },
    });
    const lost = { conditions, containerStatuses };
    putStatefulSet(spec(4));
    putRevision("new", template);
    for (const each of [on("one", 0, lost), on("two", 1), on("one", 2, lost), on("three", 3, lost)])
      cluster.put("Pod", each);
    const frees = (node: string) =>
      `if the node is gone for good, \`kubectl delete node ${node}\` or the taint node.kubernetes.io/out-of-service frees its pods`;
    const words = [
      `cart-0 and cart-2 are not ready, because their node one does not answer; ${frees("one")}`,
      `cart-3 is not ready, because its node three does not answer; ${frees("three")}`,
    ].join("; ");
    assert.equal(await leaving(spec(4)), words);
    assert.equal(await changing(spec(5)), `starts cart-4; ${words}`);
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

  it("says that pods stay if they do, and compares templates with the defaults of the API server", async () => {
    putStatefulSet(spec(1));
    putPods({});
    const template = { spec: { containers: [{ name: "cart" }], dnsPolicy: "Default" } };
    putRevision("new", template);
    const exchanging = (image?: string) => {
      const planned = { ...spec(1), template: { spec: { containers: [{ name: "cart", image }] } } };
      return preview(live(), { metadata: { uid: "another" }, spec: planned, isChanged: true, keepsPods: true });
    };
    const words = "replaces the StatefulSet, because Kubernetes cannot change this field, while cart-0 keeps running";
    assert.equal(await exchanging(), words);
    assert.equal(await exchanging("cart:2"), `${words}; updates cart-0`);
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
  /** What the engine has made of the StatefulSet; by default it is as it is in the cluster. */
  let planned: { spec: V1StatefulSetSpec; isChanged: boolean; isAutoscaled?: boolean } | undefined;
  beforeEach(() => {
    planned = undefined;
  });
  const wait = async (deadline?: number) => {
    const found = (await cluster.statefulSets("shop"))[0]?.spec ?? spec(1);
    return untilReady(live(), { metadata: {}, spec: found, isChanged: true, ...planned }, app, deadline);
  };
  const end = (deadline = 30) => inFastTime(() => wait(deadline));
  /** In seconds. */
  const elapsed = (since: number) => Math.round((Date.now() - since) / 1000);

  /** The error for the user, and the seconds after which it came. */
  async function failure(deadline?: number): Promise<{ message: string; seconds: number }> {
    return inFastTime(async () => {
      const start = Date.now();
      try {
        await wait(deadline);
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

  it("waits for the pods that a percentage lets be replaced at the same time", async () => {
    putStatefulSet(spec(4, { updateStrategy: { rollingUpdate: { maxUnavailable: "50%" } } }));
    const old = { revision: "old" };
    putPods({ ordinal: 0, ...old }, { ordinal: 1, ...old });
    script(
      () => undefined,
      () => putPods({ ordinal: 2 }, { ordinal: 3 }),
      () => putPods({ ordinal: 0, ready: false }, { ordinal: 1, ready: false }),
      () => putPods({ ordinal: 0 }, { ordinal: 1 }),
    );
    assert.equal(await end(), "");
    assert.equal(log.infos.at(-1), "2 of 4 pods in place: cart-0: has not started");
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
    assert.match(message, /no progress for 630 s/);
    assert.match(message, /^ {2}cart-0: missing: the controller has not created it yet$/m);
    assert.ok(seconds >= 630 && seconds <= 632, String(seconds));
  });

  describe("ends soon if waiting does not help", () => {
    const putEvent = (uid: string, type: string, message: string, time = new Date()) =>
      cluster.put("Event", {
        metadata: { namespace: "shop", name: `${uid} ${message}` },
        lastTimestamp: time,
        involvedObject: { uid },
        type,
        message,
      } as object);
    const waiting = (reason: string, message?: string): PodFields => ({
      ready: false,
      status: {
        conditions: [{ type: "Ready", status: "False", reason: "ContainersNotReady" }],
        containerStatuses: [{ name: "cart", state: { waiting: { reason, message } } }],
      },
    });
    const soon = async () => {
      const { message, seconds } = await failure();
      assert.ok(seconds >= 8 && seconds <= 15, `${String(seconds)} s: ${message}`);
      assert.match(message, /^cart is not ready: it cannot become ready by waiting\.\n/);
      return message;
    };

    for (const [reason, words, cure] of [
      [
        "CreateContainerConfigError",
        "container has runAsNonRoot and image will run as root",
        "podSecurityContext.runAsUser",
      ],
      ["CreateContainerConfigError", 'secret "db" not found', "create it"],
      ["CreateContainerConfigError", "couldn't find key url in Secret shop/db", "add the key"],
      ["InvalidImageName", "couldn't parse image name", "correct `image`"],
    ] as const) {
      it(`because of ${words}`, async () => {
        putStatefulSet(spec(1));
        putPods(waiting(reason, words));
        const message = await soon();
        assert.ok(message.includes(`  cart-0: container cart: ${reason}: ${words}\n    `), message);
        assert.ok(message.includes(cure), message);
      });
    }

    it("because of all that is wrong, which is said together", async () => {
      putStatefulSet(spec(3));
      const { status } = waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root");
      const second = { name: "proxy", state: { waiting: { reason: "InvalidImageName", message: "no image" } } };
      const containerStatuses = [...((status as V1PodStatus).containerStatuses ?? []), second];
      putPods({ ready: false, status: { ...status, containerStatuses } });
      const message = await soon();
      assert.match(
        message,
        /container cart: CreateContainerConfigError: .*; container proxy: InvalidImageName: no image\n/,
      );
      assert.match(message, /podSecurityContext\.runAsUser .*; correct `image`/);
      assert.match(
        message,
        /^ {2}cart-1 and cart-2: not started, because podManagementPolicy OrderedReady waits for cart-0;/m,
      );
    });

    it("because the image writes where it cannot, which its log says", async () => {
      putStatefulSet(spec(1));
      const { status } = waiting("CrashLoopBackOff");
      const [crashing] = (status as V1PodStatus).containerStatuses ?? [];
      const lastState = { terminated: { exitCode: 2, reason: "Error" } };
      putPods({ ready: false, status: { ...status, containerStatuses: [{ ...crashing, lastState }] } });
      let reads = 0;
      cluster.log = () => {
        reads++;
        return Promise.resolve("cannot create /tmp/pw: Read-only file system");
      };
      const message = await soon();
      assert.match(message, /\| cannot create .*\n {4}the root file system is read-only: mount an emptyDir at \/tmp /);
      assert.equal(reads, 2, "once for the verdict, once for the error");
    });

    it("because of the log of a crash loop, although the container runs in between", async () => {
      putStatefulSet(spec(1));
      const { status } = waiting("CrashLoopBackOff");
      const lastState = { terminated: { exitCode: 2, reason: "Error" } };
      /** The first runs last 3 s, and Kubernetes waits longer before each. */
      const runs: [until: number, container: object][] = [
        [3, { state: { running: {} }, restartCount: 0 }],
        [9, { state: { waiting: { reason: "CrashLoopBackOff" } }, lastState, restartCount: 0 }],
        [12, { state: { running: {} }, lastState, restartCount: 1 }],
        [Infinity, { state: { waiting: { reason: "CrashLoopBackOff" } }, lastState, restartCount: 1 }],
      ];
      const start = Date.now();
      const pods = cluster.pods.bind(cluster);
      cluster.pods = (...args) => {
        const [, container] = runs.find(([until]) => Date.now() - start < until * 1000) ?? [];
        putPods({
          ready: false,
          status: { ...status, containerStatuses: [{ name: "cart", ready: false, ...container }] },
        });
        return pods(...args);
      };
      cluster.logs.set("cart-0 cart", "cannot create /tmp/pw: Read-only file system");
      cluster.logs.set("cart-0 cart previous", "cannot create /tmp/pw: Read-only file system");
      await soon();
    });

    it("but not if a crash loop can end", async () => {
      putStatefulSet(spec(1));
      const { status } = waiting("CrashLoopBackOff");
      const [crashing] = (status as V1PodStatus).containerStatuses ?? [];
      const lastState = { terminated: { exitCode: 2, reason: "Error" } };
      putPods({ ready: false, status: { ...status, containerStatuses: [{ ...crashing, lastState }] } });
      cluster.logs.set("cart-0 cart", "permission denied for table users");
      const { message } = await failure(40);
      assert.match(message, /no progress for 40 s/);
    });

    it("because a volume needs what is missing", async () => {
      putStatefulSet(spec(1));
      putPods(waiting("ContainerCreating"));
      putEvent("uid-0", "Warning", 'MountVolume.SetUp failed for volume "db" : secret "db" not found');
      assert.match(await soon(), /secret "db" not found\n {4}create it/);
    });

    it("but not if what was missing has come", async () => {
      putStatefulSet(spec(1));
      putPods(waiting("ContainerCreating"));
      putEvent("uid-0", "Warning", 'secret "db" not found', new Date(Date.now() - 1000));
      putEvent("uid-0", "Normal", "Pulling image");
      assert.match(
        (await failure(30)).message,
        /no progress for 30 s.*container cart: ContainerCreating: Pulling image/s,
      );
    });

    it("because the API server refuses the pod", async () => {
      putStatefulSet(spec(1));
      putEvent("uid-cart", "Warning", 'pods "cart-0" is forbidden: violates PodSecurity "restricted:latest"');
      assert.match(await soon(), /cart-0: missing: pods "cart-0" is forbidden: violates .*\n {4}.*podSecurity/);
    });

    it("but not while a pod stops, which can free a quota", async () => {
      putStatefulSet(spec(1));
      putPods({ ordinal: 1, deleted: true });
      putEvent("uid-cart", "Warning", 'pods "cart-0" is forbidden: exceeded quota: small');
      assert.match((await failure(30)).message, /no progress for 30 s/);
    });

    it("but not for what the controller said before the change", async () => {
      putStatefulSet(spec(1));
      const [{ metadata } = {}] = await cluster.statefulSets("shop");
      if (metadata) metadata.managedFields = [{ time: new Date(Date.now() + 5000) }];
      putEvent("uid-cart", "Warning", 'pods "cart-0" is forbidden: exceeded quota: small');
      assert.match((await failure(30)).message, /cart-0: missing: the controller has not created it yet/);
    });

    it("but not for a pod that will be replaced", async () => {
      putStatefulSet(spec(2, { podManagementPolicy: "Parallel" }));
      putPods({ ...waiting("InvalidImageName"), revision: "old" }, { ordinal: 1, ready: false });
      assert.match((await failure(30)).message, /no progress for 30 s/);
    });

    it("but not for an image that may come", async () => {
      putStatefulSet(spec(1));
      putPods(waiting("ImagePullBackOff", "not found"));
      assert.match((await failure(30)).message, /no progress for 30 s/);
    });
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
    assert.ok(seconds >= 30 && seconds <= 32, String(seconds));
  });

  it("ends at once when the API server refuses", async () => {
    cluster.statefulSet = () => Promise.reject(apiError(401, "Unauthorized"));
    const { message, seconds } = await failure();
    assert.match(message, /Cannot determine whether cart is ready: the API server refuses the credentials/);
    assert.equal(seconds, 0);
  });

  describe("with replicas that somebody else has set", () => {
    it("is a warning if the update leaves the StatefulSet as it is", async () => {
      putStatefulSet(spec(1));
      putPods({});
      planned = { spec: spec(2), isChanged: false };
      assert.equal(await end(), "");
      assert.deepEqual(log.warnings, [
        "cart keeps 1 instead of 2 replicas, which somebody has set; `pulumi up --refresh` sets them back",
      ]);
    });

    it("fails at once if the update has set others", async () => {
      putStatefulSet(spec(1));
      putPods({});
      planned = { spec: spec(2), isChanged: true };
      const { message, seconds } = await failure();
      assert.equal(
        message,
        "cart is not as planned: somebody has set 1 instead of 2 replicas; `pulumi up --refresh` sets them back.",
      );
      assert.equal(seconds, 0);
    });

    for (const isChanged of [true, false]) {
      it(`follows an autoscaler, if the update ${isChanged ? "changes" : "leaves"} the StatefulSet`, async () => {
        planned = { spec: spec(1), isChanged, isAutoscaled: true };
        putStatefulSet(spec(2));
        putPods({});
        script(
          () => undefined,
          () => putStatefulSet(spec(3)),
          () => putPods({}, { ordinal: 1 }, { ordinal: 2 }),
        );
        assert.equal(await end(), "");
        assert.deepEqual(log.warnings, []);
      });
    }
  });

  describe("believes in a pod", () => {
    const containers = [{ name: "cart" }];
    /** A ready pod whose container began its current run so many seconds ago. */
    const running = (age: number, rest: object = {}, spec: object = { containers }) => {
      const ready = pod();
      const startedAt = new Date(Date.now() - age * 1000);
      const container = { name: "cart", ready: true, restartCount: 0, state: { running: { startedAt } }, ...rest };
      cluster.put("Pod", { ...ready, spec, status: { ...ready.status, containerStatuses: [container] } } as object);
    };
    const crashed = (seconds: number) => {
      const startedAt = new Date(Date.now() - 1e6);
      const finishedAt = new Date(startedAt.getTime() + seconds * 1000);
      return { restartCount: 3, lastState: { terminated: { exitCode: 1, reason: "Error", startedAt, finishedAt } } };
    };
    const secondsToEnd = () =>
      inFastTime(async () => {
        const start = Date.now();
        await wait(5);
        return elapsed(start);
      });

    beforeEach(() => {
      putStatefulSet(spec(1));
    });

    it("at once if it has run for long", async () => {
      running(3600);
      assert.equal(await secondsToEnd(), 0);
    });

    it("at once if it has run for long after a restart", async () => {
      running(3600, crashed(7200));
      assert.equal(await secondsToEnd(), 0);
    });

    it("without a readiness probe after it has run for ten seconds, whatever the deadline is", async () => {
      running(0);
      assert.equal(await secondsToEnd(), 10);
    });

    it("with a readiness probe at once", async () => {
      running(0, {}, { containers: [{ name: "cart", readinessProbe: {} }] });
      assert.equal(await secondsToEnd(), 0);
    });

    it("at once if only a sidecar has no readiness probe", async () => {
      running(0, {}, { containers: [{ name: "sidecar" }] });
      assert.equal(await secondsToEnd(), 0);
    });

    it("by the clock of the cluster", async () => {
      const ahead = 600_000;
      Object.assign(cluster, { now: () => Date.now() + ahead });
      running(-ahead / 1000);
      assert.equal(await secondsToEnd(), 10);
    });

    it("that has crashed not before it has run for ten seconds", async () => {
      running(4, crashed(4));
      cluster.logs.set("previous cart-0 cart", "no database");
      const { message } = await failure(5);
      assert.match(message, /cart-0: container cart: 3 restarts, last exit code 1 \(Error\)\n {4}\| no database/);
    });

    for (const [age, isEnough] of [
      [20, false],
      [36, true],
    ] as const) {
      it(`that has run for ${String(age)} s after one that failed in 30 s ${isEnough ? "at once" : "not yet"}`, async () => {
        running(age, crashed(30));
        if (isEnough) assert.equal(await secondsToEnd(), 0);
        else assert.match((await failure(5)).message, /3 restarts/);
      });
    }

    it("that crashes again and again never, although it is ready in between", async () => {
      const start = Date.now();
      cluster.controller = () => {
        const seconds = (Date.now() - start) / 1000;
        const restartCount = Math.floor(seconds / 4);
        running(seconds % 4, restartCount > 0 ? { ...crashed(4), restartCount } : {});
      };
      assert.match((await failure(20)).message, /cart-0: container cart: \d restarts, last exit code 1/);
    });
  });

  it("names pods under OnDelete that do not work", async () => {
    putStatefulSet(spec(2, { updateStrategy: { type: "OnDelete" } }));
    const containerStatuses = [{ name: "cart", state: { waiting: { reason: "ErrImagePull", message: "not found" } } }];
    putPods({ revision: "old" }, { ordinal: 1, revision: "old", ready: false, status: { containerStatuses } });
    assert.equal(
      await end(),
      "leaves cart-0 and cart-1 as they are until they are deleted (OnDelete); cart-1 is not ready: container cart: ErrImagePull: not found",
    );
  });

  describe("heals", () => {
    const crash = { containerStatuses: [{ name: "cart", state: { waiting: { reason: "CrashLoopBackOff" } } }] };
    const broken = { ready: false, status: { conditions: [{ type: "Ready", status: "False" }], ...crash } };

    it("by evicting a broken pod of a revision that is given up", async () => {
      putStatefulSet(spec(1));
      putPods({ revision: "abandoned", ...broken });
      cluster.controller = () => {
        if (cluster.writes.length > 0) putPods({});
      };
      assert.equal(await end(), "");
      assert.deepEqual(cluster.writes, ["evicts cart-0"]);
      assert.equal(
        log.infos[0],
        "evicted cart-0, which was broken and no longer part of the rollout: container cart: CrashLoopBackOff",
      );
    });

    it("by evicting a pod that works and lacks a volume", async () => {
      putStatefulSet({ ...spec(1), volumeClaimTemplates: [{ metadata: { name: "data" } }] });
      putPods({ revision: "old" });
      cluster.controller = () => {
        if (cluster.writes.length > 0) putPods({});
      };
      assert.equal(await end(), "");
      assert.deepEqual(cluster.writes, ["evicts cart-0"]);
      assert.equal(log.infos[0], "evicted cart-0, which gets another volume");
    });

    it("nothing that is wanted, whatever is wrong with it", async () => {
      putStatefulSet(spec(1));
      putPods(broken);
      await failure(30);
      assert.deepEqual(cluster.writes, []);
    });

    it("nothing that is not broken, or that has changed since it was read", async () => {
      putStatefulSet(spec(1));
      putPods({ revision: "abandoned" });
      await failure(30);
      putPods({ revision: "abandoned", ...broken });
      cluster.evictPod = () => Promise.resolve(false);
      await failure(30);
      assert.deepEqual(cluster.writes, []);
      assert.ok(!log.infos.some((words) => words.startsWith("evicted")));
    });

    it("nothing that it is not allowed to evict, and warns once", async () => {
      for (const code of [403, 429]) {
        putStatefulSet(spec(1));
        putPods({ revision: "abandoned", ...broken });
        cluster.evictPod = () => Promise.reject(apiError(code, "no"));
        await failure(30);
      }
      const warning = "cart-0 is in the way of the rollout, and cannot be evicted: no";
      assert.deepEqual(log.warnings, [warning, warning]);
    });

    it("and gives the deadline again for each pod once", async () => {
      putStatefulSet(spec(1));
      const start = Date.now();
      cluster.controller = () => putPods({ revision: "abandoned", ...broken });
      const { seconds } = await failure(30);
      assert.ok(seconds >= 30 && seconds <= 32, `${String(seconds)} s after ${String(elapsed(start))} s`);
      assert.ok(cluster.writes.length > 1);
    });

    describe("pods that run without being ready", () => {
      /** Has been ready before, unless `never`. */
      const unready = (ordinal: number, never = false): PodFields => {
        const lastTransitionTime = new Date();
        const startTime = new Date(lastTransitionTime.getTime() - (never ? 0 : 60_000));
        const conditions = [{ type: "Ready", status: "False", reason: "ContainersNotReady", lastTransitionTime }];
        const containerStatuses = [{ name: "cart", ready: false, restartCount: 0, state: { running: {} } }];
        return { ordinal, revision: "old", ready: false, status: { startTime, conditions, containerStatuses } };
      };
      /** When each pod was evicted, in seconds; each is replaced by one that is ready after five seconds. */
      const evictions = async () => {
        const found: string[] = [];
        const replaced: { ordinal: number; at: number }[] = [];
        const start = Date.now();
        const evict = cluster.evictPod.bind(cluster);
        cluster.evictPod = async (pod) => {
          found.push(`${pod.metadata?.name ?? ""} after ${String(elapsed(start))} s`);
          replaced.push({ ordinal: Number(pod.metadata?.name?.slice(5)), at: Date.now() });
          return evict(pod);
        };
        cluster.controller = () => {
          for (const { ordinal, at } of replaced) putPods({ ordinal, ready: Date.now() - at > 5000 });
        };
        await inFastTime(() => wait(60));
        return found;
      };

      it("are evicted one by one when nothing else can save the rollout", async () => {
        putStatefulSet(spec(3));
        putPods(unready(0), unready(1), unready(2));
        const [first, second, third, ...more] = await evictions();
        assert.deepEqual(more, []);
        assert.match(first ?? "", /^cart-0 after 6[0-2] s$/);
        assert.match(second ?? "", /^cart-1 after 12[5-9] s$/);
        assert.match(third ?? "", /^cart-2 after 19[0-5] s$/);
      });

      it("are evicted when their probes have had time, if they have never been ready", async () => {
        putStatefulSet(spec(1));
        putPods(unready(0, true));
        assert.match((await evictions())[0] ?? "", /^cart-0 after 3[01] s$/);
      });

      it("are evicted from the last one on under Parallel, where the controller may wait for them", async () => {
        putStatefulSet(spec(2, { podManagementPolicy: "Parallel" }));
        putPods(unready(0), unready(1));
        const [first, second, ...more] = await evictions();
        assert.deepEqual(more, []);
        assert.match(first ?? "", /^cart-1 after 6[0-2] s$/);
        assert.match(second ?? "", /^cart-0 after 12[5-9] s$/);
      });
    });
  });
});
