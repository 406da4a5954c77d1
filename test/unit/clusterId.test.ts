import assert from "node:assert/strict";
import { clusterId } from "../../live/clusterId";
import { NoCluster } from "../../live/noCluster";
import { MemoryCluster } from "./support/memoryCluster";

describe("what tells a cluster from others", () => {
  const namespaces = (uids: Record<string, string>) =>
    new MemoryCluster().put("Namespace", ...Object.entries(uids).map(([name, uid]) => ({ metadata: { name, uid } })));

  it("is the UID of kube-system", async () => {
    assert.equal(await clusterId(namespaces({ "kube-system": "1", shop: "2" }), "shop"), "1");
  });

  it("is the UID of the stack's namespace for a user who may read only that", async () => {
    assert.equal(await clusterId(namespaces({ shop: "2" }), "shop"), "namespace shop: 2");
  });

  it("is nothing for a user who may read neither, and without a cluster", async () => {
    const cluster = namespaces({ "kube-system": "1", shop: "2" });
    cluster.hidden.add("Namespace");
    assert.equal(await clusterId(cluster, "shop"), undefined);
    assert.equal(await clusterId(new NoCluster(), "shop"), undefined);
  });
});
