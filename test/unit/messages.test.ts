import type { V1Pod, V1StatefulSetSpec } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { announcement, leftBehind, listed, notStarted, unprobed } from "../../live/rollout/messages";
import { podStates } from "../../live/rollout/podStates";
import { partition, pod, spec } from "./support/pods";

describe("a rollout in words", () => {
  const words = (given: V1StatefulSetSpec, pods: V1Pod[]) => announcement(given, podStates("cart", given, pods, "new"));
  const old = [0, 1, 2].map((ordinal) => pod({ ordinal, revision: "old" }));

  it("says nothing where nothing is to be done", () => {
    assert.equal(words(spec(1), [pod()]), "");
  });

  it("names the pods in the order of their turns", () => {
    assert.equal(words(spec(3), []), "starts cart-0, cart-1 and cart-2");
    assert.equal(words(spec(3), old), "updates cart-2, cart-1 and cart-0, one at a time");
    assert.equal(
      words(spec(2, { rollingUpdate: { maxUnavailable: 2 } }), old),
      "stops cart-2, whose claims are kept; updates cart-1 and cart-0, 2 at a time",
    );
    assert.equal(words(spec(3, partition(2)), old), "updates cart-2; holds back cart-0 and cart-1 by the partition 2");
  });

  it("names the pods from the first one if they lack a volume, one at a time", () => {
    const given = {
      ...spec(3, { rollingUpdate: { maxUnavailable: 2 } }),
      volumeClaimTemplates: [{ metadata: { name: "data" } }],
    };
    assert.equal(words(given, old), "updates cart-0, cart-1 and cart-2, one at a time");
  });

  describe("names every claim that goes with its pod", () => {
    const volumes = (...names: string[]) => names.map((name) => ({ metadata: { name } }));
    const pods = Array.from({ length: 9 }, (_, ordinal) => pod({ ordinal }));
    const stopping = (policy: object | undefined, templates: object[], replicas = 8, start = 0) =>
      words(
        {
          ...spec(replicas),
          ordinals: { start },
          persistentVolumeClaimRetentionPolicy: policy,
          volumeClaimTemplates: templates,
        },
        pods,
      );
    const goes = { whenScaled: "Delete" };

    it("if the app says so", () => {
      assert.equal(
        stopping(goes, volumes("data", "log")),
        "stops cart-8 and deletes its claims with all data (whenScaled): data-cart-8, log-cart-8",
      );
      assert.equal(
        stopping(goes, volumes("data"), 8, 1),
        "stops cart-0 and deletes its claims with all data (whenScaled): data-cart-0",
      );
    });

    it("also if their pods are too many to name", () => {
      const names = [8, 7, 6, 5, 4, 3, 2].map((ordinal) => `data-cart-${String(ordinal)}`).join(", ");
      assert.equal(
        stopping(goes, volumes("data"), 2),
        `stops cart-8 … cart-2 (7 pods) and deletes their claims with all data (whenScaled): ${names}`,
      );
    });

    it("and none if there are none, or they are kept", () => {
      assert.equal(stopping(goes, []), "stops cart-8, whose claims are kept");
      assert.equal(stopping({ whenScaled: "Retain" }, volumes("data")), "stops cart-8, whose claims are kept");
      assert.equal(stopping(undefined, volumes("data")), "stops cart-8, whose claims are kept");
    });
  });

  for (const [given, replicas, expected] of [
    ["50%", 4, 2],
    ["50%", 5, 2],
    ["100%", 3, 3],
    ["1%", 3, "one"],
    [3, 4, 3],
  ] as const) {
    it(`takes ${String(given)} of ${String(replicas)} pods for as many as Kubernetes does`, () => {
      const pods = Array.from({ length: replicas }, (_, ordinal) => pod({ ordinal, revision: "old" }));
      const sentence = words(spec(replicas, { rollingUpdate: { maxUnavailable: given } }), pods);
      assert.ok(sentence.endsWith(`, ${String(expected)} at a time`), sentence);
    });
  }

  it("names the pods of a change of the first ordinal", () => {
    assert.equal(
      words(
        { ...spec(3), ordinals: { start: 1 } },
        [0, 1, 2].map((ordinal) => pod({ ordinal })),
      ),
      "starts cart-3; stops cart-0, whose claims are kept",
    );
    assert.equal(
      words({ ...spec(2, partition(1)), ordinals: { start: 1 } }, old.slice(1)),
      "updates cart-2; holds back cart-1 by the partition 1",
    );
  });

  it("names what a finished rollout has left out", () => {
    const states = podStates("cart", spec(3, { type: "OnDelete" }), old, "new");
    assert.equal(
      leftBehind(spec(3), states, []),
      "leaves cart-0, cart-1 and cart-2 as they are until they are deleted (OnDelete)",
    );
  });

  it("points out an app without a readiness probe, whatever its sidecars have", () => {
    const of = (...containers: object[]) =>
      unprobed("cart", { template: { spec: { containers } } } as V1StatefulSetSpec);
    assert.match(
      of({ name: "cart" }, { name: "proxy", readinessProbe: {} }),
      /^cart has no readinessProbe: .* for 10 s$/,
    );
    assert.equal(of({ name: "cart", readinessProbe: {} }, { name: "proxy" }), "");
  });

  it("names the pods that wait for another one, under OrderedReady only", () => {
    const said = (given: V1StatefulSetSpec, ...pods: V1Pod[]) =>
      notStarted(given, podStates("cart", given, pods, "new"));
    const broken = pod({ ordinal: 1, ready: false });
    assert.match(said(spec(4), pod(), broken), /^cart-2 and cart-3: not started, because .* waits for cart-1;/);
    assert.equal(said({ ...spec(4), podManagementPolicy: "Parallel" }, pod(), broken), "");
    assert.equal(said(spec(2), pod(), broken), "");
    assert.equal(said(spec(3), pod()), "", "no pod is broken");
  });

  it("shortens a long list", () => {
    assert.equal(listed(["a", "b", "c", "d", "e", "f", "g"]), "a … g (7 pods)");
  });
});
