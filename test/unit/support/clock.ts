import { mock } from "node:test";

/** Runs what waits without waiting: whenever nothing else is to be done, a tenth of a second passes at once. */
export async function inFastTime<T>(run: () => Promise<T>): Promise<T> {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.now() });
  try {
    const work = { isOver: false };
    const result = run().finally(() => {
      work.isOver = true;
    });
    // Awaited below; until then its failure must not count as one that nobody handles.
    result.catch(() => undefined);
    while (!work.isOver) {
      mock.timers.tick(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await result;
  } finally {
    mock.timers.reset();
  }
}
