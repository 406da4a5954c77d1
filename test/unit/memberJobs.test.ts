import type { V1Job } from "@kubernetes/client-node";
import * as fc from "fast-check";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { jobEnd } from "../../live/jobs/jobEnd";
import { completeChange, memberChange, membersBefore } from "../../live/jobs/memberChange";
import { nextRun, specAnnotation } from "../../live/jobs/nextRun";
import { inFastTime } from "./support/clock";
import { useEngine } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";

const annotation = "jobs.stateful-apps/replicas";
const app = (replicas: number) => ({ name: "etcd", namespace: "shop", service: "etcd", replicas });

let cluster: MemoryCluster;
const putStatefulSet = (replicas: number) =>
  cluster.put("StatefulSet", { metadata: { namespace: "shop", name: "etcd" }, spec: { replicas } } as object);

beforeEach(async () => {
  await useEngine();
  cluster = new MemoryCluster();
});

/** The numbers between which jobs run if an app gets a number of replicas. */
async function numbers(replicas: number) {
  const change = await memberChange(app(replicas), cluster);
  return { down: membersBefore(change, "ScaleDown"), up: membersBefore(change, "ScaleUp") };
}

/** An update that succeeds. */
async function succeed(replicas: number) {
  const change = await memberChange(app(replicas), cluster);
  putStatefulSet(replicas);
  await completeChange(app(replicas), change, cluster);
}

const nothing = { down: undefined, up: undefined };

describe("a change of the number of members", () => {
  it("is none at the first install, also if it fails with another number", async () => {
    assert.deepEqual(await numbers(5), nothing);
    assert.deepEqual(await numbers(3), nothing);
    assert.deepEqual(cluster.writes, []);
    await succeed(3);
    assert.deepEqual(await numbers(3), nothing);
  });

  it("begins at the number of the StatefulSet if none was recorded", async () => {
    putStatefulSet(5);
    assert.deepEqual(await numbers(5), nothing);
    assert.deepEqual(await numbers(3), { down: 5, up: undefined });
  });

  it("keeps the number before until it is complete, although the StatefulSet has the new one", async () => {
    await succeed(5);
    assert.deepEqual(await numbers(3), { down: 5, up: undefined });
    putStatefulSet(3);
    assert.deepEqual(await numbers(3), { down: 5, up: undefined });
    await succeed(3);
    assert.deepEqual(await numbers(4), { down: undefined, up: 3 });
  });

  it("that is taken back halfway, or goes on to another number, counts from all numbers between", async () => {
    await succeed(5);
    await numbers(3);
    assert.deepEqual(await numbers(5), { down: undefined, up: 3 });
    assert.deepEqual(await numbers(4), { down: 5, up: 3 });
  });

  it("is not made by a stop: the members are those before it", async () => {
    await succeed(5);
    putStatefulSet(0);
    assert.equal((await memberChange(app(5), cluster)).isComplete, true);
    assert.deepEqual(await numbers(3), { down: 5, up: undefined });
  });

  it("is refused after somebody has set the number, until the jobs have run for that one", async () => {
    await succeed(3);
    putStatefulSet(5);
    for (const replicas of [3, 4]) {
      await assert.rejects(
        memberChange(app(replicas), cluster),
        /^Error: Somebody has set 5 replicas of etcd, .* have last run for 3\. Set the replicas to 5 and run `pulumi up`/,
      );
    }
    assert.deepEqual(await numbers(5), { down: undefined, up: 3 });
    await succeed(5);
    assert.deepEqual(await numbers(3), { down: 5, up: undefined });
  });

  it("is not written by a preview, and is written once by an update", async () => {
    putStatefulSet(5);
    await useEngine({ preview: true });
    assert.deepEqual(await numbers(3), { down: 5, up: undefined });
    assert.deepEqual(cluster.writes, []);
    await useEngine();
    await succeed(3);
    assert.equal(cluster.writes.length, 2);
    await succeed(3);
    assert.equal(cluster.writes.length, 2);
  });

  it("does not begin without its record", async () => {
    putStatefulSet(5);
    cluster.hidden.add("patch Service");
    await assert.rejects(
      memberChange(app(3), cluster),
      /Cannot record in the Service etcd that etcd changes to 3 repl/,
    );
  });

  it("is refused if its record is not one", async () => {
    for (const text of ["", "3", "{}", '{"change":1,"replicas":3,"fewest":4,"most":5}', '{"change":"1"}']) {
      await cluster.annotateService("shop", "etcd", { [annotation]: text });
      await assert.rejects(
        memberChange(app(3), cluster),
        /The annotation jobs\.stateful-apps\/replicas of the Service/,
      );
    }
  });
});

/** What a test does to an update: another image, jobs that fail, and a kill after some steps. */
interface Fate {
  replicas: number;
  image: string;
  fails: boolean[];
  killedAfter: number;
}

class Killed extends Error {}

/** A run of a job that succeeded. */
interface Success {
  job: string;
  before: number;
  replicas: number;
}

const jobs = (
  [
    ["before", "grow", "ScaleUp"],
    ["before", "shrink", "ScaleDown"],
    ["after", "join", "ScaleUp"],
    ["after", "forget", "ScaleDown"],
  ] as const
).map(([when, name, trigger]) => ({ when, trigger, name: `etcd-${name}` }));

const digestOf = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 10);

/** Pulumi and Kubernetes, as far as they concern jobs: the state has one Job of each job, which the next one replaces. */
class Stack {
  readonly successes: Success[] = [];
  /** Whether the last update has got to the end of the change. */
  isComplete = false;
  private readonly state = new Map<string, { name: string; spec: string; run: Success }>();
  private readonly running = new Map<string, Success>();
  private fate: Fate = { replicas: 0, image: "", fails: [], killedAfter: 0 };
  private steps = 0;

  /** Whether an update succeeds. */
  async up(fate: Fate): Promise<boolean> {
    this.fate = { ...fate, fails: [...fate.fails] };
    this.steps = 0;
    this.isComplete = false;
    try {
      await this.update();
      return true;
    } catch (error) {
      if (!(error instanceof Killed) && !pulumi.RunError.isInstance(error)) throw error;
      // Kubernetes goes on when Pulumi is killed.
      this.endRuns();
      return false;
    }
  }

  deleteJobs(): void {
    for (const { name } of this.state.values()) cluster.remove("Job", "shop", name);
    this.state.clear();
  }

  private async update(): Promise<void> {
    const { replicas } = this.fate;
    const declared = new Set<string>();
    this.step();
    const change = replicas === 0 ? undefined : await memberChange(app(replicas), cluster);
    const run = async (list: string) => {
      for (const { when, trigger, name } of jobs) {
        const before = change && membersBefore(change, trigger);
        if (when !== list || change === undefined || before === undefined) continue;
        if (await this.run({ job: name, before, replicas }, change.change)) declared.add(name);
      }
    };
    await run("before");
    this.step();
    putStatefulSet(replicas);
    await run("after");
    this.step();
    if (change) {
      await completeChange(app(replicas), change, cluster);
      this.isComplete = true;
    }
    for (const [job, { name }] of this.state) {
      if (declared.has(job)) continue;
      this.step();
      cluster.remove("Job", "shop", name);
      this.state.delete(job);
    }
    this.step();
  }

  /** Whether the Job of a run is declared. */
  private async run(run: Success, change: number): Promise<boolean> {
    const job = { name: run.job, app: "etcd", namespace: "shop", service: "etcd" };
    const spec = digestOf([this.fate.image, run]);
    const digest = digestOf([change, run.before, run.replicas]);
    this.step();
    const { objectName, isOver } = await nextRun(job, { digest, specDigest: spec }, cluster);
    if (isOver) return false;
    this.step();
    const there = this.state.get(run.job);
    if (there?.name !== objectName || there.spec !== spec) {
      if (there) {
        cluster.remove("Job", "shop", there.name);
        this.running.delete(there.name);
        this.state.delete(run.job);
        this.step();
      }
      this.put(run.job, objectName, spec, []);
      this.state.set(run.job, { name: objectName, spec, run });
      this.running.set(objectName, run);
    }
    this.step();
    this.endRuns();
    this.step();
    await inFastTime(() => jobEnd(job, objectName, cluster));
    this.step();
    return true;
  }

  private endRuns(): void {
    for (const [name, run] of this.running) {
      const fails = this.fate.fails.shift() ?? false;
      const { spec } = this.state.get(run.job) ?? {};
      this.put(run.job, name, spec ?? "", [{ type: fails ? "Failed" : "Complete", status: "True" }]);
      if (!fails) this.successes.push(run);
    }
    this.running.clear();
  }

  private put(job: string, name: string, spec: string, conditions: object[]): void {
    const labels = { "app.kubernetes.io/name": job, "app.kubernetes.io/instance": "etcd" };
    const metadata = { namespace: "shop", name, labels, annotations: { [specAnnotation]: spec } };
    cluster.put("Job", { metadata, status: { conditions } } as V1Job);
  }

  private step(): void {
    this.steps += 1;
    if (this.steps > this.fate.killedAfter) throw new Killed();
  }
}

/** What the changes of the number since the last update that succeeded amount to. */
class Expected {
  private replicas: number;
  private bounds: [number, number];
  private isComplete = true;

  constructor(start: number) {
    this.replicas = start;
    this.bounds = [start, start];
  }

  /** Whether another change begins. A stop is none. */
  begin(replicas: number): boolean {
    if (replicas === 0 || replicas === this.replicas) return false;
    const [fewest, most] = this.isComplete ? [this.replicas, this.replicas] : this.bounds;
    this.bounds = [Math.min(fewest, replicas), Math.max(most, replicas)];
    this.replicas = replicas;
    this.isComplete = false;
    return true;
  }

  complete(): void {
    this.isComplete = true;
  }

  get runs(): string[] {
    const before = { ScaleUp: this.bounds[0], ScaleDown: this.bounds[1] };
    return jobs
      .filter(({ trigger }) => before[trigger] !== this.replicas)
      .map(({ name, trigger }) => `${name} ${String(before[trigger])} ${String(this.replicas)}`);
  }
}

describe("the jobs of a change of the number of members", () => {
  const never = Infinity;
  const undisturbed = (replicas: number) => ({
    replicas,
    image: "one",
    fails: [],
    killedAfter: never,
    isTidied: false,
  });
  const fate = fc.record({
    replicas: fc.integer({ min: 0, max: 4 }),
    image: fc.constantFrom("one", "two"),
    fails: fc.array(fc.boolean(), { maxLength: 4 }),
    killedAfter: fc.oneof(fc.constant(never), fc.integer({ min: 1, max: 25 })),
    isTidied: fc.boolean(),
  });
  /** Several updates in a row that want the same number are as likely as others. */
  const fates = fc
    .array(fc.tuple(fate, fc.boolean()), { maxLength: 12 })
    .map((given) =>
      given.map(([fate, isOther], i) => (isOther ? fate : { ...fate, replicas: given[i - 1]?.[0].replicas ?? 2 })),
    );

  it("succeed exactly once for each change, with the right numbers, whatever fails or is killed in between", () =>
    fc.assert(
      fc.asyncProperty(fates, fc.integer({ min: 1, max: 4 }), async (fates, last) => {
        await useEngine();
        cluster = new MemoryCluster();
        const stack = new Stack();
        const expected = new Expected(2);
        assert.ok(await stack.up(undisturbed(2)));
        let former = 0;
        let isStopped = false;
        for (const { isTidied, ...fate } of [...fates, undisturbed(last), undisturbed(last)]) {
          const begins = expected.begin(fate.replicas);
          if (begins) former = stack.successes.length;
          const succeeds = await stack.up(fate);
          const found = stack.successes
            .slice(former)
            .map(({ job, before, replicas }) => `${job} ${String(before)} ${String(replicas)}`);
          // The Job of an update that was killed is deleted by a stop, which looks at no job: another one can run then.
          isStopped = fate.replicas === 0 || (isStopped && !begins);
          if (!isStopped) assert.equal(new Set(found).size, found.length, found.join());
          assert.deepEqual(
            found.filter((run) => !expected.runs.includes(run)),
            [],
          );
          // A kill can come after the end of the change.
          if (stack.isComplete) {
            expected.complete();
            assert.deepEqual([...new Set(found)].sort(), expected.runs.sort());
          }
          if (succeeds && isTidied) stack.deleteJobs();
        }
      }),
      { numRuns: 300 },
    ));
});
