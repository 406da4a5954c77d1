import assert from "node:assert/strict";
import { abandonedClaims, checkCluster } from "../../components/lastDeployment";

const last = {
  clusterId: "one",
  apps: { cart: { namespace: "shop", claimNames: ["data-cart-0", "data-cart-1", "logs-cart-0", "logs-cart-1"] } },
};
const config = (namespace: string, app: string, ...volumes: string[]) => ({
  namespace,
  apps: { [app]: { claims: Object.fromEntries(volumes.map((volume) => [volume, {}])) } },
  stores: {},
});

describe("a stack's last deployment", () => {
  it("binds the stack to its cluster, unless the user names another", () => {
    const check = (id: string | undefined, wanted?: string) => {
      checkCluster({ context: "kind", id, wanted }, last);
    };
    check("one");
    check(undefined);
    check("two", "two");
    assert.throws(() => {
      check("two");
    }, /The context "kind" leads to the cluster two, and the stack's is one/);
    assert.throws(() => {
      check("one", "two");
    }, /leads to the cluster one, and the stack's is two/);
  });

  it("binds a new stack to nothing", () => {
    checkCluster({ context: "kind", id: "two", wanted: undefined }, undefined);
  });

  it("leaves no claim behind when nothing changes its name, whatever the replicas", () => {
    assert.deepEqual(abandonedClaims(last, config("shop", "cart", "data", "logs")), []);
  });

  it("counts a store's claim like an app's", () => {
    const lastStore = { apps: { redis: { namespace: "shop", claimNames: ["data-redis-0"] } } };
    assert.deepEqual(abandonedClaims(lastStore, { namespace: "shop", apps: {}, stores: { redis: {} } }), []);
    assert.deepEqual(abandonedClaims(lastStore, { namespace: "shop", apps: {}, stores: {} }), ["shop/data-redis-0"]);
  });

  for (const [what, changed, claims] of [
    [
      "the namespace",
      config("store", "cart", "data", "logs"),
      ["data-cart-0", "data-cart-1", "logs-cart-0", "logs-cart-1"],
    ],
    [
      "an app's name",
      config("shop", "basket", "data", "logs"),
      ["data-cart-0", "data-cart-1", "logs-cart-0", "logs-cart-1"],
    ],
    ["a claim's name", config("shop", "cart", "files", "logs"), ["data-cart-0", "data-cart-1"]],
  ] as const) {
    it(`leaves claims behind when ${what} changes`, () => {
      assert.deepEqual(
        abandonedClaims(last, changed),
        claims.map((claim) => `shop/${claim}`),
      );
    });
  }
});
