import type { V1Pod, V1StatefulSetSpec } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import fc from "fast-check";
import { obstacle } from "../../live/rollout/obstacle";
import { podStates, revisionOfTemplate } from "../../live/rollout/podStates";
import { isSettled } from "../../live/rollout/settled";
import { partition, pod, type PodFields, spec } from "./support/pods";

const fates = (given: V1StatefulSetSpec, pods: V1Pod[]) =>
  Object.fromEntries(podStates("cart", given, pods, "new").map(({ name, fate }) => [name, fate]));

describe("what a spec has in store for pods", () => {
  const old = (ordinal: number) => pod({ ordinal, revision: "old" });

  it("is a start for what is not there, and a stop for what is beyond the replicas", () => {
    assert.deepEqual(fates(spec(2), [pod({ ordinal: 1 }), pod({ ordinal: 10 }), pod({ ordinal: 2 })]), {
      "cart-0": "missing",
      "cart-1": "updated",
      "cart-2": "surplus",
      "cart-10": "surplus",
    });
  });

  it("is an update from the partition upwards", () => {
    assert.deepEqual(fates(spec(3, partition(1)), [old(0), old(1), pod({ ordinal: 2 })]), {
      "cart-0": "heldBack",
      "cart-1": "outdated",
      "cart-2": "updated",
    });
  });

  it("is nothing under OnDelete", () => {
    assert.deepEqual(fates(spec(2, { type: "OnDelete" }), [old(0), pod({ ordinal: 1 })]), {
      "cart-0": "waitsForDeletion",
      "cart-1": "updated",
    });
  });

  it("is an update of every pod for a template that no pod has", () => {
    const states = podStates("cart", spec(2), [pod(), old(1)], undefined);
    assert.deepEqual(
      states.map(({ fate }) => fate),
      ["outdated", "outdated"],
    );
  });

  it("counts ordinals from their start", () => {
    assert.deepEqual(Object.keys(fates({ ...spec(2), ordinals: { start: 5 } }, [])), ["cart-5", "cart-6"]);
    assert.deepEqual(fates({ ...spec(2, partition(1)), ordinals: { start: 5 } }, [old(5), old(6)]), {
      "cart-5": "heldBack",
      "cart-6": "outdated",
    });
  });

  it("is one fate for each pod that is there or is to be", () => {
    const ordinals = fc.uniqueArray(fc.nat(12));
    fc.assert(
      fc.property(fc.nat(12), fc.nat(12), ordinals, ordinals, (replicas, held, there, updated) => {
        const pods = there.map((ordinal) => pod({ ordinal, revision: updated.includes(ordinal) ? "new" : "old" }));
        const states = podStates("cart", spec(replicas, partition(held)), pods, "new");
        const names = new Set([...there, ...Array(replicas).keys()].map((ordinal) => `cart-${String(ordinal)}`));
        assert.deepEqual(new Set(states.map(({ name }) => name)), names);
        assert.equal(states.length, names.size);
        for (const { name, fate } of states) {
          const ordinal = Number(name.slice(5));
          assert.equal(fate === "surplus", ordinal >= replicas, name);
          if (fate === "heldBack") assert.ok(ordinal < held && !updated.includes(ordinal), name);
        }
      }),
    );
  });

  it("is settled when pods are ready, and where they wait for their deletion", () => {
    const settled = (given: V1StatefulSetSpec, ...pods: V1Pod[]) =>
      podStates("cart", given, pods, "new").every((state) => isSettled(state, "cart", Date.now()));
    assert.ok(settled(spec(1), pod()));
    assert.ok(settled(spec(0)));
    assert.ok(!settled(spec(1)));
    assert.ok(!settled(spec(0), pod()));
    assert.ok(!settled(spec(1), pod({ ready: false })));
    assert.ok(!settled(spec(1), pod({ deleted: true })));
    assert.ok(!settled(spec(1), old(0)));
    assert.ok(settled(spec(1, partition(1)), old(0)));
    assert.ok(!settled(spec(1, partition(1)), pod({ revision: "old", ready: false })));
    assert.ok(settled(spec(1, { type: "OnDelete" }), pod({ revision: "old", ready: false })));
  });

  it("finds the revision that a template has had before", () => {
    const template = { metadata: { labels: { app: "cart" } }, spec: { containers: [] } };
    const revision = (name: string, recorded: object) => ({
      metadata: { name },
      revision: 1,
      data: { spec: { template: { $patch: "replace", ...recorded } } },
    });
    const revisions = [
      revision("cart-1", { ...template, spec: { containers: [], hostNetwork: true } }),
      revision("cart-2", { ...template, metadata: { creationTimestamp: null, labels: { app: "cart" } } }),
    ];
    assert.equal(revisionOfTemplate(template as never, revisions), "cart-2");
    assert.equal(revisionOfTemplate({ ...template, metadata: {} }, revisions), undefined);
  });
});

describe("the pod that the controller does not get past", () => {
  const inStatus = (status: object, given: V1StatefulSetSpec, ...pods: V1Pod[]) =>
    obstacle(podStates("cart", given, pods, "new"), {
      metadata: {},
      spec: given,
      status: { replicas: 1, currentRevision: "old", ...status },
    })?.name;
  const of = (given: V1StatefulSetSpec, ...pods: V1Pod[]) => inStatus({}, given, ...pods);
  const unready = (revision: string, ordinal = 0) => pod({ revision, ordinal, ready: false });
  const crashing = (revision: string, ordinal = 0) => {
    const containerStatuses = [{ name: "cart", state: { waiting: { reason: "CrashLoopBackOff" } } }];
    const conditions = [{ type: "Ready", status: "False" }];
    return pod({ revision, ordinal, status: { conditions, containerStatuses } });
  };
  const parallel = (replicas: number, strategy: object = {}) => ({
    ...spec(replicas, strategy),
    podManagementPolicy: "Parallel",
  });

  it("has a revision that neither the template nor the partition asks for, or is beyond the replicas", () => {
    assert.equal(of(spec(1), unready("old")), "cart-0");
    assert.equal(of(spec(1), unready("new")), undefined);
    assert.equal(of(spec(1, partition(1)), unready("old")), undefined);
    assert.equal(of(spec(1, partition(1)), unready("broken")), "cart-0");
    assert.equal(of(spec(1, { type: "OnDelete" }), unready("broken")), undefined);
    assert.equal(of(spec(0), unready("new")), "cart-0");
  });

  it("is the first one that is not ready: the controller creates none behind it", () => {
    assert.equal(of(spec(3), pod({ revision: "old" }), unready("old", 1), unready("old", 2)), "cart-1");
    assert.equal(of(spec(1), unready("old"), unready("old", 1)), "cart-0");
    assert.equal(of(spec(2), unready("old", 1)), undefined, "the controller creates cart-0");
  });

  it("is the last one beyond the replicas, when all others are ready", () => {
    assert.equal(of(spec(1), pod(), unready("old", 1), unready("old", 2)), "cart-2");
    assert.equal(of(spec(1), pod(), unready("old", 1), pod({ ordinal: 2 })), undefined);
  });

  it("is nothing while a pod stops", () => {
    assert.equal(of(spec(2), unready("abandoned"), pod({ ordinal: 1, deleted: true })), undefined);
  });

  it("is not one of the revision before while the new one is in trouble", () => {
    assert.equal(of(spec(2), unready("old"), unready("new", 1)), undefined);
    assert.equal(of(spec(2), unready("abandoned"), unready("new", 1)), "cart-0");
  });

  it("is under Parallel the last one, when no other one is about to be ready", () => {
    assert.equal(of(parallel(2), crashing("old"), crashing("old", 1)), "cart-1");
    assert.equal(of(parallel(2), unready("old"), unready("old", 1)), "cart-1");
    assert.equal(of(parallel(2), unready("old"), unready("new", 1)), undefined);
    assert.equal(of(parallel(2, partition(2)), crashing("broken"), crashing("broken", 1)), "cart-1");
    assert.equal(of(parallel(2, partition(2)), crashing("broken"), unready("old", 1)), undefined);
    assert.equal(of(parallel(2, partition(2)), crashing("broken")), undefined);
    assert.equal(of(parallel(2, partition(2)), crashing("old"), unready("broken", 1)), "cart-1");
  });

  describe("if a volume is added", () => {
    const withData = { ...spec(3), volumeClaimTemplates: [{ metadata: { name: "data" } }] };
    const claim = { name: "data", persistentVolumeClaim: { claimName: "data-cart-0" } };
    const having = (volumes: object[], fields: PodFields) =>
      ({ ...pod(fields), spec: { containers: [], volumes } }) as unknown as V1Pod;
    const updated = (ordinal: number, fields: PodFields = {}) => having([claim], { ordinal, ...fields });
    const outdated = (ordinal: number, volumes: object[] = []) => having(volumes, { ordinal, revision: "old" });

    for (const policy of ["OrderedReady", "Parallel"]) {
      const given = { ...withData, podManagementPolicy: policy };
      it(`is the first one without it, when all before are ready, under ${policy}`, () => {
        assert.equal(of(given, outdated(0), outdated(1), outdated(2)), "cart-0");
        assert.equal(of(given, updated(0), outdated(1), outdated(2)), "cart-1");
        assert.equal(of(given, outdated(1), outdated(2)), undefined, "the controller creates cart-0");
        assert.equal(of(given, updated(0, { ready: false }), outdated(1), outdated(2)), undefined);
        assert.equal(of(given, updated(0, { deleted: true }), outdated(1), outdated(2)), undefined);
        assert.equal(of(given, updated(0), updated(1), updated(2)), undefined);
      });
    }

    it("is one that has another volume of the name, and none that has all of them", () => {
      assert.equal(of(withData, outdated(0, [{ name: "data", emptyDir: {} }]), updated(1), updated(2)), "cart-0");
      assert.equal(of(withData, outdated(0, [claim]), outdated(1, [claim]), outdated(2, [claim])), undefined);
    });

    it("is none that a partition or OnDelete leaves as it is", () => {
      for (const updateStrategy of [partition(3), { type: "OnDelete" }]) {
        assert.equal(of({ ...withData, updateStrategy }, outdated(0), outdated(1), outdated(2)), undefined);
      }
    });

    it("is none before the others are available", () => {
      const given = { ...withData, minReadySeconds: 10 };
      assert.equal(of(given, updated(0), outdated(1), outdated(2)), undefined);
      assert.equal(inStatus({ availableReplicas: 3 }, given, updated(0), outdated(1), outdated(2)), "cart-1");
    });
  });
});
