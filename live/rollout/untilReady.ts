import type { V1Pod } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { userError } from "../../schema/userError";
import { isBroken, isReady, podTrouble } from "../pods/podTrouble";
import { poll } from "../poll";
import { isRefusal, requestError } from "../requests";
import type { LiveStatefulSet, StatefulSet } from "./liveStatefulSet";
import { isGone, leftBehind, listed } from "./messages";
import { abandoned, isSettled, type PodState, podStates } from "./podStates";
import { progressDeadline, secondsToStart } from "./progressDeadline";

/** The number of pods that an error explains. */
const maxExplained = 3;

/** Waits until the rollout is complete. Returns a message about the pods that it left on an older revision. */
export const untilReady = (live: LiveStatefulSet, app: pulumi.Resource, deadline?: number): Promise<string> =>
  new Rollout(live, app, deadline).end();

/** A StatefulSet and its pods at one time. */
interface Look {
  statefulSet: StatefulSet;
  /** Empty until the controller has observed the spec. */
  states: PodState[];
  ended: boolean;
}

/** Waits like `kubectl rollout status`, and also for a partition and for OnDelete. */
class Rollout {
  private lastProgress = Date.now();
  /** The maximum so far: a pod that becomes ready again and again is not progress. */
  private mostInPlace = -Infinity;
  private readonly deleted = new Set<string>();
  private readonly refused = new Set<string>();
  private shown = "";
  /** In seconds. What Kubernetes allows a pod is known after the first look. */
  private deadline = secondsToStart;

  constructor(
    private readonly live: LiveStatefulSet,
    private readonly app: pulumi.Resource,
    private readonly givenDeadline: number | undefined,
  ) {}

  end(): Promise<string> {
    return poll(
      `${this.live.name} is ready`,
      async () => {
        const look = await this.look();
        if (look.ended) return leftBehind(look.statefulSet.spec, look.states);
        await this.heal(look);
        this.show(look);
        if (this.isOver()) throw await this.failure(look);
        return undefined;
      },
      () => this.isOver(),
    );
  }

  private isOver(): boolean {
    return Date.now() - this.lastProgress > this.deadline * 1000;
  }

  private async look(): Promise<Look> {
    const statefulSet = await this.live.read();
    if (statefulSet === undefined) {
      throw userError(isGone(this.live.name));
    }
    const { metadata, spec, status } = statefulSet;
    this.deadline = this.givenDeadline ?? progressDeadline(spec);
    if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0)) return { statefulSet, states: [], ended: false };
    const states = podStates(this.live.name, spec, await this.live.readPods(statefulSet), status.updateRevision);
    const ready = states.filter(({ pod }) => pod && isReady(pod)).length;
    // A ready pod becomes available after minReadySeconds.
    const available = spec.minReadySeconds ? (status.availableReplicas ?? 0) : ready;
    return { statefulSet, states, ended: states.every(isSettled) && available >= ready };
  }

  /**
   * Deletes broken pods that are no longer part of the rollout. Under OrderedReady the controller would wait for them
   * forever: https://github.com/kubernetes/kubernetes/issues/67250
   */
  private async heal({ statefulSet, states }: Look): Promise<void> {
    for (const { name, pod } of abandoned(states, statefulSet.status)) {
      if (!pod || !isBroken(pod, this.deadline) || !(await this.delete(name, pod))) continue;
      await pulumi.log.info(
        `deleted ${name}, which was broken and no longer part of the rollout: ${podTrouble(pod).message}`,
        this.app,
      );
      if (!this.deleted.has(name)) this.lastProgress = Date.now();
      this.deleted.add(name);
    }
  }

  /** Deletes a pod, and returns whether it did. A refusal is a warning, because under Parallel nothing waits for the pod. */
  private async delete(name: string, pod: V1Pod): Promise<boolean> {
    try {
      return await this.live.cluster.deletePod(pod);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      if (!this.refused.has(name))
        await pulumi.log.warn(`${name} is broken and could not be deleted: ${requestError(error)}`, this.app);
      this.refused.add(name);
      return false;
    }
  }

  /** Records progress, and shows it. */
  private show({ states }: Look): void {
    if (states.length === 0) return;
    const surplus = states.filter(({ fate }) => fate === "surplus").length;
    const inPlace = states.filter(isSettled).length;
    if (inPlace - surplus > this.mostInPlace) {
      this.mostInPlace = inPlace - surplus;
      this.lastProgress = Date.now();
    }
    const [next] = culprits(states);
    const trouble = next?.pod ? `: ${next.name}: ${podTrouble(next.pod).message}` : "";
    const message = `${String(inPlace)} of ${String(states.length - surplus)} pods in place${trouble}`;
    if (message !== this.shown) void pulumi.log.info(message, this.app, undefined, true);
    this.shown = message;
  }

  private async failure({ statefulSet, states }: Look): Promise<Error> {
    const reasons = await Promise.all(
      culprits(states)
        .slice(0, maxExplained)
        .map(async ({ name, pod }) => {
          if (pod) return this.live.pods.explain(pod);
          const reason = await this.live.pods.lastWarning(statefulSet.metadata.uid);
          return `${name}: missing: ${reason ?? "the controller has not created it yet"}`;
        }),
    );
    const serving = states
      .filter(({ fate, pod }) => fate === "outdated" && pod && isReady(pod))
      .map(({ name }) => name);
    const lines = [
      `${this.live.name} is not ready: no progress for ${String(this.deadline)} s (progressDeadlineSeconds).`,
      ...reasons.map((reason) => `  ${reason}`),
      ...(serving.length > 0 ? [`  ${listed(serving)}: ready, still on the old revision`] : []),
      "Fix the cause and run `pulumi up` again, which replaces broken pods.",
    ];
    return userError(lines.join("\n"));
  }
}

/** The pods that block the rollout: those that are not ready or, if there are none, the first one that is missing. */
function culprits(states: PodState[]): PodState[] {
  const late = states.filter((state) => !isSettled(state));
  const unwell = late.filter(({ fate, pod }) => pod && (fate === "surplus" || !isReady(pod)));
  return unwell.length > 0 ? unwell : late.filter(({ fate }) => fate === "missing").slice(0, 1);
}
