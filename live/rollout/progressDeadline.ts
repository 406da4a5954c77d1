import type { V1Container, V1Probe, V1StatefulSetSpec } from "@kubernetes/client-node";

/** The time for what no probe limits: scheduling, attaching volumes, pulling images. That of a Deployment. */
export const secondsToStart = 600;

/** The seconds that Kubernetes allows a pod to be replaced, to start, and to become ready and available. */
export function progressDeadline({ template, minReadySeconds = 0 }: V1StatefulSetSpec): number {
  const { containers = [], terminationGracePeriodSeconds = 30 } = template.spec ?? {};
  return secondsToStart + terminationGracePeriodSeconds + secondsToBecomeReady(containers) + minReadySeconds;
}

/** The seconds that the probes allow containers that have started. */
export function secondsToBecomeReady(containers: V1Container[]): number {
  const bounds = containers.map(
    ({ startupProbe, readinessProbe }) => patience(startupProbe) + patience(readinessProbe),
  );
  return Math.max(0, ...bounds);
}

/** The seconds after which a probe has succeeded or failed. */
function patience(probe: V1Probe | undefined): number {
  if (probe === undefined) return 0;
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3, successThreshold = 1 } = probe;
  return initialDelaySeconds + periodSeconds * Math.max(failureThreshold, successThreshold);
}
