import * as pulumi from "@pulumi/pulumi";
import assert from "node:assert/strict";
import { jobSpec } from "../../objects/jobSpec";
import { podTemplate } from "../../objects/podTemplate";
import { withRequests } from "../../objects/resources";
import { storeObjects } from "../../objects/storeObjects";
import type { CheckedAppArgs, CheckedStoreArgs } from "../../schema/checkedArgs";

const storage = (amount: string) => ({ "ephemeral-storage": amount });

describe("the resources of a container", () => {
  for (const [what, given, expected] of [
    ["request space on the node", undefined, { requests: storage("64Mi") }],
    [
      "request it beside what is given",
      { requests: { cpu: "1" }, limits: { memory: "1Gi" } },
      { requests: { ...storage("64Mi"), cpu: "1" }, limits: { memory: "1Gi" } },
    ],
    ["request the space that is given", { requests: storage("1Gi") }, { requests: storage("1Gi") }],
    ["request none of it if that is given", { requests: storage("0") }, { requests: storage("0") }],
    // Kubernetes makes the limit the request.
    ["leave the request to a limit", { limits: storage("32Mi") }, { limits: storage("32Mi") }],
  ] as const) {
    it(`${what}, known now or later`, async () => {
      assert.deepEqual(withRequests(given), expected);
      const later = given && { ...given, limits: pulumi.output("limits" in given ? given.limits : undefined) };
      for (const input of [pulumi.output(given), later] as pulumi.Input<object>[]) {
        const known = await new Promise((resolve) => pulumi.output(withRequests(input)).apply(resolve));
        assert.equal(JSON.stringify(known), JSON.stringify(expected));
      }
    });
  }

  it("follow the same rule for the app, init containers, containers beside it, jobs and a store", () => {
    const other = (name: string) => ({ name, image: name, resources: { requests: { cpu: "1" } } });
    const args = { image: "cart", containerPort: 80, resources: other("").resources } as unknown as CheckedAppArgs;
    const all = { ...args, initContainers: [other("first")], containers: [other("second")] };
    const job = jobSpec("warm", {}, { image: "cart", serviceAccountName: "cart" }, { resources: args.resources });
    const store = storeObjects("redis", { ...args, port: 6379 } as unknown as CheckedStoreArgs);
    for (const template of [podTemplate("cart", {}, all), job.template, store.statefulSet.spec.template]) {
      const { spec } = template as unknown as { spec: Record<string, { resources: unknown }[]> };
      for (const { resources } of [...(spec.initContainers ?? []), ...(spec.containers ?? [])]) {
        assert.deepEqual(resources, { requests: { ...storage("64Mi"), cpu: "1" } });
      }
    }
  });
});
