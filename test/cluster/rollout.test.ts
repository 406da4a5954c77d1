import assert from "node:assert/strict";
import { app, useRollouts } from "./rollouts";
import { cluster } from "./sharedCluster";

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
});
