import type { V1Pod } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { isFailing, podTrouble, wasReady } from "../pods/podTrouble";
import { hasCode, isRefusal, requestError } from "../requests";
import type { LiveStatefulSet, StatefulSet } from "./liveStatefulSet";
import { obstacle } from "./obstacle";
import { lacksVolume, type PodState } from "./podStates";
import { secondsToBecomeReady } from "./progressDeadline";

/** The seconds that a pod may take to become ready, beyond what its probes allow, before it is replaced. */
const spareSeconds = 30;

/** Evicts pods that are in the way of a rollout: one at a time, and the next one when the controller has replaced it. */
export class Healing {
  /** The pod that is in the way, and since when, as this process has seen it. */
  private inTheWay = { uid: "", since: 0 };
  private readonly evicted = new Set<string>();
  private readonly refused = new Set<string>();

  constructor(
    private readonly live: LiveStatefulSet,
    private readonly app: pulumi.Resource,
  ) {}

  /** Returns whether it has evicted a pod, for the first time. `isOver`: nothing else can save the rollout. */
  async heal(states: PodState[], statefulSet: StatefulSet, isOver: boolean): Promise<boolean> {
    const state = obstacle(states, statefulSet);
    if (state?.pod === undefined) return false;
    const { name, pod } = state;
    const isStuck = lacksVolume(state, statefulSet.spec);
    if (!(isStuck || this.isDue(pod, isOver)) || !(await this.evict(name, pod))) return false;
    const why = isFailing(pod)
      ? "was broken and no longer part of the rollout"
      : "was not ready and held up the rollout";
    const words = isStuck ? "gets another volume" : `${why}: ${podTrouble(pod).message}`;
    await pulumi.log.info(`evicted ${name}, which ${words}`, this.app);
    const isFirst = !this.evicted.has(name);
    this.evicted.add(name);
    return isFirst;
  }

  /**
   * Whether a pod has had its time. A pod that fails has. One that runs gets the time of its probes or, if it has been
   * ready before and can recover, all the time that the rollout has.
   */
  private isDue(pod: V1Pod, isOver: boolean): boolean {
    const { uid = "" } = pod.metadata ?? {};
    if (this.inTheWay.uid !== uid) this.inTheWay = { uid, since: Date.now() };
    if (isFailing(pod) || isOver) return true;
    const allowed = spareSeconds + secondsToBecomeReady(pod.spec?.containers ?? []);
    return !wasReady(pod) && Date.now() - this.inTheWay.since > allowed * 1000;
  }

  /** Evicts a pod, and returns whether it did. A refusal is a warning: another look can succeed, or not need it. */
  private async evict(name: string, pod: V1Pod): Promise<boolean> {
    try {
      return await this.live.cluster.evictPod(pod);
    } catch (error) {
      if (!isRefusal(error) && !hasCode(error, 429)) throw error;
      if (!this.refused.has(name))
        await pulumi.log.warn(
          `${name} is in the way of the rollout, and cannot be evicted: ${requestError(error)}`,
          this.app,
        );
      this.refused.add(name);
      return false;
    }
  }
}
