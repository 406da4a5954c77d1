import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { app, useRollouts } from "./rollouts";
import { cluster } from "./sharedCluster";
import { soonDeadline } from "./support";

describe("rollouts", function () {
  this.timeout("20m");
  const rollouts = useRollouts();

  it("maxUnavailable replaces so many pods at a time", async () => {
    const ramped = await rollouts("ramped", {
      podManagementPolicy: "Parallel",
      updateStrategy: { rollingUpdate: { maxUnavailable: 2 } },
      replicas: 4,
    });
    await ramped.up();
    await ramped.set("podAnnotations.revision", "one");
    assert.match(await ramped.upWithPreview(), /updates app-go-3, app-go-2, app-go-1 and app-go-0, 2 at a time/);
    assert.equal(await ramped.revisions(), "aaaa");
    const pods = (await ramped.pods()).reverse();
    const created = pods.map(({ metadata }) => Date.parse(metadata.creationTimestamp));
    const ready = pods.map(({ status }) =>
      Date.parse(status.conditions.find(({ type }) => type === "Ready")?.lastTransitionTime ?? ""),
    );
    const [first = NaN, second = NaN, third = NaN] = created;
    assert.ok(second <= (ready[0] ?? NaN), "the second pod did not wait for the first");
    assert.ok(third >= Math.min(...ready.slice(0, 2)) && third > first, "the third pod waited");
  });

  it("OnDelete leaves old pods to the user, and names them", async () => {
    const byHand = await rollouts("by-hand", { updateStrategy: { type: "OnDelete" } });
    await byHand.up();
    const before = await byHand.uids();
    await byHand.set("podAnnotations.revision", "one");
    const leaves = (pods: string) => new RegExp(`leaves ${pods} as they are until they are deleted \\(OnDelete\\)`);
    assert.match(await byHand.up(), leaves("app-go-0, app-go-1 and app-go-2"));
    assert.deepEqual(await byHand.uids(), before);
    await byHand.kubectl("delete", "pod", "app-go-2", "--wait=false");
    assert.match(await byHand.up(), leaves("app-go-0 and app-go-1"));
    assert.equal(await byHand.revisions(), "aab");
  });

  it("a first install that is broken is healed by the next up", async () => {
    const first = await rollouts("first", { image: "localhost/app-go:missing" });
    assert.match(await first.failure(), /app-go-0: container app-go: (ErrImagePull|ImagePullBackOff)/);
    await first.set("image", app.image);
    await first.up();
    assert.equal(await first.revisions(), "aaa");
  });

  it("names a claim that is not bound, with the reason", async () => {
    const unbound = await rollouts("unbound", {
      claims: { data: { ...app.claims.data, storageClassName: "no-such-class" } },
    });
    assert.match(
      await unbound.failure(),
      /the claim data-app-go-0 is not bound: storageclass.storage.k8s.io "no-such-class" not found/,
    );
  });

  it("says why the controller makes no pod", async () => {
    await cluster.kubectl("create", "namespace", "quota");
    await cluster.kubectl("--namespace", "quota", "create", "quota", "none", "--hard=pods=0");
    const refused = await rollouts("quota", {});
    assert.match(await refused.failure(), /app-go-0: missing: .*exceeded quota: none/);
  });

  /** The words of an update that fails long before its deadline, which is more than ten minutes. */
  const soon = async (settings: Record<string, unknown>, namespace: string) => {
    const hopeless = await rollouts(namespace, settings);
    const start = Date.now();
    const words = await hopeless.up().then(
      (output) => assert.fail(`up did not fail:\n${output}`),
      (error: unknown) => (error as Error).message,
    );
    assert.ok(Date.now() - start < 300_000, words);
    assert.match(words, /app-go is not ready: it cannot become ready by waiting\./);
    return words;
  };

  it("ends soon if an image runs as root, and names the setting", async () => {
    const words = await soon({ image: "localhost/busybox:built", command: ["sleep", "1000"] }, "as-root");
    assert.match(words, /CreateContainerConfigError: .*\n.*set podSecurityContext\.runAsUser/);
  });

  it("ends soon if a quota refuses the pods", async () => {
    await cluster.kubectl("create", "namespace", "small-quota");
    await cluster.kubectl("--namespace", "small-quota", "create", "quota", "none", "--hard=pods=0");
    assert.match(await soon({}, "small-quota"), /app-go-0: missing: .*exceeded quota: none.*\n.*the quota/);
  });

  it("does not believe in a pod without a readiness probe that crashes after a while", async () => {
    const crashing = await rollouts("crashing", {
      image: "localhost/busybox:built",
      command: ["sh", "-c", "sleep 4; echo no database; exit 1"],
      podSecurityContext: { runAsUser: 65532 },
      readinessProbe: undefined,
      replicas: 1,
    });
    for (const first of [true, false]) {
      const words = await crashing.failure();
      assert.match(words, /app-go-0: container app-go: .*exit code 1 \(Error\)\n +\| no database/);
      if (first) assert.match(words, /app-go has no readinessProbe/);
    }
  });

  it("warns of replicas that somebody has set, and waits for the pods that there are", async () => {
    const scaled = await rollouts("scaled", {});
    await scaled.up();
    await scaled.kubectl("scale", "statefulset", "app-go", "--replicas=1");
    assert.match(await scaled.up(), /app-go keeps 1 instead of 3 replicas, which somebody has set/);
    await scaled.pulumi("up", "--yes", "--refresh");
    assert.equal(await scaled.revisions(), "aaa");
  });

  describe("with pods that run without being ready", () => {
    const settings = {
      image: "localhost/busybox:built",
      command: ["sh", "-c", "touch /app/data/ready; exec httpd -f -p 8080 -h /app/data"],
      podSecurityContext: { runAsUser: 65532, fsGroup: 65532 },
      replicas: 2,
      terminationGracePeriodSeconds: 5,
      readinessProbe: { httpGet: { path: "/ready" }, periodSeconds: 1, failureThreshold: 1 },
    };
    const unready = async (recovering: Awaited<ReturnType<typeof rollouts>>) => {
      for (const ordinal of [0, 1]) {
        await recovering.kubectl("exec", `app-go-${String(ordinal)}`, "--", "rm", "/app/data/ready");
      }
      await recovering.kubectl("wait", "--for=condition=Ready=false", "pod", "--all", "--timeout=1m");
    };

    for (const policy of ["OrderedReady", "Parallel"]) {
      it(`replaces at most one at a time under ${policy}`, async () => {
        const recovering = await rollouts(`recovering-${policy.toLowerCase()}`, {
          ...settings,
          podManagementPolicy: policy,
        });
        await recovering.up();
        await unready(recovering);
        // The update waits that long for each old pod, too.
        await recovering.set("progressDeadlineSeconds", soonDeadline);
        await recovering.set("podAnnotations.revision", "one");
        const update = { isOver: false };
        const atOnce = (async () => {
          let most = 0;
          while (!update.isOver) {
            const pods = await recovering.pods();
            most = Math.max(most, 2 - pods.filter(({ metadata }) => !metadata.deletionTimestamp).length);
            // A pod takes longer to be replaced, and kubectl without a rest leaves the machine no time for it.
            await setTimeout(300);
          }
          return most;
        })();
        await recovering.up().finally(() => {
          update.isOver = true;
        });
        assert.equal(await atOnce, 1);
        assert.equal(await recovering.revisions(), "aa");
      });
    }
  });

  it("evicts no pod against a PodDisruptionBudget", async () => {
    const guarded = await rollouts("guarded", { podDisruptionBudget: { create: false } });
    await guarded.up();
    await guarded.set("env.PORT", "99999");
    await guarded.failure();
    const [, , broken] = await guarded.uids();
    const budget = ["create", "poddisruptionbudget", "all", "--selector=app.kubernetes.io/name=app-go"];
    await guarded.kubectl(...budget, "--min-available=3");
    await guarded.unset("env");
    const words = await guarded.failure();
    assert.match(
      words,
      /app-go-2 is in the way of the rollout, and cannot be evicted: .*disruption budget all needs 3/,
    );
    assert.equal((await guarded.uids())[2], broken);
    await guarded.kubectl("delete", "poddisruptionbudget", "all");
    assert.match(await guarded.up(), /evicted app-go-2, which was broken/);
    assert.equal(await guarded.revisions(), "aaa");
  });
});
