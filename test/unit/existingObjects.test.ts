import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import * as fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../config";
import { Identity, identityLabel } from "../../objects/identity";
import { existingObjects } from "../../stack/existingObjects";
import { ExistingVersions } from "../../stack/existingVersions";
import { valueOf } from "../../stack/identity";
import * as plannedChange from "../../live/rollout/plannedChange";
import { capturedLog, type Made, useEngine } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";

const annotation = "stateful-apps/existing-objects";
interface Template {
  metadata: { annotations?: Record<string, string> };
}

const base64 = (value: string | Buffer) => Buffer.from(value as string).toString("base64");

const variable = (kind: "configMap" | "secret", name: string, key: string, optional?: boolean) => ({
  valueFrom: { [`${kind}KeyRef`]: { name, key, optional } },
});

/** A stack with one app, in which two ConfigMaps and two Secrets exist. */
const config = (app: object, others: object = {}, isSecure: (key: string) => boolean = () => false) => {
  const settings = {
    namespace: "shop",
    existingConfigMaps: ["c", "d"],
    existingSecrets: ["s", "t"],
    apps: { cart: { image: "cart:1", ...app } },
    ...others,
  };
  const entries = Object.entries(settings).map(([key, value]) => [
    `shop:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  return parseConfig(Object.fromEntries(entries) as Record<string, string>, isSecure, "shop");
};

/** The lines of the error with which something is refused. */
async function refusal(run: () => unknown): Promise<string[]> {
  try {
    await run();
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    return error.message.split("\n").slice(1);
  }
  return assert.fail("nothing was refused");
}

describe("ConfigMaps and Secrets that the stack does not create", () => {
  capturedLog();
  const identity = new Identity("one", "shop-test");
  let cluster: MemoryCluster;
  let made: Made[];

  type Data = Record<string, string | Buffer>;
  const putSecret = (name: string, data: Data, metadata: object = {}) =>
    cluster.put("Secret", {
      metadata: { ...metadata, namespace: "shop", name },
      data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])),
    } as object);
  const putConfigMap = (name: string, data: Data, metadata: object = {}) => {
    const entries = Object.entries(data);
    cluster.put("ConfigMap", {
      metadata: { ...metadata, namespace: "shop", name },
      data: Object.fromEntries(entries.filter(([, value]) => typeof value === "string")),
      binaryData: Object.fromEntries(
        entries.filter(([, value]) => typeof value !== "string").map(([key, value]) => [key, base64(value)]),
      ),
    } as object);
  };

  beforeEach(async () => {
    made = await useEngine();
    cluster = new MemoryCluster();
  });

  const read = (given: ReturnType<typeof config>, hasNamespace = true) =>
    existingObjects(given, identity, hasNamespace, cluster);

  /** The app with its annotations. */
  async function annotated(given: ReturnType<typeof config>) {
    const { cart } = given.apps;
    assert.ok(cart);
    const versions = new ExistingVersions(given, await read(given));
    return valueOf<typeof cart>(pulumi.output(versions.readBy(cart)));
  }
  const versionsOf = async (app: object) => (await annotated(config(app))).podAnnotations?.[annotation];

  describe("are declared", () => {
    const env = { A: variable("secret", "s", "one") };

    it("by name, under one of two settings", async () => {
      const lines = await refusal(() => config({ env }, { existingSecrets: ["other"], secrets: { own: {} } }));
      assert.deepEqual(lines, [
        '  shop:apps.cart.env.A.valueFrom.secretKeyRef.name is "s"; it must be a name in secrets, which has own, or, if the stack does not create it, in existingSecrets, which has other',
      ]);
      config({ env });
    });

    it("by a name that the stack does not use itself", async () => {
      const own = { configMaps: { c: { a: "1" } }, secrets: { s: { a: { generate: 8 } } }, stores: { t: {} } };
      const problem = (kind: string) => `must not be the name of a ${kind} that the stack creates`;
      assert.deepEqual(await refusal(() => config({}, own)), [
        `  shop:existingConfigMaps.0 is "c"; it ${problem("ConfigMap")}`,
        `  shop:existingSecrets.0 is "s"; it ${problem("Secret")}`,
        `  shop:existingSecrets.1 is "t"; it ${problem("Secret")}`,
      ]);
    });

    it("in plain text, and are not shown otherwise", async () => {
      const given = { existingSecrets: ["hidden"], secrets: { hidden: { a: { generate: 8 } } } };
      const lines = await refusal(() => config({ env }, given, (key) => key === "shop:existingSecrets"));
      assert.deepEqual(lines, [
        "  shop:existingSecrets contains a secure value, which hides the whole setting; put the value under secrets and refer to it",
      ]);
    });

    it("beside other mistakes in the list", async () => {
      for (const existingSecrets of ["s", ["s", "NO"]]) {
        const lines = await refusal(() => config({ env }, { existingSecrets }));
        assert.equal(lines.length, 1, lines.join("\n"));
        assert.match(lines[0] ?? "", /shop:existingSecrets/);
      }
    });
  });

  describe("must exist", () => {
    const app = {
      env: { A: variable("secret", "s", "one") },
      volumes: {
        v: {
          mountPath: "/v",
          configMap: {
            name: "c",
            items: [
              { key: "one", path: "p" },
              { key: "two", path: "q" },
            ],
          },
        },
      },
      jobs: { before: { migrate: { env: { B: variable("configMap", "d", "one") } } } },
    };

    it("in the namespace, with the keys that apps and jobs read", async () => {
      const where = "in the namespace shop, unless the reference is optional";
      assert.deepEqual(await refusal(() => read(config(app))), [
        `  shop:apps.cart.env.A.valueFrom.secretKeyRef.name is "s"; it must be the name of a Secret ${where}`,
        `  shop:apps.cart.volumes.v.configMap.name is "c"; it must be the name of a ConfigMap ${where}`,
        `  shop:apps.cart.jobs.before.migrate.env.B.valueFrom.configMapKeyRef.name is "d"; it must be the name of a ConfigMap ${where}`,
      ]);
      putSecret("s", { two: "hunter2", three: "hunter3" });
      putConfigMap("c", { one: "1", other: "x" });
      putConfigMap("d", {});
      assert.deepEqual(await refusal(() => read(config(app))), [
        '  shop:apps.cart.env.A.valueFrom.secretKeyRef is "one"; it must be a key of the Secret s: two, three',
        '  shop:apps.cart.volumes.v.configMap.items.1 is "two"; it must be a key of the ConfigMap c: one, other',
        '  shop:apps.cart.jobs.before.migrate.env.B.valueFrom.configMapKeyRef is "one"; it must be a key of the ConfigMap d: it has none',
      ]);
      putSecret("s", { one: "1" });
      putConfigMap("c", { one: "1", two: Buffer.from([0xff]) });
      putConfigMap("d", { one: "1" });
      assert.ok(await read(config(app)));
    });

    it("unlike those that the stack creates", async () => {
      const own = { configMaps: { own: { one: "1" } } };
      assert.ok(await read(config({ env: { A: variable("configMap", "own", "one") } }, own)));
    });

    it("also at a first install, in a namespace that cannot have them", async () => {
      const [line] = await refusal(() => read(config(app), false));
      assert.match(line ?? "", /a Secret in the namespace shop, which does not exist yet, unless/);
    });

    it("as text if they become variables", async () => {
      putSecret("s", { one: Buffer.from([0xff]) });
      putConfigMap("c", { one: Buffer.from("text") });
      const env = { A: variable("secret", "s", "one"), B: variable("configMap", "c", "one") };
      assert.deepEqual(await refusal(() => read(config({ env }))), [
        "  shop:apps.cart.env.A.valueFrom.secretKeyRef must not read the key one of the Secret s: a variable can only hold plain text",
        "  shop:apps.cart.env.B.valueFrom.configMapKeyRef must not read the key one of the ConfigMap c: a variable can only hold plain text",
      ]);
    });

    it("unless they are optional, not read, or the cluster is not known", async () => {
      const optional = { A: variable("secret", "s", "one", true), B: variable("configMap", "c", "one", true) };
      assert.ok(await read(config({ env: optional }), false));
      putSecret("s", {});
      assert.ok(await read(config({ env: optional })));
      cluster.isReadable = false;
      assert.equal(await read(config(app)), undefined);
    });

    it("unless an undeclared reference is optional, which is not looked at", async () => {
      cluster.secret = () => assert.fail("the cluster was asked");
      const given = config({ env: { A: variable("secret", "s", "one", true) } }, { existingSecrets: [] });
      assert.equal((await annotated(given)).podAnnotations, undefined);
    });
  });

  it("are not objects that the stack created and would delete", async () => {
    putSecret("s", { one: "1" }, { labels: { [identityLabel]: "one" } });
    putConfigMap("c", { one: "1" }, { labels: { [identityLabel]: "another" } });
    assert.deepEqual(await refusal(() => read(config({}))), [
      '  shop:existingSecrets.0 is "s"; it must not be a Secret that this stack created and would now delete; keep it under secrets, or give the one that replaces it another name',
    ]);
  });

  describe("change an annotation of their readers", () => {
    const keys = ["one", "two", "three"];
    const values = fc.constantFrom<string | Buffer>("", "a", "YQ==", "b", Buffer.from([0xff]), Buffer.from([0xfe, 0]));
    const data = fc.dictionary(fc.constantFrom(...keys), values);
    /** What a volume has of an object: one key, some, or all. Variables cannot have bytes. */
    const reading = fc.oneof(
      fc.record({ by: fc.constant("subPath"), keys: fc.subarray(keys, { minLength: 1, maxLength: 1 }) }),
      fc.record({ by: fc.constant("items"), keys: fc.subarray(keys, { minLength: 1 }) }),
      fc.record({ by: fc.constant("all"), keys: fc.constant(keys) }),
    );
    /** A volume with what is read of an object. */
    function volume(kind: "configMap" | "secret", name: string, { by, keys }: { by: string; keys: string[] }) {
      const items = by === "items" ? keys.map((key) => ({ key, path: key })) : undefined;
      const subPath = by === "subPath" ? keys[0] : undefined;
      const source = { [kind === "secret" ? "secretName" : "name"]: name, optional: true, items };
      return { [name]: { mountPath: `/${kind}`, subPath, [kind]: source } };
    }

    it("if and only if the values of the keys change that they read", async () => {
      await fc.assert(
        fc.asyncProperty(
          reading,
          reading,
          data,
          data,
          data,
          data,
          async (ofMap, ofSecret, map, secret, map2, secret2) => {
            const app = { volumes: { ...volume("configMap", "c", ofMap), ...volume("secret", "s", ofSecret) } };
            const put = (map: Data, secret: Data, labels: Record<string, string>) => {
              putConfigMap("c", map, { labels, annotations: labels, resourceVersion: labels.a });
              putSecret("s", secret, { labels, annotations: labels });
            };
            const part = (data: Data, { keys }: { keys: string[] }) =>
              keys.map((key) => (data[key] === undefined ? "none" : base64(data[key]))).join();
            put(map, secret, { a: "1" });
            const before = await versionsOf(app);
            assert.ok(before);
            put(map2, secret2, { a: "2" });
            const isSame = part(map, ofMap) === part(map2, ofMap) && part(secret, ofSecret) === part(secret2, ofSecret);
            assert.equal((await versionsOf(app)) === before, isSame);
          },
        ),
        { numRuns: 60 },
      );
    });

    it("by its variables too, and by nothing that other readers read", async () => {
      putConfigMap("c", { one: "1", two: "2" });
      putSecret("s", { one: "1", two: "2" });
      putSecret("t", { one: "1" });
      const app = {
        env: { A: variable("secret", "s", "one") },
        envFrom: [{ configMapRef: { name: "c" } }],
        jobs: { before: { migrate: { env: { B: variable("secret", "t", "one") } }, other: {} } },
      };
      const all = async () => {
        const { podAnnotations, jobs } = await annotated(config(app));
        return [podAnnotations, jobs?.before.migrate?.podAnnotations].map((annotations) => annotations?.[annotation]);
      };
      const before = await all();
      assert.deepEqual(
        before.map((versions) => Object.keys(JSON.parse(versions ?? "{}") as object)),
        [["ConfigMap c", "Secret s"], ["Secret t"]],
      );
      assert.equal((await annotated(config(app))).jobs?.before.other?.podAnnotations, undefined);
      putSecret("t", { one: "2" });
      const after = await all();
      assert.deepEqual([after[0] === before[0], after[1] === before[1]], [true, false]);
    });

    it("when an optional one appears", async () => {
      const env = { A: variable("secret", "s", "one", true) };
      const before = await versionsOf({ env });
      putSecret("s", { two: "2" });
      assert.equal(await versionsOf({ env }), before);
      putSecret("s", { one: "1" });
      assert.notEqual(await versionsOf({ env }), before);
    });

    it("in the templates of the StatefulSet and of the Job that the program declares", async function () {
      this.timeout("60s");
      // The engine in memory has no hooks, and no objects with an identity.
      const { PlannedChange } = plannedChange;
      Object.assign(plannedChange, {
        PlannedChange: class {
          isPlanned = true;
          hooks = {};
        },
      });
      made = await useEngine({ preview: true, remembered: { identity: { partOf: "shop-test" } } });
      cluster.put("Namespace", { metadata: { name: "kube-system", uid: "A" } }, { metadata: { name: "shop" } });
      putSecret("s", { one: "1" });
      const env = { A: variable("secret", "s", "one") };
      const { default: program } = await import("../../index");
      await program(config({ env, jobs: { before: { migrate: { env } } } }), cluster);
      await pulumi.runtime.disconnect();
      Object.assign(plannedChange, { PlannedChange });
      const templates = made.flatMap(
        ({ inputs }) => (inputs.spec as { template?: Template } | undefined)?.template ?? [],
      );
      const annotations = templates.map(({ metadata }) => metadata.annotations?.[annotation] ?? "");
      assert.equal(annotations.length, 2);
      for (const text of annotations) assert.match(text, /^{"Secret s":"[0-9a-f]{12}"}$/);
    });

    it("beside the user's own, which is kept", async () => {
      putSecret("s", { one: "1" });
      const env = { A: variable("secret", "s", "one") };
      const { podAnnotations } = await annotated(config({ env, podAnnotations: { team: "shop" } }));
      assert.deepEqual(Object.keys(podAnnotations ?? {}), ["team", annotation]);
    });

    it("which nobody can compare with a guessed value", async () => {
      putSecret("s", { one: "hunter2" });
      const env = { A: variable("secret", "s", "one") };
      const version = await versionsOf({ env });
      const guessed = createHash("sha256").update(JSON.stringify(["Secret s", [["one", base64("hunter2")]]]));
      assert.ok(!version?.includes(guessed.digest("hex").slice(0, 12)));
      const { cart } = config({ env }).apps;
      assert.ok(cart);
      const { podAnnotations } = new ExistingVersions(config({ env }), await read(config({ env }))).readBy(cart);
      assert.equal(await pulumi.isSecret(pulumi.output(podAnnotations?.[annotation])), false);
    });

    it("with a key that is declared whether or not the cluster is known, and only if there are Secrets", async () => {
      const keys = async () => {
        await pulumi.runtime.disconnect();
        return made.filter(({ type }) => type === "random:index/randomBytes:RandomBytes").length;
      };
      new ExistingVersions(config({}, { existingSecrets: [] }), new Map());
      assert.equal(await keys(), 0);
      new ExistingVersions(config({}), undefined);
      assert.equal(await keys(), 1);
    });
  });
});
