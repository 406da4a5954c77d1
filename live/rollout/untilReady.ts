import * as pulumi from "@pulumi/pulumi";
import { userError } from "../../schema/userError";
import { isReady } from "../pods/podTrouble";
import { poll } from "../poll";
import { Diagnosis } from "./diagnosis";
import { Healing } from "./healing";
import type { LiveStatefulSet, StatefulSet } from "./liveStatefulSet";
import { isGone, leftBehind, listed, notStarted, scaledByHand, scaledMeanwhile } from "./messages";
import { type PodState, podStates } from "./podStates";
import type { Planned } from "./preview";
import { progressDeadline, secondsToStart } from "./progressDeadline";
import { isSettled, isWatched, isWell } from "./settled";

/** The number of pods that an error explains. */
const maxExplained = 3;

/** Waits until the rollout is complete. Returns a message about the pods that it left on an older revision. */
export const untilReady = (
  live: LiveStatefulSet,
  planned: Planned,
  app: pulumi.Resource,
  deadline?: number,
): Promise<string> => new Rollout(live, planned, app, deadline).end();

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
  private readonly healing: Healing;
  private readonly diagnosis: Diagnosis;
  private shown = "";
  private scaling = "";
  /** In seconds. What Kubernetes allows a pod is known after the first look. */
  private deadline: number;

  constructor(
    private readonly live: LiveStatefulSet,
    private readonly planned: Planned,
    private readonly app: pulumi.Resource,
    private readonly givenDeadline: number | undefined,
  ) {
    this.deadline = givenDeadline ?? secondsToStart;
    this.healing = new Healing(live, app);
    this.diagnosis = new Diagnosis(live);
  }

  end(): Promise<string> {
    return poll(
      `${this.live.name} is ready`,
      async () => {
        const look = await this.look();
        const { statefulSet, states } = look;
        await this.compareScale(statefulSet);
        if (look.ended) return leftBehind(statefulSet.spec, states, this.notWell(look));
        if (await this.healing.heal(states, statefulSet, this.isOver())) this.lastProgress = Date.now();
        this.noteProgress(states);
        await this.diagnosis.look(this.culprits(states), statefulSet);
        this.show(look);
        if (this.diagnosis.isHopeless()) throw await this.failure(look, "it cannot become ready by waiting");
        if (this.isOver()) {
          throw await this.failure(look, `no progress for ${String(this.deadline)} s (progressDeadlineSeconds)`);
        }
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
    return { statefulSet, states, ended: states.every((state) => this.isSettled(state)) && available >= ready };
  }

  private isSettled(state: PodState): boolean {
    return isSettled(state, this.live.name, this.live.cluster.now());
  }

  /** Replicas that somebody has set stay if the update has not set them, and otherwise end it: they are not the plan's. */
  private async compareScale({ spec }: StatefulSet): Promise<void> {
    const { isChanged, isAutoscaled, spec: plan } = this.planned;
    if (isAutoscaled) return;
    const scaling = isChanged ? scaledMeanwhile(spec, plan) : scaledByHand(spec, plan);
    if (scaling !== "" && isChanged) throw userError(`${this.live.name} is not as planned: ${scaling}.`);
    if (scaling !== "" && scaling !== this.scaling) await pulumi.log.warn(`${this.live.name} ${scaling}`, this.app);
    this.scaling = scaling;
  }

  private noteProgress(states: PodState[]): void {
    if (states.length === 0) return;
    const inPlace = states.filter((state) => this.isSettled(state)).length;
    const surplus = states.filter(({ fate }) => fate === "surplus").length;
    const late = states.filter((state) => !this.isSettled(state));
    // A watch has an end of its own.
    const isWatch = late.length > 0 && late.every((state) => isWatched(state, this.live.name, this.live.cluster.now()));
    if (inPlace - surplus <= this.mostInPlace && !isWatch) return;
    this.mostInPlace = Math.max(this.mostInPlace, inPlace - surplus);
    this.lastProgress = Date.now();
  }

  private show({ states, statefulSet }: Look): void {
    if (states.length === 0) return;
    const wanted = states.filter(({ fate }) => fate !== "surplus").length;
    const inPlace = states.filter((state) => this.isSettled(state)).length;
    const [next] = this.culprits(states);
    const trouble = next?.pod ? `: ${next.name}: ${this.diagnosis.problemOf(next, statefulSet)}` : "";
    const message = `${String(inPlace)} of ${String(wanted)} pods in place${trouble}`;
    if (message !== this.shown) void pulumi.log.info(message, this.app, undefined, true);
    this.shown = message;
  }

  private async failure({ statefulSet, states }: Look, reason: string): Promise<Error> {
    const reasons = await Promise.all(
      this.culprits(states)
        .slice(0, maxExplained)
        .map(async (state) => {
          const { name, pod } = state;
          const cure = this.diagnosis.cureOf(state, statefulSet);
          const words = pod
            ? await this.live.pods.explain(pod)
            : `${name}: ${this.diagnosis.problemOf(state, statefulSet)}`;
          return cure === undefined ? words : `${words}\n    ${cure}`;
        }),
    );
    const serving = states
      .filter(({ fate, pod }) => fate === "outdated" && pod && isReady(pod))
      .map(({ name }) => name);
    const unstarted = notStarted(statefulSet.spec, states);
    const lines = [
      `${this.live.name} is not ready: ${reason}.`,
      ...reasons.map((reason) => `  ${reason}`),
      ...(unstarted ? [`  ${unstarted}`] : []),
      ...(serving.length > 0 ? [`  ${listed(serving)}: ready, still on the old revision`] : []),
      "Fix the cause and run `pulumi up` again, which replaces broken pods.",
    ];
    return userError(lines.join("\n"));
  }

  /** The pods that are left as they are although they do not work, with the reasons. */
  private notWell({ states, statefulSet }: Look): string[] {
    return states
      .filter((state) => state.fate === "waitsForDeletion" && !isWell(state, this.live.name, this.live.cluster.now()))
      .map((state) => `${state.name} is not ready: ${this.diagnosis.problemOf(state, statefulSet)}`);
  }

  /** The pods that block the rollout: those that do not work or, if there are none, the first one that is missing. */
  private culprits(states: PodState[]): PodState[] {
    const now = this.live.cluster.now();
    const late = states.filter((state) => !this.isSettled(state));
    const unwell = late.filter(
      (state) => state.pod && (state.fate === "surplus" || !isWell(state, this.live.name, now)),
    );
    return unwell.length > 0 ? unwell : late.filter(({ fate }) => fate === "missing").slice(0, 1);
  }
}
