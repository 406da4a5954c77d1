import type { V1PodSpec } from "@kubernetes/client-node";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import assert from "node:assert/strict";
import { Identity, identityLabel } from "../../objects/identity";
import { selectorLabels } from "../../objects/labels";
import type { Reader } from "../../schema/references";
import { ConfigCopies } from "../../stack/configCopies";
import { configObjects } from "../../stack/configObjects";
import { copiesHeldBack } from "../../stack/heldBack";
import { valueOf } from "../../stack/identity";
import { type Made, retentionOptions, useEngine } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";
import { pod } from "./support/pods";

const base64 = (text: string) => Buffer.from(text).toString("base64");

const variable = (name: string, key: string): Reader => ({
  env: { A: { valueFrom: { configMapKeyRef: { name, key } } } },
});
const everything = (name: string): Reader => ({ envFrom: [{ configMapRef: { name } }] });
const secretVariable = (name: string, key: string): Reader => ({
  env: { A: { valueFrom: { secretKeyRef: { name, key } } } },
});

describe("the copies that pods read", () => {
  let made: Made[];
  let copies: ConfigCopies;
  let cluster: MemoryCluster;

  async function useObjects(
    configMaps: Parameters<typeof configObjects>[0]["configMaps"],
    secrets: Parameters<typeof configObjects>[0]["secrets"] = {},
    live: Parameters<typeof configObjects>[1] = new Map(),
    keepsSecrets = false,
  ) {
    made = await useEngine();
    cluster = new MemoryCluster();
    const provider = new k8s.Provider("cluster", cluster.providerArgs);
    const providers = { provider, retainingProvider: provider };
    const place = { namespace: "shop", partOf: "shop-dev", cluster, ...providers, keepsSecrets };
    copies = new ConfigCopies(configObjects({ configMaps, secrets, secretTypes: {} }, live, place), place);
  }

  /** The name of the only object that a reader's settings name. */
  async function nameRead(reader: Reader): Promise<string> {
    const settings = JSON.stringify(await valueOf(pulumi.output(copies.readBy(reader))));
    return /"name":"([^"]+)"/.exec(settings)?.[1] ?? "";
  }

  const inputs = (resource: string) => made.find(({ name }) => name === resource)?.inputs as Record<string, unknown>;

  it("hold the keys that are read, and no others", async () => {
    await useObjects({ settings: { one: "1", two: "2" } });
    const name = await nameRead(variable("settings", "one"));
    assert.match(name, /^settings-[0-9a-f]{10}$/);
    const { data, immutable, metadata } = inputs(`configMap-${name}`);
    assert.deepEqual(data, { one: "1" });
    assert.equal(immutable, true);
    const { annotations } = metadata as { annotations: Record<string, string> };
    assert.equal(annotations["stateful-apps/copy-of"], "settings");
    assert.deepEqual(inputs(`configMap-${await nameRead(everything("settings"))}`).data, { one: "1", two: "2" });
  });

  it("leave the object itself as it is", async () => {
    await useObjects({ settings: { one: "1" } });
    await nameRead(everything("settings"));
    assert.deepEqual(inputs("configMap-settings").data, { one: "1" });
    assert.equal(inputs("configMap-settings").immutable, undefined);
  });

  for (const keepsSecrets of [true, false]) {
    it(`stay as Secrets if Secrets must stay: ${String(keepsSecrets)}`, async () => {
      await useObjects({}, { db: { user: { value: "ann" } } }, new Map(), keepsSecrets);
      const retained = retentionOptions();
      const name = await nameRead(secretVariable("db", "user"));
      assert.equal(retained.get(`secret-${name}`), keepsSecrets);
    });
  }

  it("are shared by all that read the same", async () => {
    await useObjects({ settings: { one: "1" } });
    assert.equal(await nameRead(variable("settings", "one")), await nameRead(everything("settings")));
    assert.equal(made.filter(({ name }) => name.startsWith("configMap-settings-")).length, 1);
  });

  it("have the same name again when a change is taken back", async () => {
    const names = [];
    for (const value of ["old", "new", "old"]) {
      await useObjects({ settings: { one: value } });
      names.push(await nameRead(everything("settings")));
    }
    assert.notEqual(names[0], names[1]);
    assert.equal(names[0], names[2]);
  });

  it("of Secrets say nothing of the values in their names, and can be changed by kubectl", async () => {
    await useObjects({}, { login: { password: { value: "one" }, other: { value: "x" } } });
    const name = await nameRead(secretVariable("login", "password"));
    const { data, immutable } = inputs(`secret-${name}`);
    assert.deepEqual(pulumi.runtime.unwrapRpcSecret(data), { password: base64("one") });
    assert.equal(immutable, undefined);
    await useObjects({}, { login: { password: { value: "two" } } });
    assert.equal(await nameRead(secretVariable("login", "password")), name);
  });

  it("are guarded as the generated values in the objects are, and no others", async () => {
    const kept = {
      labels: {},
      annotations: {},
      type: "Opaque",
      data: new Map([["token", base64("kept")]]),
      isGuarded: true,
    };
    const secrets = { login: { token: { generate: 8 }, password: { value: "one" } } };
    await useObjects({}, secrets, new Map([["login", kept]]));
    const name = await nameRead(secretVariable("login", "token"));
    await nameRead(secretVariable("login", "password"));
    // Whoever reads it next needs no second guard.
    await nameRead(secretVariable("login", "token"));
    await pulumi.runtime.disconnect();
    await new Promise((resolve) => setImmediate(resolve));
    const guarded = cluster.writes.map((write) => write.split(" ").slice(0, 2).join(" "));
    assert.deepEqual(guarded.sort(), ["guards login", `guards ${name}`].sort());
  });

  it("have names that Kubernetes accepts, however long that of the object is", async () => {
    const long = `${"a".repeat(241)}.${"b".repeat(11)}`;
    await useObjects({ [long]: { one: "1" } });
    assert.match(await nameRead(everything(long)), /^a{241}-[0-9a-f]{10}$/);
  });
});

describe("the copies that held back pods read", () => {
  const identity = new Identity("one", "shop-dev");
  let cluster: MemoryCluster;

  const specReading = (...names: string[]) =>
    ({
      containers: [{ name: "cart", envFrom: names.map((name) => ({ configMapRef: { name } })) }],
      volumes: [{ name: "login", secret: { secretName: "login-1" } }],
    }) as V1PodSpec;

  const putCopy = (kind: string, name: string, id = "one", annotations: object = { "stateful-apps/copy-of": "x" }) =>
    cluster.put(kind, {
      metadata: { namespace: "shop", name, labels: { [identityLabel]: id }, annotations },
      data: { a: kind === "Secret" ? base64("b") : "b" },
    } as object);

  beforeEach(() => {
    cluster = new MemoryCluster();
    cluster.put("StatefulSet", {
      metadata: { namespace: "shop", name: "cart", uid: "uid-cart" },
      spec: { selector: { matchLabels: selectorLabels("cart") } },
      status: { currentRevision: "current" },
    } as object);
    cluster.put("ControllerRevision", {
      metadata: { namespace: "shop", name: "current", labels: selectorLabels("cart") },
      data: { spec: { template: { spec: specReading("current") } } },
    } as object);
    for (const ordinal of [0, 1, 2])
      cluster.put("Pod", { ...pod({ ordinal }), spec: specReading(`of-${String(ordinal)}`) } as object);
    for (const name of ["of-0", "of-1", "of-2", "current"]) putCopy("ConfigMap", name);
    putCopy("Secret", "login-1");
  });

  const names = async (updateStrategy?: object, ordinals?: object) => {
    const apps = { cart: { updateStrategy, ordinals } } as unknown as Parameters<typeof copiesHeldBack>[0]["apps"];
    const copies = await copiesHeldBack({ namespace: "shop", apps }, identity, cluster);
    return copies.map(({ name }) => name).sort();
  };

  for (const [title, strategy, expected] of [
    ["all pods are updated", undefined, []],
    ["of a partition of 0", { rollingUpdate: { partition: 0 } }, []],
    ["of a partition", { rollingUpdate: { partition: 2 } }, ["current", "login-1", "of-0", "of-1"]],
    ["of OnDelete", { type: "OnDelete" }, ["login-1", "of-0", "of-1", "of-2"]],
  ] as const) {
    it(`are known: ${title}`, async () => {
      assert.deepEqual(await names(strategy), expected);
    });
  }

  it("are those below the partition, which counts from the first ordinal", async () => {
    const oneHeld = { rollingUpdate: { partition: 1 } };
    assert.deepEqual(await names(oneHeld, { start: 1 }), ["current", "login-1", "of-0", "of-1"]);
    assert.deepEqual(await names({ rollingUpdate: { partition: 0 } }, { start: 1 }), []);
  });

  it("have their content", async () => {
    const apps = { cart: { updateStrategy: { rollingUpdate: { partition: 1 } } } } as unknown as Parameters<
      typeof copiesHeldBack
    >[0]["apps"];
    const copies = await copiesHeldBack({ namespace: "shop", apps }, identity, cluster);
    const [secret] = copies.filter(({ kind }) => kind === "secrets");
    assert.equal(secret?.copyOf, "x");
    assert.equal(await valueOf(pulumi.output(secret.content.data.a)), base64("b"));
    assert.ok(await pulumi.isSecret(pulumi.output(secret.content.data.a)));
    const [configMap] = copies.filter(({ name }) => name === "of-0");
    assert.deepEqual(configMap?.content, { data: { a: "b" }, binaryData: undefined });
  });

  it("are neither somebody else's nor anything but copies", async () => {
    putCopy("ConfigMap", "of-0", "another");
    putCopy("ConfigMap", "current", "one", {});
    cluster.remove("Secret", "shop", "login-1");
    assert.deepEqual(await names({ rollingUpdate: { partition: 1 } }), []);
  });

  it("are none before the first update, and not asked for without a cluster", async () => {
    cluster.remove("StatefulSet", "shop", "cart");
    assert.deepEqual(await names({ type: "OnDelete" }), []);
    cluster.isReadable = false;
    cluster.controller = () => assert.fail("the cluster was asked");
    assert.deepEqual(await names({ type: "OnDelete" }), []);
  });

  it("end the run if they cannot be known", async () => {
    cluster.pods = () => Promise.reject(new Error("no answer in 10 s"));
    await assert.rejects(names({ type: "OnDelete" }), /does not answer \(no answer in 10 s\)/);
  });
});
