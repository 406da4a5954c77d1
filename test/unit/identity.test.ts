import assert from "node:assert/strict";
import { checkStackName } from "../../stack/identity";
import { Identity, identityLabel } from "../../objects/identity";
import { stackLabels } from "../../objects/labels";
import { objectNames } from "../../stack/ownership";

const name = stackLabels("shop-dev");
const marked = (id: string) => ({ ...name, [identityLabel]: id });

describe("the identity of a stack", () => {
  for (const [what, identity, labels, owns, ownsRemainder] of [
    ["its own objects", new Identity("one", "shop-dev"), marked("one"), true, true],
    ["those of a stack of the same name", new Identity("one", "shop-dev"), marked("two"), false, false],
    ["what it left before it was destroyed", new Identity("one", "shop-dev", ["zero"]), marked("zero"), false, true],
    ["those of a stack that it takes over", new Identity("one", "shop-dev", [], ["two"]), marked("two"), true, true],
    ["objects with its name and no identity", new Identity("one", "shop-dev"), name, false, false],
    ["the same, if it takes them", new Identity("one", "shop-dev", [], [], true), name, true, true],
    ["a stranger's, even then", new Identity("one", "shop-dev", [], [], true), { a: "b" }, false, false],
    ["objects without labels", new Identity("one", "shop-dev", [], [], true), undefined, false, false],
    ["anything in a rendering", new Identity(undefined, "shop-dev"), name, false, false],
  ] as const) {
    it(`${owns ? "covers" : ownsRemainder ? "covers only claims and Secrets among" : "does not cover"} ${what}`, () => {
      assert.equal(identity.owns(labels), owns);
      assert.equal(identity.ownsRemainder(labels), ownsRemainder);
    });
  }
});

describe("the objects that a config asks for", () => {
  it("are named with the key and the app that ask", () => {
    const names = objectNames({
      namespace: "shop",
      apps: {
        cart: { replicas: 1, jobs: { before: { migrate: {} } } },
        mail: { replicas: 1, serviceAccount: { name: "shared", create: false } },
      },
      stores: { redis: {} },
      configMaps: { settings: {} },
      secrets: { credentials: {} },
      objects: {},
    });
    const keys = (kind: keyof typeof names) => [...names[kind].keys()];
    assert.deepEqual(keys("StatefulSet"), ["cart", "mail", "redis"]);
    assert.deepEqual(keys("Service"), ["cart", "cart-http", "mail", "mail-http", "redis"]);
    assert.deepEqual(keys("ServiceAccount"), ["cart"]);
    assert.deepEqual(keys("ConfigMap"), ["settings"]);
    assert.deepEqual(keys("Secret"), ["credentials", "redis"]);
    assert.deepEqual(names.Job.get("cart-migrate"), { key: "apps.cart.jobs.before.migrate", instance: "cart" });
  });
});

describe("the name of a new stack", () => {
  it("is the value of a label, with that of the project", () => {
    for (const name of ["shop-dev", "shop-pr.12_a", `shop-${"a".repeat(58)}`]) checkStackName(name);
    for (const name of ["shop-pr-12_", `shop-${"a".repeat(59)}`, "shop-ä"]) {
      assert.throws(() => {
        checkStackName(name);
      }, /part-of=shop-.*, which must be 1 to 63 letters.*; nothing was changed\.\n {2}Choose another name/);
    }
  });
});
