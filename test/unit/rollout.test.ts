import type { CoreV1Event, V1Pod, V1StatefulSetSpec } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import fc from "fast-check";
import { abandoned, isReplaced, isSettled, podStates, revisionOfTemplate } from "../../live/rollout/podStates";
import { isBroken, isReady, podTrouble } from "../../live/pods/podTrouble";
import { progressDeadline } from "../../live/rollout/progressDeadline";
import { announcement, leftBehind, listed } from "../../live/rollout/messages";

interface PodFields {
  ordinal?: number;
  revision?: string;
  ready?: boolean;
  /** Seconds since the readiness changed. */
  since?: number;
  deleted?: boolean;
  status?: object;
}

const pod = ({ ordinal = 0, revision = "new", ready = true, since = 0, deleted = false, status }: PodFields = {}) => {
  const lastTransitionTime = new Date(Date.now() - since * 1000);
  return {
    metadata: {
      name: `cart-${String(ordinal)}`,
      uid: `uid-${String(ordinal)}`,
      labels: { "controller-revision-hash": revision },
      deletionTimestamp: deleted ? new Date() : undefined,
    },
    status: { conditions: [{ type: "Ready", status: ready ? "True" : "False", lastTransitionTime }], ...status },
  } as V1Pod;
};

const spec = (replicas: number, updateStrategy: object = {}) => ({ replicas, updateStrategy }) as V1StatefulSetSpec;
const partition = (partition: number) => ({ type: "RollingUpdate", rollingUpdate: { partition } });

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

  it("is a new start for all, after a change that Kubernetes cannot make", () => {
    const live = {
      podManagementPolicy: "Parallel",
      serviceName: "cart",
      volumeClaimTemplates: [
        { metadata: { name: "data" }, spec: { resources: { requests: { storage: "1Gi" } } }, status: {} },
      ],
    } as unknown as V1StatefulSetSpec;
    assert.ok(!isReplaced(live, live));
    assert.ok(!isReplaced({ ...live, replicas: 9, podManagementPolicy: undefined }, live));
    assert.ok(isReplaced({ ...live, podManagementPolicy: "OrderedReady" }, live));
    assert.ok(isReplaced({ ...live, serviceName: "basket" }, live));
    const templates = (storage: string) => [
      { metadata: { name: "data" }, spec: { resources: { requests: { storage } } } },
    ];
    assert.ok(!isReplaced({ ...live, volumeClaimTemplates: templates("1Gi") }, live));
    assert.ok(isReplaced({ ...live, volumeClaimTemplates: templates("2Gi") }, live));
    assert.ok(isReplaced({ ...live, volumeClaimTemplates: [] }, live));
    assert.ok(!isReplaced({ ...live, volumeClaimTemplates: [] }, { ...live, volumeClaimTemplates: undefined }));
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

describe("a pod that is replaced out of its turn", () => {
  const waiting = (reason: string) => ({ containerStatuses: [{ name: "cart", state: { waiting: { reason } } }] });
  const unready = (fields: PodFields = {}) => pod({ ready: false, ...fields });

  it("is broken: it cannot start, crashes, finds no node, or was not ready for too long", () => {
    for (const reason of ["ImagePullBackOff", "CrashLoopBackOff", "CreateContainerConfigError"]) {
      assert.ok(isBroken(unready({ status: waiting(reason) }), 60), reason);
    }
    const conditions = [{ type: "PodScheduled", status: "False", message: "0/1 nodes are available" }];
    assert.ok(isBroken(unready({ status: { conditions } }), 60));
    assert.ok(isBroken(unready({ since: 61 }), 60));
  });

  it("is not one that starts, ends, or has not been ready for a short while", () => {
    assert.ok(!isBroken(unready({ since: 59 }), 60));
    for (const reason of ["ContainerCreating", "PodInitializing"]) {
      assert.ok(!isBroken(unready({ status: waiting(reason) }), 60), reason);
    }
    assert.ok(!isBroken(unready({ since: 61, deleted: true }), 60));
    const crashed = { containerStatuses: [{ name: "cart", state: { terminated: { exitCode: 1 } } }] };
    assert.ok(!isBroken(unready({ status: { ...unready().status, ...crashed } }), 60), "it starts again at once");
    const done = { initContainerStatuses: [{ name: "init", state: { terminated: { exitCode: 0 } } }] };
    assert.ok(!isBroken(unready({ status: { ...unready().status, ...done } }), 60));
  });

  it("is never one that is ready", () => {
    const containerStatuses = [{ name: "cart", state: { waiting: { reason: "CrashLoopBackOff" } } }];
    const ready = pod({ since: 1e6 });
    assert.ok(isReady(ready));
    assert.ok(!isBroken({ ...ready, status: { ...ready.status, containerStatuses } as V1Pod["status"] }, 0));
  });

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
      "stops cart-2, whose claims stay; updates cart-1 and cart-0, 2 at a time",
    );
    assert.equal(words(spec(3, partition(2)), old), "updates cart-2; holds back cart-0 and cart-1 by the partition 2");
  });

  it("names what a finished rollout has left out", () => {
    const states = podStates("cart", spec(3, { type: "OnDelete" }), old, "new");
    assert.equal(
      leftBehind(spec(3), states),
      "leaves cart-0, cart-1 and cart-2 as they are until they are deleted (OnDelete)",
    );
  });

  it("shortens a long list", () => {
    assert.equal(listed(["a", "b", "c", "d", "e", "f", "g"]), "a … g (7 pods)");
  });
});

describe("why a pod is not ready", () => {
  const event = (uid: string, type: string, reason: string, message: string, minute: number) =>
    ({
      involvedObject: { uid },
      type,
      reason,
      message,
      metadata: {},
      lastTimestamp: new Date(minute * 60000),
    }) as CoreV1Event;
  const trouble = (status: object, events: CoreV1Event[] = [], claims: object[] = []) =>
    podTrouble(pod({ ready: false, status: { conditions: [], ...status } }), { events, claims: claims });

  it("is the scheduler's reason, with the claims that are not bound", () => {
    const conditions = [{ type: "PodScheduled", status: "False", message: "unbound claims" }];
    const claims = [
      { metadata: { name: "data-cart-0", uid: "claim" }, status: { phase: "Pending" } },
      { metadata: { name: "logs-cart-0" }, status: { phase: "Bound" } },
    ];
    const { words } = trouble(
      { conditions },
      [event("claim", "Warning", "ProvisioningFailed", "no such class", 1)],
      claims,
    );
    assert.match(
      words,
      /^finds no node: unbound claims; the claim data-cart-0 is not bound: no such class \(it holds nothing/,
    );
    assert.doesNotMatch(words, /logs/);
  });

  it("is a container's reason, with its exit code and the container whose log to read", () => {
    const state = { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } };
    const lastState = { terminated: { exitCode: 137, reason: "OOMKilled" } };
    assert.deepEqual(trouble({ containerStatuses: [{ name: "cart", state, lastState }] }), {
      words: "container cart: CrashLoopBackOff: exit code 137 (OOMKilled)",
      container: "cart",
    });
    const pull = { waiting: { reason: "ErrImagePull", message: "not found" } };
    assert.equal(
      trouble({ containerStatuses: [{ name: "cart", state: pull }] }).words,
      "container cart: ErrImagePull: not found",
    );
  });

  it("is the last warning while a container is being made", () => {
    const state = { waiting: { reason: "ContainerCreating" } };
    const events = [
      event("uid-0", "Warning", "FailedMount", "no such ConfigMap", 2),
      event("uid-0", "Warning", "FailedMount", "an older one", 1),
      event("uid-0", "Normal", "Scheduled", "assigned", 3),
      event("another", "Warning", "FailedMount", "not this pod's", 4),
    ];
    const { words } = trouble({ containerStatuses: [{ name: "cart", state }] }, events);
    assert.equal(words, "container cart: ContainerCreating: no such ConfigMap");
  });

  it("is the probe that failed", () => {
    const events = [event("uid-0", "Warning", "Unhealthy", "Readiness probe failed: 503", 1)];
    const status = { name: "cart", ready: false, restartCount: 2, state: { running: {} } };
    assert.deepEqual(trouble({ containerStatuses: [status] }, events), {
      words: "container cart: not ready (2 restarts): Readiness probe failed: 503",
      container: "cart",
    });
  });
});

describe("the time that a pod may take", () => {
  const of = (containers: object[], rest: object = {}, podSpec: object = {}) =>
    progressDeadline({ ...rest, template: { spec: { containers, ...podSpec } } } as V1StatefulSetSpec);

  it("is two minutes to start and Kubernetes' grace period, without probes", () => {
    assert.equal(of([{}]), 150);
    assert.equal(of([{}], { minReadySeconds: 5 }, { terminationGracePeriodSeconds: 0 }), 125);
  });

  it("grows by what the slowest container's probes allow", () => {
    const readinessProbe = { initialDelaySeconds: 5, periodSeconds: 2, failureThreshold: 4 };
    const startupProbe = { failureThreshold: 30 };
    assert.equal(of([{ readinessProbe }]), 163);
    assert.equal(of([{ readinessProbe }, { startupProbe, readinessProbe: {} }]), 480);
    assert.equal(of([{ readinessProbe: { successThreshold: 5 } }]), 200);
  });
});
