import assert from "node:assert/strict";
import * as fc from "fast-check";
import { parseConfig } from "../../config";
import { appObjects } from "../../objects/appObjects";
import { Identity, identityLabel } from "../../objects/identity";
import { type LabelSelector, selects } from "../../objects/labels";
import type { StatefulAppArgs } from "../../schema/args";
import { checkedAppArgs } from "../../schema/checkedArgs";
import { checkOneBudgetEach } from "../../stack/objects";
import { plannedObjects } from "../../stack/plannedObjects";
import { MemoryCluster } from "./support/memoryCluster";

type Budget = NonNullable<StatefulAppArgs["podDisruptionBudget"]>;

const common = { namespace: "shop", partOf: "shop-dev", image: "cart" };
const objectsOf = (args: Partial<StatefulAppArgs>) =>
  appObjects("cart", checkedAppArgs("cart", { ...common, ...args }));
const specOf = (podDisruptionBudget: Budget, replicas = 3) =>
  objectsOf({ podDisruptionBudget, replicas }).podDisruptionBudget?.spec;

const selector = {
  matchLabels: {
    "app.kubernetes.io/name": "cart",
    "app.kubernetes.io/instance": "cart",
    "app.kubernetes.io/part-of": "shop-dev",
    "app.kubernetes.io/managed-by": "pulumi",
  },
};

/** How many pods can go, if all are ready, as Kubernetes counts them. */
function canGo({ minAvailable, maxUnavailable }: { minAvailable?: unknown; maxUnavailable?: unknown }, pods: number) {
  const count = (given: unknown) =>
    typeof given === "number" ? given : Math.ceil((Number(String(given).replace("%", "")) * pods) / 100);
  return minAvailable === undefined ? count(maxUnavailable) : pods - count(minAvailable);
}

describe("the PodDisruptionBudget of an app", () => {
  const always = { unhealthyPodEvictionPolicy: "AlwaysAllow", selector };
  for (const [what, given, expected] of [
    ["lets one pod go at a time, and pods that are not ready", {}, { maxUnavailable: 1, ...always }],
    ["lets more go", { maxUnavailable: "2" }, { maxUnavailable: 2, ...always }],
    ["lets a share go", { maxUnavailable: "50%" }, { maxUnavailable: "50%", ...always }],
    ["keeps some pods", { minAvailable: "2" }, { minAvailable: 2, ...always }],
    ["keeps a share", { minAvailable: "34%" }, { minAvailable: "34%", ...always }],
    [
      "waits for pods that are not ready",
      { unhealthyPodEvictionPolicy: "IfHealthyBudget" },
      { maxUnavailable: 1, ...always, unhealthyPodEvictionPolicy: "IfHealthyBudget" },
    ],
  ] as const) {
    it(what, () => {
      assert.deepEqual(specOf(given), expected);
    });
  }

  it("is left out if the app says so, and can then not be changed", () => {
    const podDisruptionBudget = { create: false };
    assert.equal(objectsOf({ podDisruptionBudget }).podDisruptionBudget, undefined);
    assert.throws(
      () => objectsOf({ podDisruptionBudget, overrides: { podDisruptionBudget: {} } }),
      /overrides\.podDisruptionBudget requires podDisruptionBudget\.create true/,
    );
  });

  it("is changed last by overrides, but for what settings say", () => {
    const overrides = { podDisruptionBudget: { metadata: { annotations: { team: "shop" } } } };
    assert.equal(
      (objectsOf({ overrides }).podDisruptionBudget?.metadata.annotations as Record<string, string>).team,
      "shop",
    );
    for (const field of ["maxUnavailable", "minAvailable", "unhealthyPodEvictionPolicy"]) {
      assert.throws(
        () => objectsOf({ overrides: { podDisruptionBudget: { spec: { [field]: 1 } } } }),
        new RegExp(`spec\\.${field} is not allowed; use podDisruptionBudget\\.${field}`),
      );
    }
  });

  it("is a mistake if it would keep every pod, and otherwise lets one go", () => {
    const amount = fc.oneof(
      fc.integer({ min: 1, max: 6 }).map(String),
      fc.integer({ min: 1, max: 100 }).map((n) => `${String(n)}%`),
    );
    fc.assert(
      fc.property(
        fc.constantFrom("minAvailable", "maxUnavailable"),
        amount,
        fc.integer({ min: 1, max: 6 }),
        (field, given, replicas) => {
          let spec;
          try {
            spec = specOf({ [field]: given }, replicas);
          } catch (error) {
            assert.match(String(error), /podDisruptionBudget\.minAvailable is .* would keep every pod/);
            const count = given.endsWith("%") ? given : Number(given);
            assert.ok(canGo({ minAvailable: count }, replicas) <= 0);
            return;
          }
          assert.ok(spec && canGo(spec, replicas) >= 1);
        },
      ),
      { numRuns: 1000 },
    );
  });

  for (const [what, given, problem] of [
    ["lets none go", { maxUnavailable: "0" }, /maxUnavailable is "0"; it must be an integer from 1/],
    ["lets no share go", { maxUnavailable: "0%" }, /maxUnavailable is "0%"; it must be an integer from 1/],
    ["has both", { maxUnavailable: "1", minAvailable: "1" }, /minAvailable is not allowed beside .*maxUnavailable/],
  ] as const) {
    it(`is a mistake if it ${what}`, () => {
      assert.throws(() => specOf(given), problem);
    });
  }

  it("keeps nothing of an app without pods", () => {
    assert.equal(specOf({ minAvailable: "100%" }, 0)?.minAvailable, "100%");
  });

  describe("beside another one", () => {
    let cluster: MemoryCluster;
    beforeEach(() => {
      cluster = new MemoryCluster();
    });

    const check = (app: object = {}, objects: object = {}) => {
      const config = parseConfig(
        {
          "shop:apps": JSON.stringify({ cart: { image: "cart", podLabels: { tier: "web" }, ...app } }),
          "shop:objects": JSON.stringify(objects),
        },
        () => false,
        "shop",
      );
      const identity = new Identity("one", "shop-dev");
      return checkOneBudgetEach(plannedObjects(config, "shop-dev"), "shop", identity, cluster);
    };
    const further = (spec: object | undefined) => ({
      own: { apiVersion: "policy/v1", kind: "PodDisruptionBudget", spec },
    });
    const selectors = [
      {},
      { matchLabels: { "app.kubernetes.io/name": "cart" } },
      { matchExpressions: [{ key: "tier", operator: "In", values: ["web", "api"] }] },
    ];
    const without = { podDisruptionBudget: { create: false } };

    it("is a mistake if one of the further objects selects the pods, too", async () => {
      const refused = /objects\.own\.spec\.selector selects the pods of apps\.cart, which has a PodDisruptionBudget/;
      for (const selector of selectors) await assert.rejects(check({}, further({ selector })), refused);
    });

    it("is none if the app has none, or the further one selects other pods", async () => {
      await check(without, further({ selector: {} }));
      await check({}, further({ selector: { matchLabels: { tier: "api" } } }));
      await check({}, further({}));
      await check({}, further(undefined));
    });

    const put = (name: string, selector: object, labels: Record<string, string> = {}) =>
      cluster.put("PodDisruptionBudget", {
        metadata: { namespace: "shop", name, labels },
        spec: { selector },
      } as object);

    it("is a mistake if somebody else has made one that selects the pods", async () => {
      for (const selector of selectors) {
        put("theirs", selector);
        await assert.rejects(
          check(),
          /apps\.cart\.podDisruptionBudget\.create is true; it would be a second budget beside theirs, which somebody else/,
        );
        await check(without);
      }
    });

    it("is none if that one selects other pods, or is the stack's own and goes with this update", async () => {
      put("theirs", { matchLabels: { tier: "api" } });
      put("earlier", {}, { [identityLabel]: "one" });
      put("cart", {});
      await check();
    });
  });
});

describe("a label selector", () => {
  const labels = { tier: "web" };
  for (const [selector, expected] of [
    [undefined, false],
    [{}, true],
    [{ matchLabels: { tier: "web" } }, true],
    [{ matchLabels: { tier: "web", team: "a" } }, false],
    [{ matchExpressions: [{ key: "tier", operator: "In", values: ["api"] }] }, false],
    [{ matchExpressions: [{ key: "tier", operator: "NotIn", values: ["api"] }] }, true],
    [{ matchExpressions: [{ key: "team", operator: "NotIn", values: ["a"] }] }, true],
    [{ matchExpressions: [{ key: "team", operator: "Exists" }] }, false],
    [{ matchExpressions: [{ key: "team", operator: "DoesNotExist" }] }, true],
  ] as [LabelSelector | undefined, boolean][]) {
    it(`${expected ? "selects" : "does not select"} by ${JSON.stringify(selector)}`, () => {
      assert.equal(selects(selector, labels), expected);
    });
  }
});
