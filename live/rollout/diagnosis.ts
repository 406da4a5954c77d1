import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import { cureOfPod, cureOfRefusal } from "../pods/cures";
import { crashLoops, lastMessage, podTrouble, timeOf } from "../pods/podTrouble";
import type { LiveStatefulSet, StatefulSet } from "./liveStatefulSet";
import { type PodState, revisionOf } from "./podStates";

/** Milliseconds between two readings of the events. */
const pause = 4000;

/** Milliseconds for which waiting must have been of no use: what is missing may still be on its way. */
const patience = 8000;

/** The time of the last change of a StatefulSet, by the clock of the API server. */
const changedAt = ({ metadata: { managedFields = [] } }: StatefulSet) =>
  Math.max(0, ...managedFields.filter(({ subresource }) => !subresource).map(({ time }) => time?.getTime() ?? 0));

/** Whether nothing will replace the pod, unless the user does something. */
const isFinal = ({ fate, pod }: PodState, { status }: StatefulSet) =>
  fate === "missing" ||
  fate === "updated" ||
  (fate === "heldBack" && pod !== undefined && revisionOf(pod) === status.currentRevision);

/** Says what is wrong with pods, and whether waiting helps, by the events about them. */
export class Diagnosis {
  private events: CoreV1Event[] = [];
  private lastReading = -Infinity;
  /** The pods that waiting does not help, and since when. */
  private incurable = new Map<string, number>();
  /** What the logs of the crashes of a pod show, by its uid. */
  private readonly verdicts = new Map<string, { crashes: string; isHopeless: boolean }>();

  constructor(private readonly live: LiveStatefulSet) {}

  /** Looks at the pods that hold up the rollout. */
  async look(late: PodState[], statefulSet: StatefulSet): Promise<void> {
    if (late.length > 0 && Date.now() - this.lastReading >= pause) {
      this.lastReading = Date.now();
      this.events = await this.live.pods.events();
    }
    const before = this.incurable;
    const lost = await Promise.all(
      late.map(
        async (state) =>
          isFinal(state, statefulSet) &&
          (this.cureOf(state, statefulSet) !== undefined ||
            (state.pod !== undefined && (await this.failsAlways(state.pod)))),
      ),
    );
    const names = late.filter((_, index) => lost[index]).map(({ name }) => name);
    this.incurable = new Map(names.map((name) => [name, before.get(name) ?? Date.now()]));
  }

  /**
   * Whether the logs show that a pod must crash again. They are read once for each crash, and say so too while the
   * container runs again.
   */
  private async failsAlways(pod: V1Pod): Promise<boolean> {
    const { uid = "" } = pod.metadata ?? {};
    const crashing = crashLoops(pod);
    const crashes = JSON.stringify(crashing.map(({ name, restartCount }) => [name, restartCount]));
    const known = this.verdicts.get(uid);
    if (crashing.length === 0 || known?.crashes === crashes) return known?.isHopeless ?? false;
    const isHopeless = await this.live.pods.isHopeless(pod, crashing);
    this.verdicts.set(uid, { crashes, isHopeless });
    return isHopeless;
  }

  /** Whether a pod needs a cure, and has needed it for a while. */
  isHopeless(): boolean {
    return [...this.incurable.values()].some((since) => Date.now() - since >= patience);
  }

  /** Why a pod is not settled. */
  problemOf({ pod }: PodState, statefulSet: StatefulSet): string {
    if (pod) return podTrouble(pod, { events: this.events, claims: [], now: this.live.cluster.now() }).message;
    return `missing: ${this.refusal(statefulSet) ?? "the controller has not created it yet"}`;
  }

  cureOf(state: PodState, statefulSet: StatefulSet): string | undefined {
    const problem = this.problemOf(state, statefulSet);
    return state.pod ? cureOfPod(problem) : cureOfRefusal(problem);
  }

  /** What the controller last warned of since the StatefulSet was changed. */
  private refusal(statefulSet: StatefulSet): string | undefined {
    const since = changedAt(statefulSet);
    return lastMessage(
      this.events,
      statefulSet.metadata.uid,
      (event) => event.type === "Warning" && timeOf(event) >= since,
    );
  }
}
