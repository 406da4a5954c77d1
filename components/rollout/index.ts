import type { V1StatefulSetSpec } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { setTimeout } from "node:timers/promises";
import { userError } from "../../config/userError";
import type { Cluster } from "../cluster";
import { isRefusal, LiveStatefulSet, requestError, type StatefulSet } from "./liveStatefulSet";
import { isAbandoned, isReady, isReplaced, isSettled, type PodState, podStates } from "./podStates";
import { isBroken, podTrouble } from "./podTrouble";
import { progressDeadline, secondsToStart } from "./progressDeadline";
import { announcement, leftBehind, listed, replacement } from "./words";
import type { StatefulApp } from "../statefulApp";

/** Between two looks at the pods. */
const pollMs = 500;

/** How many pods an error explains. */
const maxExplained = 3;

/**
 * Follows an app's change to its end: a preview says which pods it concerns; an update waits until they are ready, and
 * fails with the reason where they do not get so. Gives the app once it is there, for what has to come after it.
 *
 * `deadline`: the seconds without any pod getting where it is to be, after which the rollout has failed. Default:
 * {@link progressDeadline}.
 */
export function rollout(app: StatefulApp, cluster: Cluster, deadline?: number): pulumi.Output<StatefulApp> {
  return pulumi.all([app.namespace, app.statefulSet, app.spec]).apply(async ([namespace, name, spec]) => {
    if (!cluster.isReadable) return app;
    const live = new LiveStatefulSet(cluster, namespace, name);
    const words = pulumi.runtime.isDryRun()
      ? await preview(live, spec as unknown as V1StatefulSetSpec)
      : await new Rollout(live, app, deadline).end();
    if (words !== "") await pulumi.log.info(words, app);
    return app;
  });
}

async function preview(live: LiveStatefulSet, spec: V1StatefulSetSpec): Promise<string> {
  try {
    const statefulSet = await live.read();
    if (statefulSet === undefined) return announcement(spec, podStates(live.name, spec, [], undefined));
    const [pods, revision] = await Promise.all([live.readPods(statefulSet), live.readRevision(spec)]);
    if (isReplaced(spec, statefulSet.spec)) return replacement(pods.map(({ metadata }) => metadata?.name ?? ""));
    return announcement(spec, podStates(live.name, spec, pods, revision));
  } catch (error) {
    return `which pods the change concerns cannot be told: ${requestError(error)}`;
  }
}

/** A StatefulSet and its pods at one time. */
interface Look {
  statefulSet: StatefulSet;
  /** Empty until the controller has seen the spec. */
  states: PodState[];
  ended: boolean;
  /** In seconds. */
  deadline: number;
}

/** Waits as `kubectl rollout status` does, but for what each pod is promised, which a partition and OnDelete change. */
class Rollout {
  private lastProgress = Date.now();
  /** The most there was: a pod that comes and goes puts nothing off. */
  private mostInPlace = -Infinity;
  private readonly deleted = new Set<string>();
  private shown = "";

  constructor(
    private readonly live: LiveStatefulSet,
    private readonly app: StatefulApp,
    private readonly deadline: number | undefined,
  ) {}

  /** Resolves when every pod is where it is to be, with words for those that were left out. */
  async end(): Promise<string> {
    for (;;) {
      try {
        const look = await this.look();
        if (look.ended) return leftBehind(look.statefulSet.spec, look.states);
        await this.heal(look);
        this.show(look);
        if (this.isOver(look.deadline)) throw await this.failure(look);
      } catch (error) {
        // A server that does not answer may do so the next time.
        if (pulumi.RunError.isInstance(error)) throw error;
        if (isRefusal(error) || this.isOver(this.deadline ?? secondsToStart)) {
          throw userError(`Whether ${this.live.name} is ready cannot be told: ${requestError(error)}`);
        }
      }
      await setTimeout(pollMs);
    }
  }

  private isOver(deadline: number): boolean {
    return Date.now() - this.lastProgress > deadline * 1000;
  }

  private async look(): Promise<Look> {
    const statefulSet = await this.live.read();
    if (statefulSet === undefined) {
      throw userError(
        `The StatefulSet ${this.live.name} is not in the cluster any more; \`pulumi up --refresh\` makes it again.`,
      );
    }
    const { metadata, spec, status } = statefulSet;
    const deadline = this.deadline ?? progressDeadline(spec);
    if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) {
      return { statefulSet, states: [], ended: false, deadline };
    }
    const states = podStates(this.live.name, spec, await this.live.readPods(statefulSet), status.updateRevision);
    const ready = states.filter(({ pod }) => pod && isReady(pod)).length;
    // Who is ready is available minReadySeconds later.
    const available = spec.minReadySeconds ? (status.availableReplicas ?? 0) : ready;
    return { statefulSet, states, ended: states.every(isSettled) && available >= ready, deadline };
  }

  /**
   * Deletes pods that are broken and of a revision that nothing asks for any more. A StatefulSet whose policy is
   * OrderedReady would wait for them for ever: https://github.com/kubernetes/kubernetes/issues/67250
   */
  private async heal({ statefulSet, states, deadline }: Look): Promise<void> {
    for (const state of states) {
      const { name, pod } = state;
      if (!pod || !isAbandoned(state, statefulSet.status) || !isBroken(pod, deadline)) continue;
      if (!(await this.live.deletePod(pod))) continue;
      await pulumi.log.info(
        `deleted ${name}, whose revision is given up, and which was broken: ${podTrouble(pod).words}`,
        this.app,
      );
      if (!this.deleted.has(name)) this.lastProgress = Date.now();
      this.deleted.add(name);
    }
  }

  /** Takes note of progress, and shows it while it lasts. */
  private show({ states }: Look): void {
    const surplus = states.filter(({ fate }) => fate === "surplus").length;
    const inPlace = states.filter(isSettled).length;
    if (inPlace - surplus > this.mostInPlace) {
      this.mostInPlace = inPlace - surplus;
      this.lastProgress = Date.now();
    }
    const [next] = culprits(states);
    const trouble = next?.pod ? `: ${next.name}: ${podTrouble(next.pod).words}` : "";
    const words = `${String(inPlace)} of ${String(states.length - surplus)} pods in place${trouble}`;
    if (words !== this.shown) void pulumi.log.info(words, this.app, undefined, true);
    this.shown = words;
  }

  private async failure({ statefulSet, states, deadline }: Look): Promise<Error> {
    const reasons = await Promise.all(
      culprits(states)
        .slice(0, maxExplained)
        .map(({ name, pod }) => this.live.explain(name, pod, statefulSet)),
    );
    const serving = states
      .filter(({ fate, pod }) => fate === "outdated" && pod && isReady(pod))
      .map(({ name }) => name);
    const lines = [
      `${this.live.name} is not what it is to be: no pod has come further for ${String(deadline)} s (progressDeadlineSeconds).`,
      ...reasons.map((reason) => `  ${reason}`),
      ...(serving.length > 0 ? [`  ${listed(serving)}: ready, and not updated`] : []),
      "Mend the config and run `pulumi up` again, which replaces what is broken.",
    ];
    return userError(lines.join("\n"));
  }
}

/** The pods that hold the others up: those that are there and not well, else the first that is not there. */
function culprits(states: PodState[]): PodState[] {
  const late = states.filter((state) => !isSettled(state));
  const unwell = late.filter(({ fate, pod }) => pod && (fate === "surplus" || !isReady(pod)));
  return unwell.length > 0 ? unwell : late.filter(({ fate }) => fate === "missing").slice(0, 1);
}
