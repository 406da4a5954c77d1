import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import assert from "node:assert/strict";
import { Identity, identityLabel } from "../../objects/identity";
import { stackLabels } from "../../objects/labels";
import { enforcedLevel, namespaceLabels, stackNamespace } from "../../stack/namespace";
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
  async function isMade(
    namespace = "shop",
    podSecurity: "privileged" | "baseline" | "restricted" = "restricted",
  ): Promise<boolean> {
    const provider = new k8s.Provider("retaining", cluster.providerArgs);
    const given = stackNamespace(
      { namespace, podSecurity },
      await namespaceLabels(namespace, cluster),
      identity,
      provider,
    );
    await new Promise((resolve) => pulumi.output(given).apply(resolve));
    return made.some(({ type }) => type === "kubernetes:core/v1:Namespace");
  }

  const put = (labels: Record<string, string>) => cluster.put("Namespace", { metadata: { name: "shop", labels } });

  for (const level of ["privileged", "baseline", "restricted"] as const) {
    it(`is made where it is missing, and enforces, warns and audits by the level ${level}`, async () => {
      assert.ok(await isMade("shop", level));
      const { metadata } = made.at(-1)?.inputs as { metadata: { labels: Record<string, string> } };
      const prefix = "pod-security.kubernetes.io";
      for (const mode of ["enforce", "warn", "audit"]) {
        assert.equal(metadata.labels[`${prefix}/${mode}`], level);
        assert.equal(metadata.labels[`${prefix}/${mode}-version`], "latest");
      }
    });
  }

  const enforce = "pod-security.kubernetes.io/enforce";
  for (const [what, namespace, labels, level] of [
    ["is to be made", "shop", undefined, "baseline"],
    ["is the stack's own, whatever its label is now", "shop", { ...name, [enforce]: "privileged" }, "baseline"],
    ["is foreign", "shop", { [enforce]: "restricted" }, "restricted"],
    ["is foreign and less strict", "shop", { [enforce]: "privileged" }, "privileged"],
    ["is foreign and has no level", "shop", {}, "privileged"],
    ["has a level that Kubernetes does not know", "shop", { [enforce]: "strict" }, "restricted"],
    ["is one that every cluster has", "default", { [enforce]: "restricted" }, "restricted"],
    ["is one that every cluster has, and is not known", "default", undefined, "privileged"],
  ] as const) {
    it(`enforces ${level} with podSecurity: baseline if it ${what}`, () => {
      assert.equal(enforcedLevel({ namespace, podSecurity: "baseline" }, labels, identity).level, level);
    });
  }

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
