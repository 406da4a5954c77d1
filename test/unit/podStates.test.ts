import type { V1Pod, V1StatefulSetSpec } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import fc from "fast-check";
import { abandoned, isSettled, podStates, revisionOfTemplate } from "../../live/rollout/podStates";
import { partition, pod, spec } from "./support/pods";

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
      podStates("cart", given, pods, "new").every(isSettled);
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

describe("a pod that nothing asks for any more", () => {
  const unwanted = (given: V1StatefulSetSpec, ...pods: V1Pod[]) =>
    abandoned(podStates("cart", given, pods, "new"), { replicas: 1, currentRevision: "old" }).map(({ name }) => name);

  it("is beyond the replicas, or of a revision that neither the template nor the partition asks for", () => {
    const of = (revision: string) => pod({ revision });
    assert.deepEqual(unwanted(spec(1), of("old")), ["cart-0"]);
    assert.deepEqual(unwanted(spec(1), of("new")), []);
    assert.deepEqual(unwanted(spec(1, partition(1)), of("old")), []);
    assert.deepEqual(unwanted(spec(1, partition(1)), of("broken")), ["cart-0"]);
    assert.deepEqual(unwanted(spec(1, { type: "OnDelete" }), of("broken")), []);
    assert.deepEqual(unwanted(spec(0), of("new")), ["cart-0"]);
  });

  it("is not one of the revision before while the new one is in trouble", () => {
    const broken = pod({ ordinal: 2, ready: false });
    const before = pod({ ordinal: 0, revision: "old", ready: false });
    assert.deepEqual(unwanted(spec(3), before, pod({ ordinal: 1, revision: "abandoned" }), broken), ["cart-1"]);
    assert.deepEqual(unwanted(spec(3), before, pod({ ordinal: 2 })), ["cart-0"]);
  });
});
