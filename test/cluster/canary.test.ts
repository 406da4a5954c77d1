import assert from "node:assert/strict";
import { type Rollouts, useRollouts } from "./rollouts";

describe("a canary by a partition", function () {
  this.timeout("20m");
  const rollouts = useRollouts();
  let canary: Rollouts;
  before(async () => {
    canary = await rollouts("canary", { updateStrategy: { rollingUpdate: { partition: 2 } } });
  });

  it("a first install with a partition ends with all pods alike", async () => {
    assert.match(await canary.upWithPreview(), /starts app-go-0, app-go-1 and app-go-2/);
    assert.equal(await canary.revisions(), "aaa");
  });

  it("preview and up say which pods are updated and which are held back, and up ends with just these", async () => {
    await canary.set("podAnnotations.revision", "one");
    const words = /updates app-go-2; holds back app-go-0 and app-go-1 by the partition 2/;
    assert.match(await canary.pulumi("preview"), words);
    assert.match(await canary.upWithPreview(), words);
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

  it("a change that Kubernetes cannot make waits until no pod is held back, and stops none", async () => {
    const uids = await canary.uids();
    await canary.set("podManagementPolicy", "Parallel");
    assert.match(await canary.upWithPreview(), /the StatefulSet of app-go, .* stays as it is while pods are held back/);
    await canary.set("updateStrategy.rollingUpdate.partition", "0");
    const words = /replaces the StatefulSet, .* while app-go-0, app-go-1, app-go-2 and app-go-3 keep running/;
    assert.match(await canary.upWithPreview(), words);
    assert.deepEqual(await canary.uids(), uids);
    assert.equal(await canary.revisions(), "aaaa");
  });

  it("no replicas end with no pods", async () => {
    await canary.set("replicas", "0");
    assert.match(
      await canary.upWithPreview(),
      /stops app-go-3, app-go-2, app-go-1 and app-go-0, whose claims are kept/,
    );
    assert.deepEqual(await canary.pods(), []);
  });

  it("a StatefulSet that somebody else deleted is missed", async () => {
    await canary.kubectl("delete", "statefulset", "app-go");
    assert.match(await canary.failure(), /The StatefulSet app-go no longer exists; `pulumi up --refresh`/);
  });
});
