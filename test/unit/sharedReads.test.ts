import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { LiveStatefulSet } from "../../live/rollout/liveStatefulSet";
import { untilReady } from "../../live/rollout/untilReady";
import { SharedReads } from "../../live/sharedReads";
import { selectorLabels } from "../../objects/labels";
import { inFastTime } from "./support/clock";
import { capturedLog } from "./support/engine";
import { apiError, MemoryCluster } from "./support/memoryCluster";
import { pod, spec } from "./support/pods";

describe("what is read for several apps at a time", () => {
  capturedLog();
  const names = Array.from({ length: 200 }, (_, number) => `app${String(number)}`);
  let cluster: MemoryCluster;
  let requests: string[];

  beforeEach(() => {
    cluster = new MemoryCluster();
    requests = [];
    for (const kind of ["statefulSet", "listStatefulSets", "pods", "events", "claims"] as const) {
      const read = cluster[kind].bind(cluster) as (...args: string[]) => Promise<unknown>;
      const counted = (...args: string[]) => {
        requests.push(kind);
        return read(...args);
      };
      Object.assign(cluster, { [kind]: counted });
    }
  });

  const putStatefulSet = (name: string) =>
    cluster.put("StatefulSet", {
      metadata: { namespace: "shop", name, uid: `uid-${name}`, generation: 1 },
      spec: { ...spec(1), selector: { matchLabels: selectorLabels(name) }, template: {} },
      status: { observedGeneration: 1, updateRevision: "new", currentRevision: "new" },
    } as object);
  const putPod = (name: string, ready: boolean) => {
    const made = pod({ ready });
    const labels = { ...selectorLabels(name), "controller-revision-hash": "new" };
    const ownerReferences = [{ apiVersion: "apps/v1", kind: "StatefulSet", name, uid: `uid-${name}` }];
    const metadata = { ...made.metadata, name: `${name}-0`, uid: name, labels, ownerReferences };
    cluster.put("Pod", { ...made, metadata });
  };
  const wait = (name: string, deadline: number) => {
    const live = new LiveStatefulSet(cluster, "shop", name);
    return untilReady(
      live,
      { metadata: {}, spec: spec(1), isChanged: true },
      undefined as unknown as pulumi.Resource,
      deadline,
    );
  };

  it("is a few requests a second for 200 apps, each of which sees its own pods", async () => {
    names.forEach(putStatefulSet);
    for (const name of names) putPod(name, false);
    const start = Date.now();
    let seconds = 0;
    let isReady = false;
    cluster.controller = () => {
      seconds = (Date.now() - start) / 1000;
      if (seconds < 20 || isReady) return;
      isReady = true;
      for (const name of names) putPod(name, true);
    };
    const ends = await inFastTime(() => Promise.all(names.map((name) => wait(name, 60))));
    assert.ok(ends.every((end) => end === ""));
    assert.ok(seconds >= 20 && seconds <= 23, String(seconds));
    assert.ok(requests.length <= 5 * seconds, `${String(requests.length)} requests in ${String(seconds)} s`);
  });

  it("is only its own for a single one", async () => {
    putStatefulSet("app0");
    putPod("app0", true);
    await inFastTime(() => wait("app0", 60));
    assert.deepEqual(requests, ["statefulSet", "pods"]);
  });

  it("is never older than the question", async () => {
    const reads = SharedReads.of(cluster, "shop");
    const gates: (() => void)[] = [];
    const read = cluster.pods.bind(cluster);
    cluster.pods = async (namespace, labels) => {
      const found = await read(namespace, labels);
      await new Promise<void>((resolve) => gates.push(resolve));
      return found;
    };
    const before = reads.pods({});
    await new Promise((resolve) => setImmediate(resolve));
    putPod("app0", true);
    const after = reads.pods({});
    gates[0]?.();
    assert.deepEqual(await before, []);
    await inFastTime(async () => {
      while (gates.length < 2) await new Promise((resolve) => setImmediate(resolve));
      gates[1]?.();
      assert.equal((await after).length, 1);
    });
  });

  it("is read again after a failure, and more seldom if it takes long", async () => {
    const reads = SharedReads.of(cluster, "shop");
    cluster.events = () => Promise.reject(apiError(503, "busy"));
    await assert.rejects(reads.events());
    await inFastTime(async () => {
      const begins: number[] = [];
      cluster.events = async () => {
        begins.push(Date.now());
        await new Promise((resolve) => setTimeout(resolve, 1000));
        return [];
      };
      await reads.events();
      await reads.events();
      assert.equal((begins[1] ?? 0) - (begins[0] ?? 0), 5000);
    });
  });
});
