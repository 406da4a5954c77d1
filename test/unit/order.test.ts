import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { StatefulApp } from "../../components";
import { environment } from "../../objects/podTemplate";
import { byName, inOrder } from "../../schema/byName";
import { variablesIn } from "../../schema/variablesIn";
import { render } from "../../tools/lib/render";
import { useEngine } from "./support/engine";

const values = (texts: Record<string, string>) =>
  Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, { value }]));

/** An app with every map from which a list is made, and others, in which names look like numbers. */
const app = {
  image: "localhost/app:1.0.0",
  containerPort: 8080,
  replicas: 2,
  env: values({ "10": "$(2)", "2": "x", "1": "$(b)$(10)", b: "$$(c)", c: "y", Z: "z", a: "$(c)" }),
  claims: {
    "10": { size: "1Gi", mountPath: "/10" },
    "2": { size: "1Gi", mountPath: "/2" },
    "1": { size: "1Gi", mountPath: "/1" },
    a: { size: "1Gi", mountPath: "/a" },
  },
  volumes: {
    "20": { mountPath: "/20", emptyDir: {} },
    "3": { mountPath: "/3", emptyDir: {} },
    b: { mountPath: "/b", configMap: { name: "settings" } },
  },
  podAnnotations: { b: "1", a: "2", "1": "3" },
  podLabels: { b: "1", a: "2" },
  nodeSelector: { zone: "a", disk: "b" },
  resources: { requests: { memory: "1Gi", cpu: "1" }, limits: { memory: "1Gi", cpu: "1" } },
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } },
    podAffinity: {},
  },
  jobs: {
    before: { two: { env: values({ B: "$(A)", A: "1", "9": "x", "10": "y" }) }, one: {} },
    after: { "10": {}, "9": {} },
  },
  cronJobs: { dump: { schedule: "@daily", env: values({ B: "$(A)", A: "1" }) }, clean: { schedule: "@daily" } },
};

/** A value as YAML, in which the maps at every depth have any order. */
const anyOrder = (value: unknown): fc.Arbitrary<string> => {
  if (Array.isArray(value)) return fc.tuple(...value.map(anyOrder)).map((items) => `[${items.join(", ")}]`);
  if (typeof value !== "object" || value === null) return fc.constant(JSON.stringify(value));
  const entries = Object.entries(value).map(([name, item]) =>
    anyOrder(item).map((text) => `${JSON.stringify(name)}: ${text}`),
  );
  return fc
    .tuple(fc.tuple(...entries), fc.shuffledSubarray([...entries.keys()], { minLength: entries.length }))
    .map(([entries, order]) => `{${order.map((i) => entries[i] ?? "").join(", ")}}`);
};

describe("the order of what is made from maps", () => {
  it("is that of the names, byte by byte", () => {
    const names = ["", "-a", "1", "10", "2", "A", "B-", "a", "a-b", "a.b", "ab", "é", "\ue000", "😀"];
    const map = Object.fromEntries([...names].reverse().map((name) => [name, name]));
    assert.deepEqual(
      byName(map).map(([name]) => name),
      names,
    );
  });

  it("is that of the names in maps at every depth, and outputs stay what they are", () => {
    const output = pulumi.output(1);
    const given = { b: [{ d: 1, c: output }], a: 1 };
    assert.equal(JSON.stringify(Object.keys(inOrder(given))), '["a","b"]');
    assert.deepEqual(Object.keys(inOrder(given).b[0] ?? {}), ["c", "d"]);
    assert.equal(inOrder(given).b[0]?.c, output);
  });

  const args = { ...app, namespace: "shop", partOf: "shop-test" };

  /** What an app of a program consists of. */
  async function made(given: typeof args) {
    const resources = await useEngine();
    new StatefulApp("cart", given);
    await pulumi.runtime.disconnect();
    return resources
      .filter(({ type }) => type.startsWith("kubernetes:"))
      .map(({ type, name, inputs }) => ({ type, name, inputs }))
      .sort((one, other) => (one.type + one.name < other.type + other.name ? -1 : 1));
  }

  it("does not depend on the order in which a program writes its maps", async () => {
    const expected = await made(args);
    await fc.assert(
      fc.asyncProperty(anyOrder(args), async (text) => {
        assert.equal(JSON.stringify(await made(JSON.parse(text) as typeof args)), JSON.stringify(expected));
      }),
      { numRuns: 20 },
    );
  });

  it("does not depend on the order of a stack file", async () => {
    const folder = mkdtempSync(join(tmpdir(), "stateful-apps-order-"));
    const configFile = join(folder, "Pulumi.test.yaml");
    const rendered = (config: string) => {
      writeFileSync(configFile, `config: ${config}\n`);
      return render({ stack: "test", configFile });
    };
    const config = {
      "stateful-apps:apps": { web: { ...app, store: "redis" }, "web-2": { image: "localhost/app:1.0.0" } },
      "stateful-apps:stores": { redis: {}, cache: {} },
      "stateful-apps:configMaps": { settings: { "10": "a", "9": "b", "b.txt": "c", "a.txt": "d" } },
      "stateful-apps:secrets": {
        "10": { "2": { generate: 8 }, "10": { generate: 8 } },
        "9": { b: { generate: 8 }, a: { generate: 8 } },
      },
    };
    try {
      const expected = await rendered(JSON.stringify(config));
      await fc.assert(
        fc.asyncProperty(anyOrder(config), async (text) => {
          assert.equal(JSON.stringify(await rendered(text)), JSON.stringify(expected));
        }),
        { numRuns: 10 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("is that of the names in each list", async () => {
    const statefulSet = (await made(args)).find(({ type }) => type.endsWith(":StatefulSet"));
    const { template, volumeClaimTemplates } = statefulSet?.inputs.spec as types.output.apps.v1.StatefulSetSpec;
    const names = (items: { name?: string }[]) => items.map(({ name }) => name).join(" ");
    assert.equal(names(volumeClaimTemplates.map(({ metadata }) => metadata)), "1 10 2 a");
    assert.equal(names(template.spec.volumes), "20 3 b");
    assert.equal(names(template.spec.containers[0]?.volumeMounts ?? []), "1 10 2 a 20 3 b");
  });

  for (const [env, order] of [
    [{ B: "1", A: "2" }, "A B"],
    [{ A: "$(B)", B: "1" }, "B A"],
    [{ A: "$(D)", B: "$(C)", C: "$(D)", D: "1" }, "D A C B"],
    [{ A: "x$$(B)", B: "1" }, "A B"],
    [{ A: "$$$(B)", B: "1" }, "B A"],
    [{ A: "$(B", B: "1" }, "A B"],
    [{ A: "$B ${B} $(UNKNOWN)", B: "1" }, "A B"],
    [{ "10": "$(9)", "9": "1", "a-b.c d": "$(e:f)", "e:f": "1" }, "9 10 e:f a-b.c d"],
    [{ constructor: "$(toString)", toString: "1" }, "toString constructor"],
  ] as [Record<string, string>, string][]) {
    it(`is that in which Kubernetes expands variables: ${JSON.stringify(env)}`, () => {
      const list = environment({ env: values(env) });
      assert.equal(list.env.map(({ name }) => name).join(" "), order);
    });
  }

  it("puts no variable before one that it refers to", () => {
    const name = fc.constantFrom("A", "B", "C", "D", "1", "10", "9");
    const text = fc.array(
      fc.oneof(
        name.map((name) => `$(${name})`),
        fc.constantFrom("$", "$$", "(", ")", "x", "A"),
      ),
    );
    const env = fc.dictionary(
      name,
      text.map((parts) => ({ value: parts.join("") })),
    );
    fc.assert(
      fc.property(env, (env) => {
        const order = environment({ env }).env.map(({ name }) => name);
        for (const [i, variable] of order.entries()) {
          for (const other of variablesIn(env[variable]?.value)) {
            // A circle is refused elsewhere.
            if (order.indexOf(other) > i) assert.ok(reaches(env, other, variable), `${variable} is before ${other}`);
          }
        }
      }),
    );
  });
});

/** Whether a variable refers to another one, directly or by others. */
function reaches(env: Record<string, { value: string }>, from: string, to: string, seen: string[] = []): boolean {
  return variablesIn(env[from]?.value).some(
    (next) => next === to || (!seen.includes(next) && reaches(env, next, to, [...seen, next])),
  );
}
