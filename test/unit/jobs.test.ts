import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { jobEnd } from "../../live/jobs/jobEnd";
import { nextJobName } from "../../live/jobs/nextJobName";
import { inFastTime } from "./support/clock";
import { apiError, MemoryCluster } from "./support/memoryCluster";

const labels = { "app.kubernetes.io/name": "cart-migrate" };
const digest = "0123456789";
const failed = [{ type: "Failed", status: "True", message: "Job has reached the specified backoff limit" }];
const complete = [{ type: "Complete", status: "True" }];

let cluster: MemoryCluster;

const putJob = (name: string, conditions: object[] = [], spec: object = {}) =>
  cluster.put("Job", {
    metadata: { namespace: "shop", name, uid: "uid-job", labels },
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

describe("the name of a job's next run", () => {
  const next = () => nextJobName("cart-migrate", digest, "shop", cluster);

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
    assert.equal(await next(), "cart-migrate-0123456789");
  });

  it("is the digest's without a cluster", async () => {
    assert.equal(await nextJobName("cart-migrate", digest, "shop", undefined), "cart-migrate-0123456789");
  });
});

describe("the wait for a job", () => {
  const wait = () => inFastTime(() => jobEnd("cart-migrate", "run", "shop", cluster));

  /** The error for the user, and the seconds after which it came. */
  const failure = () =>
    inFastTime(async () => {
      const start = Date.now();
      try {
        await jobEnd("cart-migrate", "run", "shop", cluster);
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
    assert.match((await failure()).message, /^The job cart-migrate no longer exists/);
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
