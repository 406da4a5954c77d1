import type { V1Probe, V1StatefulSetSpec } from "@kubernetes/client-node";

/** The time for what no probe limits: scheduling, attaching volumes, pulling images. */
export const secondsToStart = 120;

/** The seconds that Kubernetes allows a pod to be replaced, to start, and to become ready and available. */
export function progressDeadline({ template, minReadySeconds = 0 }: V1StatefulSetSpec): number {
  const { containers = [], terminationGracePeriodSeconds = 30 } = template.spec ?? {};
  const bounds = containers.map(
    ({ startupProbe, readinessProbe }) => patience(startupProbe) + patience(readinessProbe),
  );
  return secondsToStart + terminationGracePeriodSeconds + Math.max(0, ...bounds) + minReadySeconds;
}

/** The seconds after which a probe has succeeded or failed. */
function patience(probe: V1Probe | undefined): number {
  if (probe === undefined) return 0;
  const { initialDelaySeconds = 0, periodSeconds = 10, failureThreshold = 3, successThreshold = 1 } = probe;
  return initialDelaySeconds + periodSeconds * Math.max(failureThreshold, successThreshold);
}
