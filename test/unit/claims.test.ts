import type { V1PersistentVolumeClaim } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { settingKey } from "../../schema/settingKey";
import { markClaimsOf } from "../../live/claims";
import { Identity, identityLabel } from "../../objects/identity";
import { selectorLabels, stackLabels } from "../../objects/labels";
import { checkClaims } from "../../stack/claims";
import { capturedLog, useEngine } from "./support/engine";
import { apiError, MemoryCluster } from "./support/memoryCluster";

const identity = new Identity("one", "shop-dev", ["zero"]);
const mark = (id: string) => ({ [identityLabel]: id });

let cluster: MemoryCluster;

const putClaim = (name: string, labels: Record<string, string>, metadata: object = {}) =>
  cluster.put("PersistentVolumeClaim", {
    metadata: { namespace: "shop", name, labels, creationTimestamp: new Date(0), ...metadata },
    spec: { resources: { requests: { storage: "1Gi" } } },
  } as V1PersistentVolumeClaim);

beforeEach(() => {
  cluster = new MemoryCluster();
});

describe("the claims that a config asks for", () => {
  const log = capturedLog();
  const settings = {
    namespace: "shop",
    apps: { cart: { replicas: 2, claims: { data: {} } } },
    stores: { redis: {} },
    adoptClaims: [] as string[],
    giveUpClaims: [] as string[],
  };
  const check = (given: Partial<typeof settings> = {}, of = identity) =>
    checkClaims({ ...settings, ...given }, of, cluster);

  async function refusal(given: Partial<typeof settings> = {}): Promise<string> {
    try {
      await check(given);
    } catch (error) {
      assert.ok(pulumi.RunError.isInstance(error), String(error));
      assert.deepEqual(cluster.writes, []);
      return error.message;
    }
    return assert.fail("nothing was refused");
  }

  before(() => useEngine());

  it("are the stack's own: by this identity, or by an earlier one, which is then replaced", async () => {
    putClaim("data-cart-0", mark("one"));
    putClaim("data-cart-1", mark("zero"));
    await check();
    assert.deepEqual(cluster.writes, [`labels data-cart-1 ${JSON.stringify(mark("one"))}`]);
  });

  it("are the stack's own without a mark, if its own StatefulSet made them", async () => {
    putClaim("data-cart-0", selectorLabels("cart"));
    assert.match(await refusal(), /would use data-cart-0/);
    const labels = { ...stackLabels("shop-dev"), ...mark("one") };
    cluster.put("StatefulSet", { metadata: { namespace: "shop", name: "cart", labels } });
    await check();
    assert.deepEqual(cluster.writes, [`labels data-cart-0 ${JSON.stringify(mark("one"))}`]);
  });

  it("are refused if somebody else left them, with their size, age and maker", async () => {
    putClaim("data-cart-1", mark("two"));
    putClaim("data-redis-0", {});
    assert.equal(
      await refusal(),
      [
        "The namespace shop contains claims that the stack did not leave behind; nothing was changed.",
        `  ${settingKey("apps.cart.claims.data")} would use data-cart-1 (1Gi, created at 1970-01-01T00:00:00.000Z by a stack whose identity is two)`,
        `  ${settingKey("stores.redis")} would use data-redis-0 (1Gi, created at 1970-01-01T00:00:00.000Z by somebody else)`,
        `  Choose other names; or, to start pods on their data: ${settingKey("adoptClaims")}: [data-cart-1, data-redis-0]`,
      ].join("\n"),
    );
  });

  it("are taken up if the config names them, which is said and marked", async () => {
    putClaim("data-cart-1", mark("two"));
    await check({ adoptClaims: ["data-cart-1"] });
    assert.match(log.infos[0] ?? "", /^adopts the claim data-cart-1 \(1Gi, .* as adoptClaims allows$/);
    assert.deepEqual(cluster.writes, [`labels data-cart-1 ${JSON.stringify(mark("one"))}`]);
  });

  it("are taken up with their app by npm run adopt, unless they are another stack's", async () => {
    process.env.STATEFUL_APPS_ADOPT = "cart";
    try {
      putClaim("data-cart-0", { "app.kubernetes.io/managed-by": "Helm" });
      await check();
      assert.match(log.infos[0] ?? "", /^adopts the claim data-cart-0 \(1Gi, .* by Helm\)$/);
      cluster.writes.length = 0;
      putClaim("data-cart-1", mark("two"));
      putClaim("data-redis-0", {});
      const message = await refusal();
      for (const name of ["data-cart-1", "data-redis-0"]) assert.ok(message.includes(name), message);
    } finally {
      delete process.env.STATEFUL_APPS_ADOPT;
    }
  });

  it("have the ordinals of the pods", async () => {
    const cart = { ...settings.apps.cart, ordinals: { start: 5 } };
    for (const name of ["data-cart-0", "data-cart-4", "data-cart-7"]) putClaim(name, mark("two"));
    await check({ apps: { cart } });
    putClaim("data-cart-6", mark("two"));
    assert.match(await refusal({ apps: { cart } }), /apps\.cart\.claims\.data would use data-cart-6 /);
  });

  it("are no business of the stack's beyond the replicas, unless they are its own", async () => {
    putClaim("data-cart-2", mark("two"));
    putClaim("data-mail-0", {});
    await check();
    assert.deepEqual(cluster.writes, []);
  });

  it("must not be on their way out, unless the config gives them up", async () => {
    const going = { deletionTimestamp: new Date(0) };
    putClaim("data-cart-0", mark("one"), going);
    assert.match(
      await refusal(),
      /^Claims are terminating, and their data is lost when their pods stop; nothing was changed\.\n {2}data-cart-0 \(1Gi.*giveUpClaims: \[data-cart-0\]$/s,
    );
    await check({ giveUpClaims: ["data-cart-0"] });
    putClaim("data-mail-0", {}, going);
    await check({ giveUpClaims: ["data-cart-0"] });
    // Kubernetes deletes what an app with whenScaled: Delete no longer has, but that must not be wanted again meanwhile.
    const withItsPod = { ...going, ownerReferences: [{ kind: "Pod", name: "cart-2" }] };
    putClaim("data-cart-2", mark("one"), withItsPod);
    await check({ giveUpClaims: ["data-cart-0"] });
    putClaim("data-cart-1", mark("one"), withItsPod);
    assert.match(await refusal({ giveUpClaims: ["data-cart-0"] }), /data-cart-1 /);
    cluster.remove("PersistentVolumeClaim", "shop", "data-cart-1");
    // Own ones count whatever the config asks for.
    putClaim("data-mail-0", mark("one"), going);
    assert.match(await refusal({ giveUpClaims: ["data-cart-0"] }), /data-mail-0/);
  });

  it("are not marked by a preview", async () => {
    await useEngine({ preview: true });
    putClaim("data-cart-0", mark("zero"));
    await check();
    await useEngine();
    assert.deepEqual(cluster.writes, []);
  });

  it("are not looked at in a rendering", async () => {
    putClaim("data-cart-1", mark("two"));
    await check({}, new Identity(undefined, "shop-dev"));
  });
});

describe("the claims of an app whose pods were waited for", () => {
  const log = capturedLog();
  const markAll = (of = identity) => markClaimsOf("cart", "shop", of, cluster);

  it("are marked, if they are the app's and nobody else's", async () => {
    putClaim("data-cart-0", selectorLabels("cart"));
    putClaim("data-cart-1", { ...selectorLabels("cart"), ...mark("zero") });
    putClaim("data-cart-2", { ...selectorLabels("cart"), ...mark("one") });
    putClaim("data-cart-3", { ...selectorLabels("cart"), ...mark("two") });
    putClaim("data-mail-0", selectorLabels("mail"));
    await markAll();
    assert.deepEqual(
      cluster.writes.map((write) => write.split(" ")[1]),
      ["data-cart-0", "data-cart-1"],
    );
  });

  it("do not end an update when they cannot be read or marked", async () => {
    putClaim("data-cart-0", selectorLabels("cart"));
    cluster.labelClaim = () => Promise.reject(apiError(403, "claims is forbidden"));
    await markAll();
    assert.match(
      log.warnings[0] ?? "",
      /^The claim data-cart-0 cannot be labelled as this stack's \(claims is forbidden\): after/,
    );
    cluster.claims = () => Promise.reject(apiError(503, "not ready"));
    await markAll();
    assert.match(log.warnings[1] ?? "", /^The claims of cart cannot be labelled as this stack's \(not ready\): after/);
  });

  it("are left alone in a rendering", async () => {
    putClaim("data-cart-0", selectorLabels("cart"));
    cluster.claims = () => assert.fail("the cluster was asked");
    await markAll(new Identity(undefined, "shop-dev"));
    assert.deepEqual([cluster.writes, log.warnings], [[], []]);
  });
});
