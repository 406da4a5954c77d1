import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import assert from "node:assert/strict";
import { type ConfigObjects, configObjects, liveSecrets, mustKeepSecrets } from "../../stack/configObjects";
import { capturedLog, type Made, retentionOptions, useEngine } from "./support/engine";
import { apiError, MemoryCluster } from "./support/memoryCluster";

const encode = (content: string | Buffer) => Buffer.from(content as string).toString("base64");

describe("the stack's ConfigMaps and Secrets", () => {
  const log = capturedLog();
  let made: Made[];
  let cluster: MemoryCluster;

  beforeEach(async () => {
    made = await useEngine();
    cluster = new MemoryCluster();
  });

  /** Makes them, and waits for all that the engine is asked for. */
  async function make(
    secrets: Parameters<typeof configObjects>[0]["secrets"],
    configMaps: Parameters<typeof configObjects>[0]["configMaps"] = {},
    keepsSecrets = false,
    secretTypes: Record<string, string> = {},
  ): Promise<ConfigObjects> {
    const provider = new k8s.Provider("cluster", cluster.providerArgs);
    const live = await liveSecrets({ namespace: "shop", secrets, secretTypes }, cluster);
    const providers = { provider, retainingProvider: provider };
    const place = { namespace: "shop", partOf: "shop-dev", cluster, ...providers, keepsSecrets };
    const objects = configObjects({ configMaps, secrets, secretTypes }, live, place);
    await pulumi.runtime.disconnect();
    for (const { resource } of objects.secrets.values()) {
      await new Promise((resolve) => (resource as k8s.core.v1.Secret).data.apply(resolve));
    }
    // What follows from the data comes later than that.
    await new Promise((resolve) => setImmediate(resolve));
    return objects;
  }

  const putSecret = (
    data: Record<string, string | Buffer>,
    revisions: Record<string, number> = {},
    isGuarded = false,
  ) =>
    cluster.put("Secret", {
      metadata: {
        namespace: "shop",
        name: "db",
        annotations: { "stateful-apps/revisions": JSON.stringify(revisions) },
        managedFields: isGuarded ? [] : undefined,
      },
      data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, encode(value)])),
    } as object);

  /** What the engine is asked for as the Secret db. */
  function secret(): { data: Record<string, string>; revisions: unknown } {
    const inputs = made.find(({ name }) => name === "secret-db")?.inputs as {
      metadata: { annotations: Record<string, string> };
      data: unknown;
    };
    const plain = (value: unknown): unknown =>
      pulumi.runtime.isRpcSecret(value) ? pulumi.runtime.unwrapRpcSecret(value) : value;
    const data = Object.entries(plain(inputs.data) as Record<string, unknown>).map(([key, value]) => [
      key,
      plain(value),
    ]);
    return {
      data: Object.fromEntries(data) as Record<string, string>,
      revisions: JSON.parse(inputs.metadata.annotations["stateful-apps/revisions"] ?? ""),
    };
  }

  const versions = (objects: ConfigObjects, ...keys: string[]) =>
    keys.map((key) => objects.secrets.get("db")?.versions.get(key));

  for (const annotation of ["", "{", "[]x", '{"password":"two"}', "null"]) {
    it(`are refused if the annotation with the revisions was damaged: ${JSON.stringify(annotation)}`, async () => {
      const annotations = { "stateful-apps/revisions": annotation };
      cluster.put("Secret", { metadata: { namespace: "shop", name: "db", annotations } });
      await assert.rejects(
        liveSecrets({ namespace: "shop", secrets: { db: { password: { generate: 8 } } }, secretTypes: {} }, cluster),
        /^Error: The annotation stateful-apps\/revisions of the Secret db is .*; nothing was changed\. Restore it, or remove it/,
      );
    });
  }

  describe("stay if the user is not allowed to list Secrets", () => {
    const decide = (secrets: Record<string, object>, kept?: boolean) =>
      mustKeepSecrets({ namespace: "shop", secrets: secrets as Record<string, Record<string, never>> }, kept, cluster);

    for (const kept of [undefined, false, true]) {
      it(`not otherwise, and if there are none it is not known (last time: ${String(kept)})`, async () => {
        assert.equal(await decide({ db: {} }, kept), false);
        assert.equal(await decide({}, kept), undefined);
        assert.deepEqual(log.warnings, []);
      });
    }

    for (const kept of [undefined, true]) {
      it(`with a warning (last time: ${String(kept)})`, async () => {
        cluster.hidden.add("list Secrets");
        assert.equal(await decide({ db: {} }, kept), true);
        assert.match(
          log.warnings.join(),
          /^The user of the context "memory" is not allowed to list Secrets in the namespace shop, .* stay, also after `pulumi destroy`\.$/,
        );
        assert.equal(await decide({}, undefined), undefined);
      });
    }

    for (const secrets of [{}, { db: {} }] as Record<string, object>[]) {
      it(`or nothing is changed after an update that could delete them: ${JSON.stringify(secrets)}`, async () => {
        cluster.hidden.add("list Secrets");
        await assert.rejects(decide(secrets, false), /list Secrets .*; nothing was changed\. .*or grant the right\.$/);
      });
    }

    for (const keepsSecrets of [true, false]) {
      it(`as the engine is told: ${String(keepsSecrets)}`, async () => {
        const retained = retentionOptions();
        await make({ db: { user: { value: "ann" } } }, {}, keepsSecrets);
        assert.equal(retained.get("secret-db"), keepsSecrets);
      });
    }
  });

  it("keep a generated value that is there, and guard it", async () => {
    putSecret({ password: "kept" }, { password: 1 });
    const objects = await make({ db: { password: { generate: 24 } } });
    assert.deepEqual(secret().data, { password: encode("kept") });
    assert.deepEqual(versions(objects, "password"), [1]);
    assert.deepEqual(cluster.writes, [`guards db ${JSON.stringify({ password: encode("kept") })}`]);
  });

  it("guard no value of the user's, and no longer one that was generated", async () => {
    putSecret({ user: "ann" });
    await make({ db: { user: { value: "ann" } } });
    assert.deepEqual(cluster.writes, []);
    putSecret({ user: "ann" }, {}, true);
    await make({ db: { user: { value: "ann" } } });
    assert.deepEqual(cluster.writes, ["guards db {}"]);
  });

  it("guard nothing in a preview", async () => {
    made = await useEngine({ preview: true });
    putSecret({ password: "kept" });
    await make({ db: { password: { generate: 24 } } });
    assert.deepEqual(cluster.writes, []);
  });

  it("warn if a value cannot be guarded", async () => {
    putSecret({ password: "kept" });
    cluster.guardSecret = () => Promise.reject(apiError(403, "secrets is forbidden"));
    await make({ db: { password: { generate: 24 } } });
    assert.deepEqual(log.warnings, ["The generated values of the Secret db are not guarded: secrets is forbidden"]);
  });

  it("count the changes of each value", async () => {
    putSecret({ user: "ann", host: "one" }, { user: 3, host: 2 });
    const objects = await make({ db: { user: { value: "bob" }, host: { value: "one" }, port: { value: "1" } } });
    assert.deepEqual(versions(objects, "user", "host", "port"), [4, 2, 1]);
    assert.deepEqual(secret().revisions, { user: 4, host: 2, port: 1 });
  });

  const [one, other] = [Buffer.from([0xff, 0x00]), Buffer.from([0xfe, 0x00])];

  it("hold bytes that are not text, and see a change of one of them", async () => {
    assert.equal(one.toString(), other.toString());
    putSecret({ same: one, changed: one, text: "a" });
    const objects = await make({ db: { same: { value: one }, changed: { value: other }, text: { value: "a" } } });
    assert.deepEqual(versions(objects, "same", "changed", "text"), [1, 2, 1]);
    assert.deepEqual(secret().data, { same: encode(one), changed: encode(other), text: encode("a") });
  });

  it("keep a generated value whose bytes were replaced by others, and guard these", async () => {
    putSecret({ password: one });
    await make({ db: { password: { generate: 8 } } });
    assert.deepEqual(secret().data, { password: encode(one) });
    assert.deepEqual(cluster.writes, [`guards db ${JSON.stringify({ password: encode(one) })}`]);
  });

  it("have their type, and none if they are Opaque", async () => {
    await make({ db: { a: { value: "a" } }, tls: { a: { value: "a" } } }, {}, false, { tls: "kubernetes.io/tls" });
    const typeOf = (name: string) => made.find((resource) => resource.name === `secret-${name}`)?.inputs.type;
    assert.equal(typeOf("tls"), "kubernetes.io/tls");
    assert.equal(typeOf("db"), undefined);
  });

  it("keep text and bytes of a ConfigMap apart, and see a change of one of them", async () => {
    const site = { "a.txt": "a", "empty.txt": "", one };
    const { configMaps } = await make({}, { site, texts: { "a.txt": "a" }, changed: { one: other } });
    const inputs = (name: string) =>
      made.find((resource) => resource.name === `configMap-${name}`)?.inputs as Record<string, unknown>;
    assert.deepEqual(inputs("site").data, { "a.txt": "a", "empty.txt": "" });
    assert.deepEqual(inputs("site").binaryData, { one: encode(one) });
    assert.equal(inputs("texts").binaryData, undefined);
    const version = (name: string) => configMaps.get(name)?.versions.get("one");
    assert.notEqual(version("site"), version("changed"));
  });

  it("may have names and keys that JavaScript knows too", async () => {
    const names = ["constructor", "hasOwnProperty", "toString"];
    const values = Object.fromEntries(names.map((key) => [key, { value: "1" }]));
    putSecret({});
    const objects = await make({ db: values });
    assert.deepEqual(versions(objects, ...names), [1, 1, 1]);
    assert.deepEqual(Object.keys(secret().data).sort(), names);
  });
});
