import * as pulumi from "@pulumi/pulumi";

/** When each component is ready. */
const readiness = new WeakMap<pulumi.ComponentResource, Promise<void>>();

/**
 * Resolves when an output has a value, or at once in a preview. It never resolves if what the output waits for fails, which
 * is reported there. What waits for the promise does not depend on the output's resources: Pulumi first deletes what a
 * change of those forces it to replace.
 */
export function whenKnown(output: pulumi.Output<unknown>): Promise<void> {
  return pulumi.runtime.isDryRun()
    ? Promise.resolve()
    : new Promise<void>((resolve) => {
        output.apply(() => {
          resolve();
        });
      });
}

/**
 * Makes what depends on a component wait until `ready` has a value, and returns a function that does the same with an
 * output of the component. If the rollout fails, the value never comes: the rollout itself reports its error, and what
 * waits is not created. A preview does not wait.
 */
export function readyAfter(component: pulumi.ComponentResource, ready: pulumi.Output<unknown>) {
  const isReady = whenKnown(ready);
  readiness.set(component, isReady);
  return <T>(output: pulumi.Input<T>): pulumi.Output<T> =>
    pulumi.output(isReady.then(() => output)) as pulumi.Output<T>;
}

/** For the method `initialize` of a component, for which Pulumi waits before it creates what depends on the component. */
export async function whenReady(component: pulumi.ComponentResource): Promise<void> {
  // The constructor comes first.
  await Promise.resolve();
  await readiness.get(component);
}
