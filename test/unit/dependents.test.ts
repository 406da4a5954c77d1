import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { RedisStore as Store } from "../../components/redisStore";
import type { StatefulApp as App } from "../../components/statefulApp";
import * as plannedChange from "../../live/rollout/plannedChange";
import { Identity } from "../../objects/identity";
import { type Made, propertyDependencies, useEngine } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";
import { pod, spec } from "./support/pods";

describe("what depends on a component", () => {
  let StatefulApp: typeof App;
  let RedisStore: typeof Store;
  let cluster: MemoryCluster;
  let made: Made[];
  const common = { namespace: "shop", partOf: "shop-test" };
  const probed = { image: "cart:1", readinessProbe: { httpGet: { path: "/" } } };

  /** The engine in memory has no hooks. */
  const hooked = { PlannedChange: plannedChange.PlannedChange };
  const unhooked = {
    PlannedChange: class {
      isPlanned = true;
      hooks = {};
    },
  };
  after(() => Object.assign(plannedChange, hooked));

  before(async () => {
    Object.assign(plannedChange, unhooked);
    ({ StatefulApp } = await import("../../components/statefulApp"));
    ({ RedisStore } = await import("../../components/redisStore"));
  });

  const start = async (options: { preview?: boolean } = {}) => {
    made = await useEngine(options);
    cluster = new MemoryCluster();
    cluster.put("StatefulSet", {
      metadata: { namespace: "shop", name: "cart", uid: "uid-cart", generation: 1 },
      spec: { ...spec(1), selector: {}, template: {} },
      status: { observedGeneration: 1, updateRevision: "new", currentRevision: "new" },
    } as object);
  };
  const getsReady = () => cluster.put("Pod", pod());
  const names = () => made.map(({ name }) => name);
  const isMade = async (name: string) => {
    for (let attempt = 0; attempt < 40 && !names().includes(name); attempt += 1) await setTimeout(50);
    return names().includes(name);
  };
  const configMap = (name: string, data: Record<string, pulumi.Input<string>>, dependsOn?: pulumi.Resource) =>
    new k8s.core.v1.ConfigMap(name, { data }, { dependsOn });

  const kinds = [
    [
      "StatefulApp",
      () => new StatefulApp("cart", { ...common, ...probed }, { cluster }),
      (app: App | Store) => (app as App).service,
    ],
    [
      "RedisStore",
      () => {
        const args = { image: "redis:7", port: 6379, size: "1Gi", password: { name: "cart", key: "password" } };
        return new RedisStore("cart", { ...common, ...args }, { cluster });
      },
      (store: App | Store) => (store as Store).address,
    ],
  ] as const;

  for (const [kind, make, output] of kinds) {
    it(`waits until the pods of a ${kind} are ready, but not what a stack exports`, async () => {
      await start();
      const component = make();
      configMap("dependent", {}, component);
      configMap("user", { url: output(component) });
      const exported = new Promise((resolve) => pulumi.output(component.outputs()).apply(resolve));
      assert.ok(await exported);
      await setTimeout(300);
      assert.ok(names().includes("cart"));
      assert.ok(!names().includes("dependent") && !names().includes("user"), names().join(" "));
      getsReady();
      assert.ok(await isMade("dependent"));
      assert.ok(await isMade("user"));
    });

    it(`does not wait in a preview of a ${kind}`, async () => {
      await start({ preview: true });
      const component = make();
      configMap("dependent", {}, component);
      configMap("user", { url: output(component) });
      assert.ok(await isMade("dependent"));
      assert.ok(await isMade("user"));
    });
  }

  it("does not wait in a preview that does not know the whole StatefulSet", async () => {
    await start({ preview: true });
    const env = { LATER: { value: pulumi.output(pulumi.unknown) as pulumi.Output<string> } };
    const app = new StatefulApp("cart", { ...common, ...probed, env }, { cluster });
    configMap("dependent", {}, app);
    assert.ok(await isMade("dependent"));
  });

  it("is a StatefulSet that waits for a Job, but by no field, because Pulumi would delete it to replace the Job", async () => {
    await start();
    getsReady();
    const uses = propertyDependencies();
    cluster.controller = () => {
      for (const { type, inputs } of made) {
        if (!type.endsWith(":Job")) continue;
        const metadata = { ...(inputs.metadata as object), namespace: "shop" };
        cluster.put("Job", { metadata, status: { conditions: [{ type: "Complete", status: "True" }] } } as object);
      }
    };
    const jobs = { before: { migrate: { command: ["migrate"] } } };
    const identity = new Identity("one", "shop-test");
    const app = new StatefulApp("cart", { ...common, ...probed, jobs }, { cluster, identity });
    configMap("dependent", {}, app);
    assert.ok(await isMade("dependent"));
    const uniqueTypes = (urns: string[]) => [...new Set(urns.map((urn) => urn.split("::")[2]?.split("$").at(-1)))];
    assert.ok(names().includes("cart-migrate"));
    assert.deepEqual(uniqueTypes(uses.get("kubernetes:apps/v1:StatefulSet cart") ?? []), [
      "kubernetes:core/v1:Service",
    ]);
  });
});
