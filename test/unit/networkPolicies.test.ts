import * as pulumi from "@pulumi/pulumi";
import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { RedisStore, StatefulApp } from "../../components";
import { parseConfig } from "../../config";
import { appJobs, appObjects } from "../../objects/appObjects";
import { appCronJobs } from "../../objects/cronJobs";
import { type Labels, type LabelSelector, selects } from "../../objects/labels";
import type { StatefulAppArgs } from "../../schema/args";
import { checkedAppArgs } from "../../schema/checkedArgs";
import { plannedObjects } from "../../stack/plannedObjects";

const common = { namespace: "shop", partOf: "shop-dev", image: "cart" };
const checked = (args: Partial<StatefulAppArgs> = {}, name = "cart") => checkedAppArgs(name, { ...common, ...args });
const objectsOf = (args: Partial<StatefulAppArgs> = {}, name = "cart") => appObjects(name, checked(args, name));

interface Spec {
  podSelector: LabelSelector;
  policyTypes: string[];
  ingress?: { from?: object[]; ports?: object[] }[];
  egress?: { to?: object[]; ports?: object[] }[];
}

const specOf = (args: Partial<StatefulAppArgs> = {}) => objectsOf(args).networkPolicy?.spec as Spec;

const peer = (labels: Labels) => ({ podSelector: { matchLabels: labels } });
const own = peer({ "app.kubernetes.io/name": "cart", "app.kubernetes.io/instance": "cart" });
const tcp = (port: number) => ({ protocol: "TCP", port });
const monitoring = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } };

describe("the NetworkPolicy of an app", () => {
  it("lets pods of the namespace reach the ports of the app, and its own pods all ports", () => {
    assert.deepEqual(specOf({ ports: { api: { containerPort: 80 }, dns: { containerPort: 53, protocol: "UDP" } } }), {
      podSelector: {
        matchLabels: {
          ...own.podSelector.matchLabels,
          "app.kubernetes.io/part-of": "shop-dev",
          "app.kubernetes.io/managed-by": "pulumi",
        },
      },
      policyTypes: ["Ingress"],
      ingress: [{ from: [{ podSelector: {} }], ports: [tcp(80), { protocol: "UDP", port: 53 }] }, { from: [own] }],
    });
  });

  it("lets those reach the ports whom the setting names", () => {
    const { ingress } = specOf({ networkPolicy: { from: [monitoring] } });
    assert.deepEqual(ingress, [{ from: [{ podSelector: {} }, monitoring], ports: [tcp(8080)] }, { from: [own] }]);
  });

  it("has the ports of other containers too, each once", () => {
    const containers = [
      { name: "exporter", image: "exporter", ports: [{ containerPort: 9187 }, { containerPort: 8080 }] },
    ];
    assert.deepEqual(specOf({ containers }).ingress?.[0]?.ports, [tcp(8080), tcp(9187)]);
  });

  const ports = { api: { containerPort: 80 }, peer: { containerPort: 81 } };
  for (const [what, args, expected] of [
    ["opens none of a ClusterIP", { service: { type: "ClusterIP" }, podServices: {} }, undefined],
    ["opens those of a LoadBalancer", { service: { type: "LoadBalancer" } }, [tcp(80), tcp(81)]],
    ["opens those of a NodePort", { service: { type: "NodePort" } }, [tcp(80), tcp(81)]],
    ["opens those of the Services of pods", { podServices: { type: "NodePort", ports: { peer: {} } } }, [tcp(81)]],
    [
      "opens those of both, each once",
      { service: { type: "NodePort" }, podServices: { type: "NodePort", ports: { peer: {} } } },
      [tcp(80), tcp(81)],
    ],
  ] as const) {
    it(`${what} to everyone, known now or later`, async () => {
      const { ingress } = specOf({ ports, ...args });
      assert.deepEqual(ingress?.[2], expected && { ports: expected });
      const later = Object.fromEntries(
        Object.entries(args as Record<string, { type?: string }>).map(([key, group]) => [
          key,
          "type" in group ? { ...group, type: pulumi.output(group.type) } : group,
        ]),
      );
      const known = await new Promise((resolve) => pulumi.output(specOf({ ports, ...later }).ingress).apply(resolve));
      assert.deepEqual(known, ingress);
    });
  }

  it("says nothing of what the pods reach, unless the setting does", () => {
    const rule = { to: [{ ipBlock: { cidr: "203.0.113.0/24" } }] };
    const dns = { ports: [{ protocol: "UDP", port: 53 }, tcp(53)] };
    const { policyTypes, egress } = specOf({ networkPolicy: { egress: [rule] } });
    assert.deepEqual(policyTypes, ["Ingress", "Egress"]);
    assert.deepEqual(egress, [dns, { to: [own] }, rule]);
    assert.deepEqual(specOf({ networkPolicy: { egress: [] } }).egress, [dns, { to: [own] }]);
  });

  it("is left out, and that of the jobs too, if the app says so", () => {
    const given = { connectionTest: {}, networkPolicy: { create: false } };
    const { networkPolicy, jobsNetworkPolicy } = objectsOf(given);
    assert.deepEqual([networkPolicy, jobsNetworkPolicy], [undefined, undefined]);
    assert.throws(
      () => objectsOf({ ...given, overrides: { networkPolicy: {} } }),
      /overrides\.networkPolicy requires networkPolicy\.create true/,
    );
  });

  it("is changed last by overrides, but for the pods that it selects and what settings say", () => {
    const spec = { ingress: [] };
    assert.deepEqual(specOf({ overrides: { networkPolicy: { spec } } }).ingress, []);
    assert.throws(
      () => objectsOf({ overrides: { networkPolicy: { spec: { podSelector: {} } } } }),
      /spec\.podSelector is not allowed: it selects the pods/,
    );
  });
});

describe("NetworkPolicies", () => {
  const jobs = { before: { migrate: {} }, after: { warm: {} } };
  const cronJobs = { dump: { schedule: "@daily" } };
  const withJobs = { jobs, cronJobs, connectionTest: {}, podLabels: { tier: "web" } };

  it("select the pods of their app, or of its jobs, and no others", () => {
    const labelsOf = (template: unknown) => (template as { metadata: { labels: Labels } }).metadata.labels;
    const podsOf = (name: string, partOf = "shop-dev") => {
      const args = { ...checked(withJobs, name), partOf };
      const { before, after } = appJobs(name, args);
      return {
        app: [labelsOf(appObjects(name, args).statefulSet.spec.template)],
        jobs: [
          ...[...before, ...after].map(({ spec }) => labelsOf(spec.template)),
          ...appCronJobs(name, args).map(({ object }) => labelsOf(object.spec.jobTemplate.spec.template)),
        ],
      };
    };
    const { networkPolicy, jobsNetworkPolicy } = objectsOf(withJobs);
    const mine = podsOf("cart");
    assert.equal(mine.jobs.length, 4);
    const selectors = { app: networkPolicy?.spec.podSelector, jobs: jobsNetworkPolicy?.spec.podSelector };
    // An app has the name of a job of the other one, and another stack has an app of the same name.
    const others = [podsOf("cart-dump"), podsOf("cart", "other-dev"), podsOf("car")];
    for (const [kind, selector] of Object.entries(selectors) as ["app" | "jobs", LabelSelector][]) {
      assert.ok(mine[kind].every((labels) => selects(selector, labels)));
      const foreign = [
        ...mine[kind === "app" ? "jobs" : "app"],
        ...others.flatMap(({ app, jobs }) => [...app, ...jobs]),
      ];
      assert.ok(!foreign.some((labels) => selects(selector, labels)));
    }
  });

  it("come before the pods that they select", async () => {
    const made: string[] = [];
    await pulumi.runtime.setMocks({
      newResource: async ({ type, name, inputs }) => {
        if (type.endsWith(":NetworkPolicy")) await setTimeout(100);
        made.push(`${type.split(":").at(-1) ?? ""} ${name}`);
        return { id: name, state: inputs as object };
      },
      call: () => ({}),
    });
    new StatefulApp("cart", { ...common, ...withJobs });
    const password = { name: "redis", key: "password" };
    new RedisStore("redis", { ...common, image: "redis:7", password });
    await pulumi.runtime.disconnect();
    const place = (name: string) => made.findIndex((one) => one.startsWith(name));
    for (const [policy, pods] of [
      ["NetworkPolicy cart", "StatefulSet cart"],
      ["NetworkPolicy cart.jobs", "Job cart-migrate"],
      ["NetworkPolicy cart.jobs", "CronJob cart-dump"],
      ["NetworkPolicy redis", "StatefulSet redis"],
    ] as const) {
      const last = made.lastIndexOf(policy);
      assert.ok(last >= 0 && place(pods) > last, `${pods}: ${made.join(", ")}`);
    }
  });

  it("let nobody reach the pods of jobs", () => {
    const { metadata, spec } = objectsOf(withJobs).jobsNetworkPolicy ?? assert.fail();
    assert.equal(metadata.name, "cart.jobs");
    assert.deepEqual(spec.policyTypes, ["Ingress"]);
    assert.equal(spec.ingress, undefined);
    assert.equal(objectsOf().jobsNetworkPolicy, undefined);
  });

  describe("of a store", () => {
    const planned = (stores: object, apps: object) => {
      const given = { "shop:stores": JSON.stringify(stores), "shop:apps": JSON.stringify(apps) };
      const objects = plannedObjects(
        parseConfig(given, () => false, "shop"),
        "shop-dev",
      );
      return (name: string) =>
        objects.find(
          ({ object: { kind, metadata } }) => kind === "NetworkPolicy" && (metadata as { name: string }).name === name,
        )?.object.spec as Spec | undefined;
    };
    const client = (app: string) => peer({ "app.kubernetes.io/instance": app });

    it("let the apps that use it reach its port, and their jobs, and nobody else", () => {
      const apps = { b: { image: "b", store: "redis" }, a: { image: "a", dependsOn: ["redis"] }, c: { image: "c" } };
      const { podSelector, ingress, policyTypes } = planned({ redis: {} }, apps)("redis") ?? assert.fail();
      assert.equal(podSelector.matchLabels?.["app.kubernetes.io/name"], "redis");
      assert.deepEqual(ingress, [{ from: [client("a"), client("b")], ports: [tcp(6379)] }]);
      assert.deepEqual(policyTypes, ["Ingress"]);
    });

    it("let nobody reach a store that no app uses, but whom the setting names", () => {
      assert.deepEqual(planned({ redis: {} }, {})("redis")?.ingress, []);
      const redis = { networkPolicy: { from: [monitoring] } };
      assert.deepEqual(planned({ redis }, {})("redis")?.ingress, [{ from: [monitoring], ports: [tcp(6379)] }]);
    });

    it("are left out if the store says so", () => {
      assert.equal(planned({ redis: { networkPolicy: { create: false } } }, {})("redis"), undefined);
    });

    it("are open to an app whose egress has rules", () => {
      const app = { image: "a", store: "redis", networkPolicy: { egress: [] } };
      const store = peer({ "app.kubernetes.io/name": "redis", "app.kubernetes.io/instance": "redis" });
      assert.deepEqual(planned({ redis: {} }, { a: app })("a")?.egress?.at(-1), { to: [store], ports: [tcp(6379)] });
    });
  });
});
