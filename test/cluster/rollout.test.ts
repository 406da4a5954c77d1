import assert from "node:assert/strict";
import { Project, TestCluster, useCluster } from "./support";

interface Pod {
  metadata: { name: string; uid: string; creationTimestamp: string; labels: Record<string, string> };
  status: { conditions: { type: string; status: string; lastTransitionTime: string }[] };
}

const app = {
  image: "localhost/app-go:1.0.0",
  containerPort: 8080,
  podManagementPolicy: "OrderedReady",
  readinessProbe: { httpGet: { path: "/healthcheck" }, periodSeconds: 1 },
  claims: { data: { size: "16Mi", mountPath: "/app/data" } },
};

describe("rollouts", function () {
  this.timeout("5m");
  const cluster = new TestCluster("rollout");
  const projects: Project[] = [];

  /** A stack of one app in a namespace of its own. */
  class Rollouts extends Project {
    constructor(namespace: string, settings: Record<string, unknown>) {
      super(cluster, namespace, { replicas: 3, apps: { "app-go": { ...app, ...settings } } });
      projects.push(this);
    }

    set(path: string, value: string) {
      return this.pulumi("config", "set", "--path", `apps.app-go.${path}`, value);
    }

    unset(path: string) {
      return this.pulumi("config", "rm", "--path", `apps.app-go.${path}`);
    }

    async pods(): Promise<Pod[]> {
      const selector = "app.kubernetes.io/name=app-go";
      const { items } = JSON.parse(await this.kubectl("get", "pods", "-l", selector, "-o", "json")) as { items: Pod[] };
      return items.sort((one, other) => one.metadata.name.localeCompare(other.metadata.name));
    }

    /** Asserts that all pods are ready, and gives the revision of each as a letter: equal letters, equal revisions. */
    async revisions(): Promise<string> {
      const seen: string[] = [];
      const letters = (await this.pods()).map(({ metadata, status }) => {
        assert.equal(status.conditions.find(({ type }) => type === "Ready")?.status, "True", metadata.name);
        const revision = metadata.labels["controller-revision-hash"] ?? "";
        if (!seen.includes(revision)) seen.push(revision);
        return "abcdef"[seen.indexOf(revision)] ?? "?";
      });
      return letters.join("");
    }

    /** The words of an update that fails; it is not given long to do so. */
    async failure(): Promise<string> {
      await this.set("progressDeadlineSeconds", "10");
      const update = this.up();
      await update.catch(() => undefined);
      await this.unset("progressDeadlineSeconds");
      return update.then(
        (output) => assert.fail(`up did not fail:\n${output}`),
        (error: unknown) => (error as Error).message,
      );
    }

    uids = async () => (await this.pods()).map(({ metadata }) => metadata.uid);
  }

  // The tests add their projects when they make them.
  useCluster(cluster, projects);

  describe("a canary by a partition", () => {
    let canary: Rollouts;
    before(async () => {
      canary = new Rollouts("canary", { updateStrategy: { rollingUpdate: { partition: 2 } } });
      await canary.init();
    });

    it("a first install with a partition ends with all pods alike", async () => {
      assert.match(await canary.up(), /starts app-go-0, app-go-1 and app-go-2/);
      assert.equal(await canary.revisions(), "aaa");
    });

    it("preview and up say which pods are updated and which are held back, and up ends with just these", async () => {
      await canary.set("podAnnotations.revision", "one");
      const words = /updates app-go-2; holds back app-go-0 and app-go-1 by the partition 2/;
      assert.match(await canary.pulumi("preview"), words);
      assert.match(await canary.up(), words);
      assert.equal(await canary.revisions(), "aab");
    });

    it("a second canary in a row ends", async () => {
      await canary.set("podAnnotations.revision", "two");
      const [, , before] = await canary.uids();
      await canary.up();
      assert.equal(await canary.revisions(), "aab");
      assert.notEqual((await canary.uids())[2], before);
    });

    it("a new pod above the partition is a canary too", async () => {
      await canary.set("replicas", "4");
      assert.match(await canary.pulumi("preview"), /starts app-go-3; holds back app-go-0 and app-go-1/);
      await canary.up();
      assert.equal(await canary.revisions(), "aabb");
    });

    it("a lower partition promotes the canary by the pods between", async () => {
      await canary.set("updateStrategy.rollingUpdate.partition", "1");
      assert.match(await canary.pulumi("preview"), /updates app-go-1; holds back app-go-0 by the partition 1/);
      await canary.up();
      assert.equal(await canary.revisions(), "abbb");
    });

    it("up with a refresh ends", async () => {
      await canary.pulumi("up", "--yes", "--refresh");
      assert.equal(await canary.revisions(), "abbb");
    });

    it("going back gives every pod the first revision, and replaces only those that had another", async () => {
      const [held, ...others] = await canary.uids();
      await canary.unset("podAnnotations");
      assert.match(await canary.pulumi("preview"), /updates app-go-3, app-go-2 and app-go-1, one at a time\s/);
      await canary.up();
      assert.equal(await canary.revisions(), "aaaa");
      const [same, ...replaced] = await canary.uids();
      assert.equal(same, held);
      assert.ok(replaced.every((uid) => !others.includes(uid)));
    });

    it("a partition as high as the replicas holds back everything", async () => {
      await canary.set("updateStrategy.rollingUpdate.partition", "4");
      await canary.set("podAnnotations.revision", "three");
      assert.match(await canary.up(), /holds back app-go-0, app-go-1, app-go-2 and app-go-3 by the partition 4/);
      assert.equal(await canary.revisions(), "aaaa");
    });

    it("destroy and up again in a canary ends with all pods alike", async () => {
      await canary.set("updateStrategy.rollingUpdate.partition", "2");
      await canary.up();
      assert.equal(await canary.revisions(), "aabb");
      await canary.destroy();
      await canary.up();
      assert.equal(await canary.revisions(), "aaaa");
    });

    it("a change that Kubernetes cannot make is announced, and ends too", async () => {
      await canary.set("podManagementPolicy", "Parallel");
      const words =
        /stops app-go-0, app-go-1, app-go-2 and app-go-3, whose claims are kept, and recreates the StatefulSet/;
      assert.match(await canary.up(), words);
      assert.equal(await canary.revisions(), "aaaa");
    });

    it("no replicas end with no pods", async () => {
      await canary.set("updateStrategy.rollingUpdate.partition", "0");
      await canary.set("replicas", "0");
      assert.match(await canary.up(), /stops app-go-3, app-go-2, app-go-1 and app-go-0, whose claims are kept/);
      assert.deepEqual(await canary.pods(), []);
    });

    it("a StatefulSet that somebody else deleted is missed", async () => {
      await canary.kubectl("delete", "statefulset", "app-go");
      assert.match(await canary.failure(), /The StatefulSet app-go no longer exists; `pulumi up --refresh`/);
    });
  });

  it("maxUnavailable replaces so many pods at a time", async () => {
    const ramped = new Rollouts("ramped", {
      podManagementPolicy: "Parallel",
      updateStrategy: { rollingUpdate: { maxUnavailable: 2 } },
      replicas: 4,
    });
    await ramped.init();
    await ramped.up();
    await ramped.set("podAnnotations.revision", "one");
    assert.match(await ramped.up(), /updates app-go-3, app-go-2, app-go-1 and app-go-0, 2 at a time/);
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
    const byHand = new Rollouts("by-hand", { updateStrategy: { type: "OnDelete" } });
    await byHand.init();
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

  for (const policy of ["OrderedReady", "Parallel"]) {
    describe(`a rollout under ${policy} that cannot finish`, () => {
      let broken: Rollouts;
      let uids: string[] = [];
      before(async () => {
        broken = new Rollouts(`broken-${policy.toLowerCase()}`, { podManagementPolicy: policy });
        await broken.init();
        await broken.up();
        uids = await broken.uids();
      });
      /** Every mistake is taken back after it was seen: the pods that never had it must not have been touched. */
      afterEach(async () => {
        await broken.up();
        assert.equal(await broken.revisions(), "aaa");
        const [first, second, third] = await broken.uids();
        assert.deepEqual([first, second], uids.slice(0, 2));
        assert.notEqual(third, uids[2]);
        uids = await broken.uids();
      });

      it("names the image that cannot be pulled, while the other pods serve", async () => {
        await broken.set("image", "localhost/app-go:missing");
        const rollout = { isOver: false };
        const answers = (async () => {
          let count = 0;
          for (; !rollout.isOver; count++) {
            await broken.get("pods", `app-go-${String(count % 2)}`, 8080, "/healthcheck");
          }
          return count;
        })();
        const words = await broken.failure().finally(() => {
          rollout.isOver = true;
        });
        assert.ok((await answers) > 2);
        assert.match(words, /app-go-2: container app-go: (ErrImagePull|ImagePullBackOff): .*localhost\/app-go:missing/);
        assert.match(words, /app-go-0 and app-go-1: ready, still on the old revision/);
        await broken.set("image", app.image);
      });

      it("shows the last words of a container that crashes", async () => {
        await broken.set("env.PORT", "99999");
        const words = await broken.failure();
        assert.match(words, /app-go-2: container app-go: (CrashLoopBackOff: )?exit code 1/);
        assert.match(words, /\| .*listen tcp: address 99999: invalid port/);
        await broken.unset("env");
      });

      it("names the probe that fails", async () => {
        await broken.set("readinessProbe.httpGet.path", "/nothing");
        assert.match(
          await broken.failure(),
          /app-go-2: container app-go: not ready: Readiness probe failed: HTTP probe failed with statuscode: 404/,
        );
        await broken.set("readinessProbe.httpGet.path", "/healthcheck");
      });

      it("gives the scheduler's words for a pod that cannot be scheduled", async () => {
        await broken.set("resources.requests.cpu", "1000");
        assert.match(
          await broken.failure(),
          /app-go-2: cannot be scheduled: 0\/1 nodes are available: 1 Insufficient cpu/,
        );
        await broken.unset("resources");
      });
    });
  }

  it("a first install that is broken is healed by the next up", async () => {
    const first = new Rollouts("first", { image: "localhost/app-go:missing" });
    await first.init();
    assert.match(await first.failure(), /app-go-0: container app-go: (ErrImagePull|ImagePullBackOff)/);
    await first.set("image", app.image);
    await first.up();
    assert.equal(await first.revisions(), "aaa");
  });

  it("names a claim that is not bound, with the reason", async () => {
    const unbound = new Rollouts("unbound", {
      claims: { data: { ...app.claims.data, storageClassName: "no-such-class" } },
    });
    await unbound.init();
    assert.match(
      await unbound.failure(),
      /the claim data-app-go-0 is not bound: storageclass.storage.k8s.io "no-such-class" not found/,
    );
  });

  it("says why the controller makes no pod", async () => {
    await cluster.kubectl("create", "namespace", "quota");
    await cluster.kubectl("--namespace", "quota", "create", "quota", "none", "--hard=pods=0");
    const refused = new Rollouts("quota", {});
    await refused.init();
    assert.match(await refused.failure(), /app-go-0: missing: .*exceeded quota: none/);
  });
});
