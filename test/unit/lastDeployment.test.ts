import assert from "node:assert/strict";
import { abandonedClaims, checkCluster, checkNothingForgotten, checkRoles } from "../../stack/lastDeployment";

const last = {
  clusterId: "one",
  stores: {},
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
      return checkCluster({ context: "kind", id, wanted }, last.clusterId);
    };
    check("one");
    assert.equal(check("one"), undefined);
    check("two", "two");
    assert.throws(() => {
      check("two");
    }, /The context "kind" leads to the cluster two, but the stack belongs to one/);
    assert.throws(() => {
      check("one", "two");
    }, /leads to the cluster one, but the stack belongs to two/);
  });

  it("binds a new stack to nothing", () => {
    assert.equal(checkCluster({ context: "kind", id: "two", wanted: undefined }, undefined), undefined);
  });

  it("says so if a cluster cannot be told from others", () => {
    const namespace = "namespace shop: 1";
    const check = (id: string | undefined, recorded: string | undefined) =>
      checkCluster({ context: "kind", id, wanted: undefined }, recorded);
    for (const [id, recorded] of [
      [undefined, undefined],
      [undefined, "one"],
      [namespace, "one"],
      ["one", namespace],
      ["one", "stack 7"],
    ] as const) {
      assert.match(check(id, recorded) ?? "", /cannot determine whether the context "kind" leads/);
    }
    assert.equal(check(namespace, namespace), undefined);
    assert.throws(() => check("namespace shop: 2", namespace), /leads to the cluster namespace shop: 2/);
  });

  it("refuses config that does not mention the apps that were there", () => {
    const check = (...unsaid: ("apps" | "stores")[]) => {
      checkNothingForgotten("stateful-apps", unsaid, last);
    };
    check();
    check("stores");
    assert.throws(() => {
      check("apps", "stores");
    }, /stateful-apps:apps is missing, and the last deployment had cart.*stateful-apps:apps: \{\}/s);
    checkNothingForgotten("stateful-apps", ["apps", "stores"], undefined);
  });

  it("refuses an app that becomes a store, and the other way round", () => {
    checkRoles({ apps: { cart: {} }, stores: {} }, last);
    assert.throws(() => {
      checkRoles({ apps: {}, stores: { cart: {} } }, last);
    }, /cart; nothing was changed/);
    assert.throws(() => {
      checkRoles({ apps: { cart: {} }, stores: {} }, { apps: {}, stores: last.apps });
    }, /cart; nothing was changed/);
  });

  it("leaves no claim behind when nothing changes its name, whatever the replicas", () => {
    assert.deepEqual(abandonedClaims(last, config("shop", "cart", "data", "logs")), []);
  });

  it("counts a store's claim like an app's", () => {
    const lastStore = { apps: {}, stores: { redis: { namespace: "shop", claimNames: ["data-redis-0"] } } };
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
