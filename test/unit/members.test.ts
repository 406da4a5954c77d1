import type { V1StatefulSet } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { setTimeout } from "node:timers/promises";
import type { StatefulApp as App } from "../../components/statefulApp";
import * as plannedChange from "../../live/rollout/plannedChange";
import { capturedLog, type Made, useEngine } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";
import { pod, spec } from "./support/pods";

interface Job {
  metadata: { name: string; labels: Record<string, string>; annotations: Record<string, string> };
  spec: { template: { spec: { containers: { image: string; env: { name: string; value: string }[] }[] } } };
}

const isJob = ({ type }: Made) => type.endsWith(":Job");
const isStatefulSet = ({ type }: Made) => type.endsWith(":StatefulSet");

describe("an app with jobs for its members", () => {
  let StatefulApp: typeof App;
  let cluster: MemoryCluster;
  let made: Made[];
  /** The names of what was made, and the records, in their order. */
  let events: string[];
  const log = capturedLog();

  /** The engine in memory has no hooks: a StatefulSet with one is never made. */
  const hooked = { PlannedChange: plannedChange.PlannedChange };
  after(() => Object.assign(plannedChange, hooked));
  before(async () => {
    Object.assign(plannedChange, {
      PlannedChange: class {
        isPlanned = true;
        hooks = {};
      },
    });
    ({ StatefulApp } = await import("../../components/statefulApp"));
  });

  const putStatefulSet = (replicas: number) => {
    cluster.put("StatefulSet", {
      metadata: { namespace: "shop", name: "cart", uid: "uid-cart", generation: 1 },
      spec: { ...spec(replicas), selector: {}, template: {} },
      status: { observedGeneration: 1, updateRevision: "new", currentRevision: "new" },
    } as V1StatefulSet);
    for (let ordinal = 0; ordinal < 5; ordinal += 1) {
      if (ordinal < replicas) cluster.put("Pod", pod({ ordinal }));
      else cluster.remove("Pod", "shop", `cart-${String(ordinal)}`);
    }
  };

  beforeEach(() => {
    cluster = new MemoryCluster().put("Service", { metadata: { namespace: "shop", name: "cart" } });
    events = [];
    const annotate = cluster.annotateService.bind(cluster);
    cluster.annotateService = (namespace, service, annotations) => {
      const record = annotations["jobs.stateful-apps/replicas"];
      if (record !== undefined) events.push(record.includes('"isComplete":true') ? "complete" : "begun");
      return annotate(namespace, service, annotations);
    };
  });

  const args = { namespace: "shop", partOf: "shop-test", readinessProbe: { httpGet: { path: "/" } } };
  const jobs = {
    before: { shrink: { trigger: "ScaleDown" }, grow: { trigger: "ScaleUp" }, migrate: {} },
    after: { forget: { trigger: "ScaleDown", env: { WORDS: { value: "$(PREVIOUS_REPLICAS) to $(REPLICAS)" } } } },
  };

  /** Runs the program, and plays Kubernetes: Jobs whose name does not contain `stuck` end well. */
  async function deploy(
    replicas: number,
    { preview = false, stuck = "none", image = "cart:1", only = ["before", "after"] } = {},
  ) {
    made = await useEngine({ preview });
    events.length = 0;
    let seen = 0;
    cluster.controller = () => {
      for (const { type, inputs } of made.slice(seen)) {
        const { metadata } = inputs as unknown as Job;
        seen += 1;
        if (type.endsWith(":Job")) events.push(metadata.labels["app.kubernetes.io/name"] ?? "");
        if (type.endsWith(":StatefulSet")) events.push("pods");
        if (preview) continue;
        if (type.endsWith(":StatefulSet")) putStatefulSet(replicas);
        if (type.endsWith(":Job") && !metadata.name.includes(stuck)) {
          cluster.put("Job", { ...inputs, status: { conditions: [{ type: "Complete", status: "True" }] } } as object);
        } else if (type.endsWith(":Job")) cluster.put("Job", inputs);
      }
    };
    const chosen = Object.fromEntries(Object.entries(jobs).filter(([when]) => only.includes(when)));
    const app = new StatefulApp("cart", { ...args, image, replicas, jobs: chosen }, { cluster });
    const ready = new Promise((resolve) => app.podNames.apply(resolve));
    const isAsked = () => events.some((event) => event.includes(stuck));
    while (stuck !== "none" && !isAsked()) await setTimeout(50);
    await (preview ? pulumi.runtime.disconnect() : stuck === "none" ? ready : setTimeout(300));
    cluster.controller();
    return made.filter(isJob).map(({ inputs }) => inputs as unknown as Job);
  }
  const numbersOf = ({ spec }: Job) =>
    spec.template.spec.containers[0]?.env.map(({ name, value }) => `${name}=${value}`);
  const nameOf = (jobs: Job[], part: string) =>
    jobs.find(({ metadata }) => metadata.name.includes(part))?.metadata.name;

  it("runs none of them at the first install", async () => {
    await deploy(3);
    assert.deepEqual(events, ["cart-migrate", "pods", "complete"]);
  });

  it("records the change, runs them around that of the pods, and records that they have succeeded", async () => {
    putStatefulSet(5);
    const found = await deploy(3);
    assert.deepEqual(
      events.filter((event) => event !== "cart-migrate"),
      ["begun", "cart-shrink", "pods", "cart-forget", "complete"],
    );
    for (const part of ["shrink", "forget"]) {
      const job = found.find(({ metadata }) => metadata.name.includes(part));
      assert.deepEqual(job && numbersOf(job)?.slice(0, 2), ["PREVIOUS_REPLICAS=5", "REPLICAS=3"]);
    }
    await deploy(5);
    assert.ok(events.includes("cart-grow") && !events.includes("cart-shrink"), events.join());
  });

  it("keeps their Jobs while nothing changes, lets them go with a change of the job, and runs them for the next change", async () => {
    putStatefulSet(5);
    const first = await deploy(3);
    assert.deepEqual(
      (await deploy(3)).map(({ metadata }) => metadata.name).sort(),
      first.map(({ metadata }) => metadata.name).sort(),
    );
    assert.ok(!events.includes("begun") && !events.includes("complete"));
    // The image of the jobs is that of the app.
    assert.equal(nameOf(await deploy(3, { image: "cart:2" }), "shrink"), undefined);
    await deploy(5);
    const last = nameOf(await deploy(3), "shrink");
    assert.ok(last);
    assert.notEqual(last, nameOf(first, "shrink"));
  });

  it("stops no pod before the change is recorded, also without a job that comes first", async () => {
    putStatefulSet(5);
    const annotate = cluster.annotateService.bind(cluster);
    cluster.annotateService = async (...given) => {
      await setTimeout(300);
      await annotate(...given);
    };
    await deploy(3, { only: ["after"] });
    assert.deepEqual(events, ["begun", "pods", "cart-forget", "complete"]);
  });

  it("stops no pod before a job has succeeded", async () => {
    putStatefulSet(5);
    await deploy(3, { stuck: "shrink" });
    assert.ok(!made.some(isStatefulSet) && !events.includes("pods"), events.join());
  });

  it("says in a preview which of them will run, and with which numbers", async () => {
    putStatefulSet(5);
    await deploy(3, { preview: true });
    const runs = () => log.infos.filter((words) => words.startsWith("runs"));
    assert.deepEqual(runs().sort(), [
      "runs the job cart-forget for 3 instead of 5 replicas",
      "runs the job cart-shrink for 3 instead of 5 replicas",
    ]);
    assert.ok(!events.includes("begun"));
    log.infos.length = 0;
    await deploy(3);
    await deploy(3, { preview: true });
    assert.deepEqual(runs(), []);
  });

  it("runs none of them for a stop, nor for the start after it", async () => {
    putStatefulSet(3);
    await deploy(3);
    for (const replicas of [0, 3]) {
      await deploy(replicas);
      assert.deepEqual(
        events.filter((event) => event !== "cart-migrate"),
        ["pods"],
      );
    }
  });

  it("leaves them out with a warning if the number of replicas is not known", async () => {
    cluster.isReadable = false;
    const found = await deploy(3);
    assert.deepEqual(
      found.map(({ metadata }) => metadata.labels["app.kubernetes.io/name"]),
      ["cart-migrate"],
    );
    assert.deepEqual(log.warnings, [
      "Left out of cart, because it is not known whether the number of replicas changes: jobs.before.grow, jobs.before.shrink, jobs.after.forget.",
    ]);
  });
});
