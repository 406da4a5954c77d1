import assert from "node:assert/strict";
import { Identity, identityLabel } from "../../objects/identity";
import { withLiveReplicas } from "../../stack/autoscaled";
import { capturedLog } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";

describe("the replicas of an app with an autoscaler", () => {
  const log = capturedLog();
  const replicas = async (autoscaled: boolean, { id, live }: { id?: string; live?: number }) => {
    const cluster = new MemoryCluster();
    if (live !== undefined) {
      const metadata = { namespace: "shop", name: "cart", labels: { [identityLabel]: "one" } };
      cluster.put("StatefulSet", { metadata, spec: { replicas: live } } as object);
    }
    const apps = { cart: { autoscaled, replicas: 2 }, mail: { autoscaled: false, replicas: 1 } };
    const found = await withLiveReplicas({ namespace: "shop", apps }, new Identity(id, "shop-dev"), cluster);
    assert.equal(found.mail?.replicas, 1);
    return found.cart?.replicas;
  };

  it("are those that there are, which is said", async () => {
    assert.equal(await replicas(true, { id: "one", live: 5 }), 5);
    assert.deepEqual(log.infos, ["cart keeps the number of replicas that an autoscaler has set: 5 instead of 2"]);
    assert.equal(await replicas(true, { id: "one", live: 0 }), 0);
  });

  it("are those of the config at first, without an autoscaler, and of another stack", async () => {
    assert.equal(await replicas(true, { id: "one" }), 2);
    assert.equal(await replicas(false, { id: "one", live: 5 }), 2);
    assert.equal(await replicas(true, { id: "two", live: 5 }), 2);
    assert.equal(await replicas(true, { live: 5 }), 2);
    assert.deepEqual(log.infos, []);
  });
});
