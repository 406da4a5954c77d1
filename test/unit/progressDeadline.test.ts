import type { V1StatefulSetSpec } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import { progressDeadline } from "../../live/rollout/progressDeadline";

describe("the time that a pod may take", () => {
  const of = (containers: object[], rest: object = {}, podSpec: object = {}) =>
    progressDeadline({ ...rest, template: { spec: { containers, ...podSpec } } } as V1StatefulSetSpec);

  it("is ten minutes to start and Kubernetes' grace period, without probes", () => {
    assert.equal(of([{}]), 630);
    assert.equal(of([{}], { minReadySeconds: 5 }, { terminationGracePeriodSeconds: 0 }), 605);
  });

  it("grows by what the slowest container's probes allow", () => {
    const readinessProbe = { initialDelaySeconds: 5, periodSeconds: 2, failureThreshold: 4 };
    const startupProbe = { failureThreshold: 30 };
    assert.equal(of([{ readinessProbe }]), 643);
    assert.equal(of([{ readinessProbe }, { startupProbe, readinessProbe: {} }]), 960);
    assert.equal(of([{ readinessProbe: { successThreshold: 5 } }]), 680);
  });
});
