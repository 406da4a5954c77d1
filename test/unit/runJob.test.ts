import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { runJob } from "../../components/job";
import { inFastTime } from "./support/clock";
import { type Made, useEngine } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";

const labels = { "app.kubernetes.io/name": "cart-migrate", "app.kubernetes.io/instance": "cart" };
const spec = { template: { spec: { containers: [{ name: "migrate", image: "busybox" }] } } };

describe("a job of a component", () => {
  let made: Made[];
  let cluster: MemoryCluster;

  const begin = async (preview: boolean) => {
    made = await useEngine({ preview });
  };
  beforeEach(() => {
    cluster = new MemoryCluster().put("Service", { metadata: { namespace: "shop", name: "cart" } });
  });

  /** Runs the job, and returns the name of the resource that what depends on the job would wait for. */
  async function run(occasion: unknown, opts: pulumi.CustomResourceOptions = {}) {
    const recordedIn = new k8s.core.v1.Service("cart", { metadata: { namespace: "shop", name: "cart" } });
    const result = runJob(
      { name: "cart-migrate", labels, spec },
      { app: "cart", namespace: "shop", occasion: pulumi.output(occasion), recordedIn },
      cluster,
      opts,
    );
    const resource = await (result as unknown as { promise: () => Promise<pulumi.Resource | undefined> }).promise();
    return resource === recordedIn ? "the record" : resource?.constructor.name;
  }
  const names = () =>
    made.filter(({ type }) => type.endsWith(":Job")).map(({ inputs }) => (inputs.metadata as { name?: string }).name);

  /** Plays Kubernetes: a Job that the engine was asked for is complete. */
  const completeJobs = () => {
    cluster.controller = () => {
      for (const name of names()) {
        const status = { conditions: [{ type: "Complete", status: "True" }] };
        cluster.put("Job", { metadata: { namespace: "shop", name, labels }, status } as object);
      }
    };
  };

  it("runs once, and not again if its Job was deleted, as `up --refresh` would see it", async () => {
    await begin(false);
    completeJobs();
    assert.equal(await inFastTime(() => run("one")), "Job");
    const [name = ""] = names();
    cluster.controller = () => undefined;
    cluster.remove("Job", "shop", name);
    for (const preview of [true, false]) {
      await begin(preview);
      assert.equal(await run("one"), "the record");
      assert.deepEqual(names(), []);
    }
  });

  it("runs again for another trigger", async () => {
    await begin(false);
    completeJobs();
    await inFastTime(() => run("one"));
    const [name = ""] = names();
    cluster.controller = () => undefined;
    cluster.remove("Job", "shop", name);
    await begin(true);
    await run("two");
    assert.equal(names().length, 1);
    assert.notEqual(names()[0], name);
  });

  it("is shown by a preview that cannot know what it runs for", async () => {
    await begin(true);
    const unknown = pulumi.output(pulumi.unknown);
    await run(unknown);
    assert.equal(made.filter(({ type }) => type.endsWith(":Job")).length, 1);
  });

  it("can be replaced if its component is protected", async () => {
    await begin(true);
    const parent = new pulumi.ComponentResource("shop:index:Cart", "cart", {}, { protect: true });
    const seen: unknown[] = [];
    const see: pulumi.ResourceTransformation = ({ opts }) => void seen.push(opts.protect);
    await run("one", { parent, transformations: [see] });
    assert.deepEqual(seen, [false]);
  });
});
