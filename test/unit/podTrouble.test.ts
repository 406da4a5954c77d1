import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { isBroken, isReady, podTrouble } from "../../live/pods/podTrouble";
import { pod, type PodFields } from "./support/pods";

describe("a pod that is replaced out of its turn", () => {
  const waiting = (reason: string) => ({ containerStatuses: [{ name: "cart", state: { waiting: { reason } } }] });
  const unready = (fields: PodFields = {}) => pod({ ready: false, ...fields });

  it("is broken: it cannot start, crashes, cannot be scheduled, or was not ready for too long", () => {
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
      container: status,
    });
    const pull = { waiting: { reason: "ErrImagePull", message: "not found" } };
    assert.equal(
      trouble({ containerStatuses: [{ name: "cart", state: pull }] }).message,
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
    const { message } = trouble({ containerStatuses: [{ name: "cart", state }] }, events);
    assert.equal(message, "container cart: ContainerCreating: no such ConfigMap");
  });

  it("is the probe that failed", () => {
    const events = [event("uid-0", "Warning", "Unhealthy", "Readiness probe failed: 503", 1)];
    const status = { name: "cart", ready: false, restartCount: 2, state: { running: {} } };
    assert.deepEqual(trouble({ containerStatuses: [status] }, events), {
      message: "container cart: not ready (2 restarts): Readiness probe failed: 503",
      container: status,
    });
  });
});
