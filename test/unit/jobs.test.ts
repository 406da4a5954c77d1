import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { jobEnd } from "../../live/jobs/jobEnd";
import { nextRun } from "../../live/jobs/nextRun";
import { outdate } from "../../live/jobs/outdatedRuns";
import { inFastTime } from "./support/clock";
import { capturedLog } from "./support/engine";
import { apiError, MemoryCluster } from "./support/memoryCluster";

const labels = { "app.kubernetes.io/name": "cart-migrate", "app.kubernetes.io/instance": "cart" };
const job = { name: "cart-migrate", app: "cart", namespace: "shop", service: "cart" };
const digest = "0123456789";
const failed = [{ type: "Failed", status: "True", message: "Job has reached the specified backoff limit" }];
const complete = [{ type: "Complete", status: "True" }];

let cluster: MemoryCluster;
const log = capturedLog();

const putJob = (name: string, conditions: object[] = [], spec: object = {}, instance = "cart") =>
  cluster.put("Job", {
    metadata: {
      namespace: "shop",
      name,
      uid: "uid-job",
      labels: { ...labels, "app.kubernetes.io/instance": instance },
    },
    spec: { selector: { matchLabels: labels }, ...spec },
    status: { conditions },
  } as object);

/** A pod of the Job, made at a minute of the hour. */
const putPod = (name: string, minute: number, rest: object = {}) =>
  cluster.put("Pod", {
    metadata: {
      namespace: "shop",
      name,
      labels,
      ownerReferences: [{ uid: "uid-job" }],
      creationTimestamp: new Date(minute * 60000),
      ...rest,
    },
    status: { containerStatuses: [{ name: "migrate", state: { terminated: { exitCode: 3 } } }] },
  } as object);

beforeEach(() => {
  cluster = new MemoryCluster();
});

/** The record that the Service of the app keeps. */
const record = async () => (await cluster.serviceAnnotations("shop", "cart"))["jobs.stateful-apps/cart-migrate"];
const putRecord = (text: string) =>
  cluster.annotateService("shop", "cart", { "jobs.stateful-apps/cart-migrate": text });

describe("the name of a job's next run", () => {
  const next = async () => (await nextRun(job, { digest }, cluster)).objectName;

  it("is the digest's, for the first run and as long as that one has not failed", async () => {
    assert.equal(await next(), "cart-migrate-0123456789");
    for (const conditions of [[], complete, [{ ...failed[0], status: "False" }]]) {
      putJob("cart-migrate-0123456789", conditions);
      assert.equal(await next(), "cart-migrate-0123456789");
    }
  });

  it("has a number after a failure", async () => {
    putJob("cart-migrate-0123456789", failed);
    assert.equal(await next(), "cart-migrate-0123456789-2");
    putJob("cart-migrate-0123456789-2", [{ ...failed[0], type: "FailureTarget" }]);
    assert.equal(await next(), "cart-migrate-0123456789-3");
    putJob("cart-migrate-0123456789-3", complete);
    assert.equal(await next(), "cart-migrate-0123456789-3");
  });

  it("counts numbers, not letters", async () => {
    putJob("cart-migrate-0123456789-9", failed);
    putJob("cart-migrate-0123456789-10", failed);
    assert.equal(await next(), "cart-migrate-0123456789-11");
  });

  it("takes no account of other jobs and of other digests", async () => {
    putJob("cart-migrate-9876543210", failed);
    putJob("other-cart-migrate-0123456789", failed);
    await putRecord("cart-migrate-9876543210-3 failed");
    assert.equal(await next(), "cart-migrate-0123456789");
  });

  it("takes no account of a job of another app, whose name is the same when it is joined with that of its job", async () => {
    putJob("cart-migrate-0123456789", failed, {}, "cart-mig");
    assert.equal(await next(), "cart-migrate-0123456789");
  });

  it("has a number after a failure whose Job was deleted, or that the user is not allowed to see", async () => {
    await putRecord("cart-migrate-0123456789-2 failed");
    assert.equal(await next(), "cart-migrate-0123456789-3");
  });

  it("has a number if its change was replaced by another one, although it succeeded", async () => {
    putJob("cart-migrate-0123456789", complete);
    await putRecord("cart-migrate-0123456789 outdated");
    assert.equal(await next(), "cart-migrate-0123456789-2");
    putJob("cart-migrate-0123456789-2");
    assert.equal(await next(), "cart-migrate-0123456789-2");
  });

  it("is the digest's without a cluster", async () => {
    const { objectName, isOver } = await nextRun(job, { digest }, undefined);
    assert.deepEqual({ objectName, isOver }, { objectName: "cart-migrate-0123456789", isOver: false });
  });
});

describe("a run whose Job was deleted", () => {
  const isOver = async () => (await nextRun(job, { digest }, cluster)).isOver;

  it("is over if it succeeded for the same digest", async () => {
    assert.equal(await isOver(), false);
    await putRecord("cart-migrate-0123456789-2 succeeded");
    assert.equal(await isOver(), true);
    await putRecord("cart-migrate-9876543210 succeeded");
    assert.equal(await isOver(), false);
  });

  it("is over although the Job of an earlier attempt is still there", async () => {
    putJob("cart-migrate-0123456789", failed);
    await putRecord("cart-migrate-0123456789-2 succeeded");
    assert.equal(await isOver(), true);
  });

  it("is not over as long as its Job is there, which Pulumi would delete", async () => {
    putJob("cart-migrate-0123456789", complete);
    await putRecord("cart-migrate-0123456789 succeeded");
    assert.equal(await isOver(), false);
  });
});

describe("the wait for a job", () => {
  const wait = () => inFastTime(() => jobEnd(job, "run", cluster));

  /** The error for the user, and the seconds after which it came. */
  const failure = () =>
    inFastTime(async () => {
      const start = Date.now();
      try {
        await jobEnd(job, "run", cluster);
      } catch (error) {
        assert.ok(pulumi.RunError.isInstance(error), String(error));
        return { message: error.message, seconds: (Date.now() - start) / 1000 };
      }
      return assert.fail("the job ended well");
    });

  it("ends when the job is complete", async () => {
    putJob("run");
    let reads = 0;
    cluster.controller = () => {
      reads += 1;
      if (reads === 5) putJob("run", complete);
    };
    await wait();
    assert.ok(reads >= 5);
    assert.equal(await record(), "run succeeded");
  });

  it("writes its record once", async () => {
    putJob("run", complete);
    await wait();
    await wait();
    assert.deepEqual(cluster.writes, ['annotates cart {"jobs.stateful-apps/cart-migrate":"run succeeded"}']);
  });

  it("ends well without a record if that must not be written, with a warning", async () => {
    putJob("run", complete);
    cluster.hidden.add("patch Service");
    await wait();
    assert.match(log.warnings.join(), /^Cannot record .* that the job cart-migrate succeeded: services is forbidden\./);
  });

  it("ends well if the Job succeeded and was deleted in the meantime", async () => {
    await putRecord("run succeeded");
    await wait();
  });

  it("fails with the reason and the last words of the last pod", async () => {
    putJob("run", failed);
    putPod("run-b", 2);
    putPod("run-a", 1);
    cluster.logs.set("run-b migrate", "no such table\n").set("run-a migrate", "an older one\n");
    assert.equal(
      (await failure()).message,
      [
        "The job cart-migrate failed: Job has reached the specified backoff limit.",
        "  run-b: container migrate: exit code 3",
        "    | no such table",
        "The next `pulumi up` retries it.",
      ].join("\n"),
    );
    assert.equal(await record(), "run failed");
  });

  it("remembers the pod that a job which ran too long takes with it", async () => {
    putJob("run");
    putPod("run-a", 1);
    let reads = 0;
    cluster.controller = () => {
      reads += 1;
      if (reads < 5) return;
      putJob("run", [{ type: "Failed", status: "True", reason: "DeadlineExceeded" }]);
      putPod("run-a", 1, { deletionTimestamp: new Date() });
    };
    assert.match((await failure()).message, /failed: DeadlineExceeded\.\n {2}run-a: container migrate: exit code 3\n/);
  });

  it("gives up on a job that does not end, a minute after its own deadline", async () => {
    putJob("run", [], { activeDeadlineSeconds: 20 });
    const { message, seconds } = await failure();
    assert.match(message, /^The job cart-migrate failed: it did not end in time\./);
    assert.ok(seconds >= 80 && seconds <= 82, String(seconds));
  });

  it("goes on through an outage", async () => {
    putJob("run", complete);
    const read = cluster.job.bind(cluster);
    let outages = 3;
    cluster.job = (namespace, name) => (outages-- > 0 ? Promise.reject(new Error("no answer")) : read(namespace, name));
    await wait();
  });

  it("ends when the job is gone, and when the API server refuses", async () => {
    assert.match(
      (await failure()).message,
      /^The job cart-migrate failed: somebody deleted its Job, and it is not known/,
    );
    assert.equal(await record(), "run failed");
    cluster.job = () => Promise.reject(apiError(403, "jobs is forbidden"));
    assert.equal(
      (await failure()).message,
      "Cannot determine whether the job cart-migrate has succeeded: jobs is forbidden",
    );
  });

  it("is left out if the cluster cannot be read", async () => {
    cluster.isReadable = false;
    await wait();
  });
});

describe("a job that ran after the previous change of the pods", () => {
  const inputs = (image: string) => ({
    metadata: { namespace: "shop" },
    spec: { serviceName: "cart", replicas: image.length, template: { spec: { containers: [{ image }] } } },
  });
  const change = (before: string, after: string) =>
    outdate("cart", [{ name: "cart-migrate" }], inputs(before), inputs(after), cluster);

  it("runs again if the change fails and is taken back", async () => {
    putJob("cart-migrate-0123456789", complete);
    await putRecord("cart-migrate-0123456789 succeeded");
    await change("one", "two");
    assert.equal((await nextRun(job, { digest }, cluster)).objectName, "cart-migrate-0123456789-2");
  });

  it("does not run again if the pods do not change, nor if they change back within one update", async () => {
    putJob("cart-migrate-0123456789", complete);
    await putRecord("cart-migrate-0123456789 succeeded");
    await change("one", "one");
    assert.equal(await record(), "cart-migrate-0123456789 succeeded");
    await change("two", "one");
    await jobEnd(job, "cart-migrate-0123456789", cluster);
    assert.equal((await nextRun(job, { digest }, cluster)).objectName, "cart-migrate-0123456789");
  });

  it("leaves no record if it never succeeded", async () => {
    await change("one", "two");
    assert.equal(await record(), undefined);
    await putRecord("cart-migrate-0123456789 failed");
    await change("one", "two");
    assert.equal(await record(), "cart-migrate-0123456789 failed");
  });
});
