import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { isFailing, isReady, podTrouble, wasReady } from "../../live/pods/podTrouble";
import { pod, type PodFields } from "./support/pods";

describe("a pod", () => {
  const waiting = (reason: string) => ({ containerStatuses: [{ name: "cart", state: { waiting: { reason } } }] });
  const unready = (fields: PodFields = {}) => pod({ ready: false, ...fields });

  it("fails if it cannot start, crashes, or cannot be scheduled", () => {
    for (const reason of ["ImagePullBackOff", "CrashLoopBackOff", "CreateContainerConfigError"]) {
      assert.ok(isFailing(unready({ status: waiting(reason) })), reason);
    }
    const conditions = [{ type: "PodScheduled", status: "False", message: "0/1 nodes are available" }];
    assert.ok(isFailing(unready({ status: { conditions } })));
  });

  it("does not fail if it starts, ends, or runs", () => {
    assert.ok(!isFailing(unready({ since: 1e6 })));
    for (const reason of ["ContainerCreating", "PodInitializing"]) {
      assert.ok(!isFailing(unready({ status: waiting(reason) })), reason);
    }
    assert.ok(!isFailing(unready({ deleted: true, status: waiting("CrashLoopBackOff") })));
    const crashed = { containerStatuses: [{ name: "cart", state: { terminated: { exitCode: 1 } } }] };
    assert.ok(!isFailing(unready({ status: { ...unready().status, ...crashed } })), "it starts again at once");
    const done = { initContainerStatuses: [{ name: "init", state: { terminated: { exitCode: 0 } } }] };
    assert.ok(!isFailing(unready({ status: { ...unready().status, ...done } })));
  });

  it("does not fail if it is ready", () => {
    const containerStatuses = [{ name: "cart", state: { waiting: { reason: "CrashLoopBackOff" } } }];
    const ready = pod();
    assert.ok(isReady(ready));
    assert.ok(!isFailing({ ...ready, status: { ...ready.status, containerStatuses } as V1Pod["status"] }));
  });

  it("has been ready if that ended after its start", () => {
    const startTime = new Date(Date.now() - 60_000);
    assert.ok(wasReady(unready({ since: 30, status: { ...unready({ since: 30 }).status, startTime } })));
    assert.ok(!wasReady(unready({ status: { ...unready({ since: 60 }).status, startTime } })));
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
    podTrouble(pod({ ready: false, status: { conditions: [], ...status } }), { events, claims, now: Date.now() });

  it("is the scheduler's reason, with the claims that are not bound", () => {
    const conditions = [{ type: "PodScheduled", status: "False", message: "unbound claims" }];
    const claims = [
      { metadata: { name: "data-cart-0", uid: "claim" }, status: { phase: "Pending" } },
      { metadata: { name: "logs-cart-0" }, status: { phase: "Bound" } },
    ];
    const { message } = trouble(
      { conditions },
      [event("claim", "Warning", "ProvisioningFailed", "no such class", 1)],
      claims,
    );
    assert.match(
      message,
      /^cannot be scheduled: unbound claims; the claim data-cart-0 is not bound: no such class \(it holds no data/,
    );
    assert.doesNotMatch(message, /logs/);
  });

  it("is a container's reason, with its exit code and the container whose log to read", () => {
    const state = { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } };
    const lastState = { terminated: { exitCode: 137, reason: "OOMKilled" } };
    const status = { name: "cart", state, lastState };
    assert.deepEqual(trouble({ containerStatuses: [status] }), {
      message: "container cart: CrashLoopBackOff: exit code 137 (OOMKilled)",
      containers: [status],
    });
    const pull = { waiting: { reason: "ErrImagePull", message: "not found" } };
    assert.equal(
      trouble({ containerStatuses: [{ name: "cart", state: pull }] }).message,
      "container cart: ErrImagePull: not found",
    );
  });

  it("is the last event while a container is being made", () => {
    const state = { waiting: { reason: "ContainerCreating" } };
    const events = [
      event("uid-0", "Warning", "FailedMount", "no such ConfigMap", 2),
      event("uid-0", "Warning", "FailedMount", "an older one", 1),
      event("uid-0", "Normal", "Scheduled", "assigned", 0),
      event("another", "Warning", "FailedMount", "not this pod's", 4),
    ];
    const { message } = trouble({ containerStatuses: [{ name: "cart", state }] }, events);
    assert.equal(message, "container cart: ContainerCreating: no such ConfigMap");
  });

  it("is the probe that failed", () => {
    const events = [event("uid-0", "Warning", "Unhealthy", "Readiness probe failed: 503", 1)];
    const status = { name: "cart", ready: false, restartCount: 2, state: { running: {} } };
    assert.deepEqual(trouble({ containerStatuses: [status] }, events), {
      message: "container cart: not ready (2 restarts): Readiness probe failed: 503",
      containers: [status],
    });
  });

  it("is a node that does not answer, with what frees its pods", () => {
    const lost = (conditions: object[], fields: PodFields = {}) => {
      const containerStatuses = [{ name: "cart", ready: true, restartCount: 0, state: { running: {} } }];
      const found = pod({ ready: false, status: { conditions, containerStatuses }, ...fields });
      return { ...found, spec: { nodeName: "node-1", containers: [] } };
    };
    const cut = lost([{ type: "Ready", status: "False" }]);
    assert.match(
      podTrouble(cut).message,
      /^is not ready, because its node node-1 does not answer; .*kubectl delete node node-1`/,
    );
    const gated = lost([{ type: "Ready", status: "False", reason: "ReadinessGatesNotReady" }]);
    assert.doesNotMatch(podTrouble(gated).message, /does not answer/);

    const terminating = lost([], { deleted: true });
    const after = (seconds: number) =>
      podTrouble(terminating, { events: [], claims: [], now: Date.now() + seconds * 1000 }).message;
    assert.equal(after(10), "is terminating");
    assert.match(
      after(61),
      /^is still terminating 6\d s after its grace period: the node node-1 does not .*kubectl delete node node-1`/,
    );
  });
});
