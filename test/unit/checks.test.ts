import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../config";
import { NoAnswer } from "../../live/requests";
import { identityLabel } from "../../objects/identity";
import { stackLabels } from "../../objects/labels";
import { checkStack } from "../../stack/checks";
import { capturedLog, useEngine } from "./support/engine";
import { apiError, MemoryCluster } from "./support/memoryCluster";

/** What a stack with one app asks for, and what else is given. */
const config = (settings: Record<string, unknown> = {}) => {
  const apps = { cart: { image: "cart:1", replicas: 1, ...(settings.app as object | undefined) } };
  const given = { namespace: "shop", apps: JSON.stringify(apps), clusterId: settings.clusterId };
  const entries = Object.entries(given).flatMap(([key, value]) =>
    value === undefined ? [] : [[`shop:${key}`, value]],
  );
  return parseConfig(Object.fromEntries(entries) as Record<string, string>, () => false, "shop");
};

const last = (clusterId?: string) => ({
  apps: { cart: { namespace: "shop", claimNames: ["data-cart-0"] } },
  clusterId,
  stackId: "one",
});
const identity = { id: "one", partOf: "shop-test" };

describe("the checks before anything is made", () => {
  const log = capturedLog();
  let cluster: MemoryCluster;
  const putClusterId = (uid: string) => cluster.put("Namespace", { metadata: { name: "kube-system", uid } });
  const putStatefulSet = (id: string, partOf = "shop-test") =>
    cluster.put("StatefulSet", {
      metadata: { namespace: "shop", name: "cart", labels: { ...stackLabels(partOf), [identityLabel]: id } },
    });

  beforeEach(() => {
    cluster = new MemoryCluster();
    putClusterId("A");
  });

  async function refusal(settings: Record<string, unknown> = {}): Promise<string> {
    try {
      await checkStack(config(settings), cluster);
    } catch (error) {
      assert.ok(pulumi.RunError.isInstance(error), String(error));
      return error.message;
    }
    return assert.fail("nothing was refused");
  }

  it("give a new stack an identity, and remember its cluster", async () => {
    const made = await useEngine();
    const { identity, clusterIdentifier, namespaceLabels } = await checkStack(config(), cluster);
    assert.match(identity.id ?? "", /^[0-9a-f-]{36}$/);
    assert.equal(identity.partOf, "shop-test");
    assert.equal(clusterIdentifier, "A");
    assert.equal(namespaceLabels, undefined);
    assert.deepEqual(
      made.map(({ name }) => name),
      ["identity", "cluster"],
    );
  });

  it("keep the identity that the state remembers", async () => {
    await useEngine({ lastOutputs: last("A"), remembered: { identity } });
    putStatefulSet("one");
    assert.equal((await checkStack(config(), cluster)).identity.id, "one");
  });

  it("give no identity to a preview of a new stack", async () => {
    await useEngine({ preview: true });
    assert.equal((await checkStack(config(), cluster)).identity.id, "new");
  });

  it("use the name of the objects that are taken over, so that no pod restarts", async () => {
    await useEngine();
    putStatefulSet("two", "shop-before");
    process.env.STATEFUL_APPS_TAKE_OVER = "two";
    try {
      assert.equal((await checkStack(config(), cluster)).identity.partOf, "shop-before");
    } finally {
      delete process.env.STATEFUL_APPS_TAKE_OVER;
    }
  });

  it("refuse another cluster than the last update's", async () => {
    await useEngine({ lastOutputs: last("B"), remembered: { identity } });
    assert.match(await refusal(), /leads to the cluster A, but the stack belongs to B; nothing was changed/);
  });

  it("refuse another cluster than that of a first update which has failed", async () => {
    await useEngine({ remembered: { identity, cluster: "B" } });
    assert.match(await refusal(), /leads to the cluster A, but the stack belongs to B; nothing was changed/);
  });

  it("let a stack go to the cluster that the config names", async () => {
    await useEngine({ lastOutputs: last("B"), remembered: { identity, cluster: "B" } });
    assert.equal((await checkStack(config({ clusterId: "A" }), cluster)).clusterIdentifier, "A");
  });

  it("warn if the cluster hides what tells it from others", async () => {
    await useEngine({ lastOutputs: last("A"), remembered: { identity } });
    cluster.hidden.add("Namespace");
    await checkStack(config(), cluster);
    assert.match(log.warnings[0] ?? "", /cannot determine whether the context "memory" leads to the stack's cluster/);
  });

  it("compare nothing with a cluster that cannot be read", async () => {
    await useEngine({ preview: true, lastOutputs: last("B"), remembered: { identity } });
    cluster.isReadable = false;
    assert.equal((await checkStack(config(), cluster)).clusterIdentifier, "B");
  });

  it("warn of claims that no app uses any more", async () => {
    await useEngine({ lastOutputs: last("A"), remembered: { identity } });
    await checkStack(config(), cluster);
    assert.deepEqual(log.warnings, [
      "No app uses these claims any longer: shop/data-cart-0. They are kept with their data. An app or a claim with a new name starts empty.",
    ]);
  });

  it("refuse what somebody else made", async () => {
    await useEngine({ remembered: { identity } });
    putStatefulSet("two");
    assert.match(await refusal(), /requires a StatefulSet cart, but one exists already/);
  });

  describe("of Vault's injector", () => {
    const app = {
      automountServiceAccountToken: true,
      vault: { role: "shop", secrets: { password: { path: "internal/data/shop" } } },
    };

    it("refuse a cluster that has none", async () => {
      await useEngine();
      assert.match(await refusal({ app }), /^Vault's injector is not in the cluster/);
      cluster.webhooks.push("vault.hashicorp.com");
      await checkStack(config({ app }), cluster);
    });

    it("refuse nothing if they are hidden, or if the cluster does not answer", async () => {
      await useEngine();
      cluster.hidden.add("MutatingWebhookConfiguration");
      await checkStack(config({ app }), cluster);
      cluster.mutatingWebhooks = () => Promise.resolve(undefined);
      await checkStack(config({ app }), cluster);
      assert.deepEqual(log.warnings, []);
    });
  });

  for (const question of ["namespace", "objects", "statefulSets", "claims"] as const) {
    it(`say that nothing was changed if there is no answer about ${question}`, async () => {
      await useEngine();
      const noAnswer = (): Promise<never> => Promise.reject(new NoAnswer("memory", apiError(503, "not ready")));
      cluster[question] = noAnswer;
      assert.equal(
        await refusal(),
        'The cluster of the context "memory" does not answer (not ready); nothing was changed.',
      );
    });
  }
});
