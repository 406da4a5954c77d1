import type { CoreV1Event, V1PersistentVolumeClaim, V1Pod, V1StatefulSet } from "@kubernetes/client-node";
import * as pulumi from "@pulumi/pulumi";
import { setTimeout } from "node:timers/promises";
import type { Labels } from "../objects/labels";
import type { Cluster } from "./cluster";

/** Milliseconds between the beginnings of two readings. */
const pause = 500;

/** A reading that takes long is not repeated before so many times its own time has passed, up to a limit. */
const restFactor = 5;
const longestPause = 10_000;

/** What several readers ask for is read once for all of them. */
class SharedReading<Question, Answer> {
  private next: { questions: Question[]; answer: Promise<Answer> } | undefined;
  private last: Promise<unknown> = Promise.resolve();
  private notBefore = 0;

  constructor(private readonly read: (questions: Question[]) => Promise<Answer>) {}

  /** An answer that is not older than the question: a reading that has begun is not joined. */
  ask(question: Question): Promise<Answer> {
    if (this.next === undefined) {
      const questions: Question[] = [];
      const answer = this.answer(questions);
      this.next = { questions, answer };
      this.last = answer.catch(() => undefined);
    }
    this.next.questions.push(question);
    return this.next.answer;
  }

  private async answer(questions: Question[]): Promise<Answer> {
    await this.last;
    // A preview reads everything once.
    const wait = pulumi.runtime.isDryRun() ? 0 : this.notBefore - Date.now();
    if (wait > 0) await setTimeout(wait);
    this.next = undefined;
    const start = Date.now();
    try {
      return await this.read(questions);
    } finally {
      const rest = Math.min(restFactor * (Date.now() - start), longestPause);
      this.notBefore = start + Math.max(pause, rest);
    }
  }
}

const all = new WeakMap<Cluster, Map<string, SharedReads>>();

/**
 * Reads the objects of a namespace for all that wait in a program. A single reader reads what it asks for; several get
 * their parts of one list, so that the load on the API server does not grow with their number.
 */
export class SharedReads {
  private readonly statefulSets: SharedReading<string, V1StatefulSet[]>;
  private readonly podLists: SharedReading<Labels, V1Pod[]>;
  private readonly eventLists: SharedReading<undefined, CoreV1Event[]>;
  private readonly claimLists: SharedReading<undefined, V1PersistentVolumeClaim[]>;

  static of(cluster: Cluster, namespace: string): SharedReads {
    const ofCluster = all.get(cluster) ?? new Map<string, SharedReads>();
    all.set(cluster, ofCluster);
    const reads = ofCluster.get(namespace) ?? new SharedReads(cluster, namespace);
    ofCluster.set(namespace, reads);
    return reads;
  }

  private constructor(cluster: Cluster, namespace: string) {
    this.statefulSets = new SharedReading(async ([name = "", ...others]) => {
      if (others.length > 0) return cluster.listStatefulSets(namespace);
      const found = await cluster.statefulSet(namespace, name);
      return found ? [found] : [];
    });
    this.podLists = new SharedReading(([labels = {}, ...others]) =>
      cluster.pods(namespace, others.length > 0 ? {} : labels),
    );
    this.eventLists = new SharedReading(() => cluster.events(namespace));
    this.claimLists = new SharedReading(() => cluster.claims(namespace));
  }

  async statefulSet(name: string): Promise<V1StatefulSet | undefined> {
    return (await this.statefulSets.ask(name)).find(({ metadata }) => metadata?.name === name);
  }

  async pods(labels: Labels): Promise<V1Pod[]> {
    const pods = await this.podLists.ask(labels);
    return pods.filter(({ metadata }) =>
      Object.entries(labels).every(([label, value]) => metadata?.labels?.[label] === value),
    );
  }

  events = () => this.eventLists.ask(undefined);
  claims = () => this.claimLists.ask(undefined);
}
