import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../config";
import { NoCluster } from "../../live/noCluster";
import { stackLabels } from "../../objects/labels";
import { checkStack } from "../../stack/checks";
import { isObject } from "../../stack/identity";
import { furtherObjects } from "../../stack/objects";
import { render } from "../../tools/lib/render";
import { type Made, useEngine } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";

const ingress = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", spec: { ingressClassName: "nginx" } };
const service = { apiVersion: "v1", kind: "Service", spec: { ports: [{ port: 80 }] } };

const config = (objects: object, others: Record<string, string> = {}) =>
  parseConfig({ ...others, "shop:objects": JSON.stringify(objects), "shop:namespace": "shop" }, () => false, "shop");

async function refusal(run: () => unknown): Promise<string[]> {
  try {
    await run();
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    return error.message.split("\n").map((line) => line.trim());
  }
  return assert.fail("nothing was refused");
}

describe("further objects in a stack file", () => {
  for (const [what, object, mistake] of [
    [
      "a Secret",
      { apiVersion: "v1", kind: "Secret" },
      'kind is "Secret"; it is not allowed here: a stack file would show',
    ],
    [
      "a StatefulSet",
      { apiVersion: "apps/v1", kind: "StatefulSet" },
      'kind is "StatefulSet"; it is not allowed here: the',
    ],
    [
      "a claim",
      { apiVersion: "v1", kind: "PersistentVolumeClaim" },
      'kind is "PersistentVolumeClaim"; it is not allowed',
    ],
    [
      "a namespace",
      { apiVersion: "v1", kind: "Namespace" },
      'kind is "Namespace"; it is not allowed here: use namespace',
    ],
    [
      "an object of another namespace",
      { ...ingress, metadata: { namespace: "store" } },
      'metadata.namespace is "store"; it must be the namespace of the stack, shop',
    ],
    ["an object without a kind", { apiVersion: "v1" }, "kind is missing; it must be the name of a kind"],
    ["an object without a version", { kind: "Ingress" }, "apiVersion is missing; it must be a version of an API"],
    ["a kind in small letters", { ...ingress, kind: "ingress" }, 'kind is "ingress"; it must be the name of a kind'],
    ["a version without a group", { ...ingress, apiVersion: "networking" }, 'apiVersion is "networking"; it must be'],
    [
      "an owner",
      { ...ingress, metadata: { ownerReferences: [] } },
      "metadata.ownerReferences is not a known setting; the settings here are name, namespace, labels, annotations",
    ],
    ["a name that is not one", { ...ingress, metadata: { name: "A" } }, 'metadata.name is "A"; it must be lower-case'],
    ["text", "Ingress", 'is "Ingress"; it must be a map'],
    [
      "a date without quotes",
      { ...ingress, spec: { from: "2024-10-01 00:00:00 +0000 UTC" } },
      'spec.from is "2024-10-01 00:00:00 +0000 UTC"; it must be in quotes',
    ],
  ] as const) {
    it(`must not be ${what}`, async () => {
      const [, first = "", ...others] = await refusal(() => config({ web: object }));
      assert.ok(
        first
          .replace(/^shop:objects\.web\.?/, "")
          .trim()
          .startsWith(mistake),
        first,
      );
      assert.deepEqual(others, []);
    });
  }

  it("can be of a kind that only has the name of another one", () => {
    config({ a: { apiVersion: "example.org/v1", kind: "Secret" }, b: { ...ingress, metadata: { namespace: "shop" } } });
  });

  it("are checked beside other mistakes", async () => {
    const apps = JSON.stringify({ web: { image: "" } });
    const lines = await refusal(() => config({ a: { apiVersion: "v1", kind: "Secret" } }, { "shop:apps": apps }));
    assert.equal(lines.length, 3);
    const other = { ...ingress, metadata: { namespace: "shop" } };
    assert.equal((await refusal(() => config({ a: other }, { "shop:apps": apps }))).length, 2);
  });
});

describe("the checks of further objects", () => {
  let cluster: MemoryCluster;
  beforeEach(async () => {
    await useEngine();
    cluster = new MemoryCluster();
    cluster.put(
      "Namespace",
      { metadata: { name: "kube-system", uid: "A" } },
      { metadata: { name: "shop", labels: {} } },
    );
    for (const kind of [
      "networking.k8s.io/v1 Ingress",
      "v1 Service",
      "v1 Pod",
      "batch/v1 CronJob",
      "apps/v1 Deployment",
    ])
      cluster.kinds.set(kind, true);
    cluster.kinds.set("rbac.authorization.k8s.io/v1 ClusterRole", false);
    cluster.kinds.set("example.org/v1 Widget", true);
  });

  const apps = { "shop:apps": JSON.stringify({ web: { image: "web" } }) };
  const clusterRole = { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole" };
  const monitor = { apiVersion: "monitoring.coreos.com/v1", kind: "ServiceMonitor" };

  it("accept what the cluster has", async () => {
    await checkStack(config({ web: ingress, redirect: service }, apps), cluster);
  });

  it("refuse a kind that the cluster does not have, and one that is in no namespace", async () => {
    assert.deepEqual(await refusal(() => checkStack(config({ a: clusterRole, b: monitor, c: ingress }), cluster)), [
      "The stack cannot have all of its objects; nothing was changed.",
      "shop:objects.a.kind is ClusterRole; it belongs to no namespace; create it outside of the stack",
      "shop:objects.b.kind is ServiceMonitor; the cluster has no such kind in the API monitoring.coreos.com/v1",
    ]);
  });

  for (const [what, unknown] of [
    ["if the cluster does not answer", () => Object.assign(cluster, { isReadable: false })],
    ["if its kinds are hidden", () => Object.assign(cluster, { kind: () => Promise.resolve("hidden") })],
    ["without a cluster", () => new NoCluster()],
  ] as const) {
    it(`go by a list of kinds ${what}`, async () => {
      const known = unknown();
      await checkStack(config({ b: monitor, c: ingress }), known);
      assert.match((await refusal(() => checkStack(config({ a: clusterRole }), known))).join("\n"), /objects\.a\.kind/);
    });
  }

  it("refuse an object that the stack has already, naming both settings", async () => {
    const objects = {
      a: { ...service, metadata: { name: "web" } },
      "web-http": service,
      b: ingress,
      "b-2": { ...ingress, metadata: { name: "b" } },
    };
    assert.deepEqual(await refusal(() => checkStack(config(objects, apps), cluster)), [
      "Two settings require the same object; nothing was changed.",
      "shop:objects.a would be the Service web, as apps.web is",
      "shop:objects.b-2 would be the Ingress b, as objects.b is",
      "shop:objects.web-http would be the Service web-http, as apps.web is",
    ]);
    const knative = { apiVersion: "serving.knative.dev/v1", kind: "Service" };
    cluster.kinds.set("serving.knative.dev/v1 Service", true);
    await checkStack(config({ web: knative }, apps), cluster);
  });

  it("have the API server validate them at a first install", async () => {
    cluster.remove("Namespace", undefined, "shop");
    cluster.verdicts.set("Ingress web", { invalid: "no backend" });
    const lines = await refusal(() => checkStack(config({ web: ingress }), cluster));
    assert.deepEqual(lines.slice(1), ["shop:objects.web: Ingress shop/web: no backend"]);
    assert.deepEqual((cluster.validated as { spec?: object }[])[0]?.spec, ingress.spec);
  });

  it("compare their pods with the level of the namespace", async () => {
    cluster.remove("Namespace", undefined, "shop");
    const spec = { hostNetwork: true, containers: [] };
    const template = { spec };
    const lines = await refusal(() =>
      checkStack(
        config({
          agent: { apiVersion: "apps/v1", kind: "Deployment", spec: { template } },
          probe: { apiVersion: "v1", kind: "Pod", spec },
          report: { apiVersion: "batch/v1", kind: "CronJob", spec: { jobTemplate: { spec: { template } } } },
          widget: { apiVersion: "example.org/v1", kind: "Widget", spec: { template } },
        }),
        cluster,
      ),
    );
    assert.deepEqual(
      lines.filter((line) => line.includes("hostNetwork")).map((line) => line.split(" ")[0]),
      [
        "shop:objects.agent.spec.template.spec.hostNetwork",
        "shop:objects.probe.spec.hostNetwork",
        "shop:objects.report.spec.jobTemplate.spec.template.spec.hostNetwork",
      ],
    );
    assert.ok(!lines.some((line) => line.includes("widget")));
  });
});

describe("the resources of further objects", () => {
  let made: Made[];

  async function make(objects: object) {
    made = await useEngine();
    const cluster = new MemoryCluster();
    const provider = new k8s.Provider("cluster", cluster.providerArgs);
    const place = {
      namespace: "shop",
      partOf: "shop-dev",
      cluster,
      provider,
      retainingProvider: provider,
      keepsSecrets: false,
    };
    furtherObjects(config(objects).objects, place);
    await pulumi.runtime.disconnect();
    return made
      .filter(({ type }) => !type.startsWith("pulumi:"))
      .map(({ type, name }) => `${type} ${name}`)
      .sort();
  }

  it("have the type that follows from version and kind", async () => {
    const monitor = { apiVersion: "monitoring.coreos.com/v1", kind: "ServiceMonitor" };
    assert.deepEqual(await make({ web: ingress, plain: service, monitor }), [
      "kubernetes:core/v1:Service object-plain",
      "kubernetes:monitoring.coreos.com/v1:ServiceMonitor object-monitor",
      "kubernetes:networking.k8s.io/v1:Ingress object-web",
    ]);
    // The name in the map can change.
    assert.deepEqual(await make({ a: { ...ingress, metadata: { name: "web" } } }), [
      "kubernetes:networking.k8s.io/v1:Ingress object-web",
    ]);
    await make({ web: ingress, plain: service, monitor });
    // Which get the identity of the stack.
    assert.equal(made.filter(({ type }) => isObject(type)).length, 3);
  });

  it("have the labels of the stack, the field manager, and no wait but that of the user", async () => {
    const labels = { team: "a", "app.kubernetes.io/part-of": "another" };
    const annotations = { note: "1" };
    await make({ a: { ...ingress, metadata: { name: "web", labels, annotations } } });
    const given = made.at(-1)?.inputs;
    assert.deepEqual(given, {
      ...ingress,
      metadata: {
        name: "web",
        namespace: "shop",
        labels: { team: "a", ...stackLabels("shop-dev") },
        annotations: {
          "pulumi.com/patchFieldManager": "stateful-apps",
          "pulumi.com/waitFor": "jsonpath={.metadata.uid}",
          note: "1",
        },
      },
    });
    await make({ a: { ...ingress, metadata: { annotations: { "pulumi.com/waitFor": "condition=Ready" } } } });
    const { metadata } = made.at(-1)?.inputs as { metadata: { annotations: Record<string, string> } };
    assert.equal(metadata.annotations["pulumi.com/waitFor"], "condition=Ready");
  });
});

describe("the program with further objects", () => {
  const stackFile = {
    "stateful-apps:stores": { redis: {} },
    "stateful-apps:apps": { web: { image: "web" } },
    "stateful-apps:objects": {
      web: ingress,
      plain: service,
      "a-role": { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role" },
    },
  };

  it("prints them after what they can need, without what is for the provider", async () => {
    const folder = mkdtempSync(join(tmpdir(), "stateful-apps-objects-"));
    const configFile = join(folder, "Pulumi.test.yaml");
    writeFileSync(configFile, JSON.stringify({ config: stackFile }));
    try {
      const objects = await render({ stack: "test", configFile });
      const kinds = [...new Set(objects.map(({ kind }) => kind))];
      assert.deepEqual(kinds, [
        ...[
          "Namespace",
          "ServiceAccount",
          "Secret",
          "Ingress",
          "NetworkPolicy",
          "PodDisruptionBudget",
          "Role",
          "Service",
          "StatefulSet",
        ],
      ]);
      assert.deepEqual(
        objects.find(({ kind }) => kind === "Ingress"),
        {
          ...ingress,
          metadata: {
            name: "web",
            namespace: "stateful-apps",
            labels: stackLabels("stateful-apps-test"),
            annotations: undefined,
          },
          data: undefined,
        },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("creates them before apps and stores, and has all of its outputs", async () => {
    let created = false;
    const made: { name: string; created: boolean }[] = [];
    await pulumi.runtime.setMocks(
      {
        newResource: ({ type, name, inputs }) => {
          const state = inputs as Record<string, unknown>;
          if (name === "object-web") {
            return setTimeout(200).then(() => {
              created = true;
              return { id: name, state };
            });
          }
          if (type.endsWith(":StatefulSet")) made.push({ name, created });
          // Without an identity, as in a rendering: the engine in memory has no hooks.
          const output = name === "identity" ? { ...(state.input as object), id: undefined } : state.input;
          return { id: name, state: type === "pulumi:index:Stash" ? { ...state, output } : state };
        },
        call: () => ({}),
      },
      "stateful-apps",
      "test",
      true,
      "organization",
    );
    const { default: program } = await import("../../index");
    const given = Object.fromEntries(Object.entries(stackFile).map(([key, value]) => [key, JSON.stringify(value)]));
    const config = parseConfig(given, () => false, "stateful-apps");
    await program(config, new NoCluster());
    while (made.length < 2) await setTimeout(20);
    assert.deepEqual(made.map(({ name }) => name).sort(), ["redis", "web"]);
    assert.ok(made.every(({ created }) => created));

    // Pulumi warns of an output that is undefined. A real engine gives the stack an identity.
    for (const stores of [config.stores, {}]) {
      const secrets = Object.fromEntries(Object.keys(stores).map((name) => [name, config.secrets[name] ?? {}]));
      const outputs = await program({ ...config, stores, secrets }, new NoCluster());
      const missing = Object.entries(outputs).filter(([, value]) => value === undefined);
      assert.deepEqual(missing, [["stackId", undefined]]);
    }
  });
});
