import type { V1ContainerStatus, V1Pod } from "@kubernetes/client-node";

/** The seconds that a container must have run if no readiness probe says that it works, or if it has ended before. */
export const watchSeconds = 10;

/** The longest watch of a container that has ended before. */
const longestWatch = 60;

const runningContainers = ({ status }: V1Pod) =>
  [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].filter(
    ({ state }) => state?.running,
  );

/** The length of the run before the current one, in seconds. */
function previousRun({ lastState }: V1ContainerStatus): number {
  const { startedAt, finishedAt } = lastState?.terminated ?? {};
  return startedAt && finishedAt ? (finishedAt.getTime() - startedAt.getTime()) / 1000 : 0;
}

/** The seconds for which the current run of a container must have lasted. */
function neededSeconds(status: V1ContainerStatus, isProbed: boolean): number {
  // In a crash loop a container is ready again and again: it must outlast the run before.
  if (status.restartCount > 0) return Math.min(Math.max(previousRun(status) + 5, watchSeconds), longestWatch);
  return isProbed ? 0 : watchSeconds;
}

/**
 * Whether the containers of a ready pod have run for long enough to be relied on. `main` is the container that must run
 * for a while even if it has never ended, unless it has a readiness probe. `now` is the time of the cluster.
 */
export function isSteady(pod: V1Pod, main: string, now: number): boolean {
  const unprobed = pod.spec?.containers.find(({ name, readinessProbe }) => name === main && !readinessProbe);
  return runningContainers(pod).every((status) => {
    const started = status.state?.running?.startedAt?.getTime();
    return started === undefined || now - started >= neededSeconds(status, status.name !== unprobed?.name) * 1000;
  });
}

/** Whether a container of the pod has ended since the pod was created. */
export const hasRestarted = (pod: V1Pod) => runningContainers(pod).some(({ restartCount }) => restartCount > 0);
