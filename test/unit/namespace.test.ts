import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import assert from "node:assert/strict";
import { Identity, identityLabel } from "../../objects/identity";
import { stackLabels } from "../../objects/labels";
import { namespaceLabels, stackNamespace } from "../../stack/namespace";
import { type Made, useEngine } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";

describe("the stack's namespace", () => {
  const identity = new Identity("one", "shop-dev", ["zero"]);
  const name = stackLabels("shop-dev");
  let made: Made[];
  let cluster: MemoryCluster;

  beforeEach(async () => {
    made = await useEngine();
    cluster = new MemoryCluster();
  });

  /** Whether the stack makes it. */
  async function isMade(namespace = "shop"): Promise<boolean> {
    const provider = new k8s.Provider("retaining", cluster.providerArgs);
    const given = stackNamespace(namespace, await namespaceLabels(namespace, cluster), identity, provider);
    await new Promise((resolve) => pulumi.output(given).apply(resolve));
    return made.some(({ type }) => type === "kubernetes:core/v1:Namespace");
  }

  const put = (labels: Record<string, string>) => cluster.put("Namespace", { metadata: { name: "shop", labels } });

  it("is made where it is missing, and enforces the restricted standard", async () => {
    assert.ok(await isMade());
    const { metadata } = made.at(-1)?.inputs as { metadata: { labels: Record<string, string> } };
    assert.equal(metadata.labels["pod-security.kubernetes.io/enforce"], "restricted");
  });

  for (const [what, labels, expected] of [
    ["the stack made it", { ...name, [identityLabel]: "one" }, true],
    ["the stack made it before it was destroyed", { ...name, [identityLabel]: "zero" }, true],
    ["it has the stack's name and no identity", name, true],
    ["another stack of the name made it", { ...name, [identityLabel]: "two" }, false],
    ["somebody else made it", {}, false],
  ] as const) {
    it(`is ${expected ? "taken up again" : "used as it is"} if ${what}`, async () => {
      put(labels);
      assert.equal(await isMade(), expected);
    });
  }

  it("is used as it is if the user may not look at it, and if every cluster has it", async () => {
    assert.equal(await isMade("kube-public"), false);
    assert.equal(await isMade("default"), false);
    cluster.hidden.add("Namespace");
    assert.equal(await isMade(), false);
  });
});
