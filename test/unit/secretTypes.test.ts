import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../config";
import { ConfigCopies } from "../../stack/configCopies";
import { type ConfigObject, liveSecrets, type Place } from "../../stack/configObjects";
import { valueOf } from "../../stack/identity";
import { plannedObjects } from "../../stack/plannedObjects";
import { render } from "../../tools/lib/render";
import { useEngine } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";

function parse(settings: Record<string, unknown>) {
  const config = Object.entries(settings).map(([key, value]) => [`shop:${key}`, JSON.stringify(value)]);
  const isSecret = (key: string) => key === "shop:secrets";
  return parseConfig(Object.fromEntries(config) as Record<string, string>, isSecret, "shop");
}

function mistakes(settings: Record<string, unknown>): string[] {
  try {
    parse(settings);
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.trim().replace("shop:", ""));
  }
  return [];
}

const base64 = (content: string | number[]) => Buffer.from(content as string).toString("base64");
const tls = "kubernetes.io/tls";
const dockerConfig = "kubernetes.io/dockerconfigjson";
const credentials = JSON.stringify({ auths: {} });
/** A Secret `s` with a type. */
const typed = (type: unknown, keys: Record<string, unknown>) => ({ secrets: { s: keys }, secretTypes: { s: type } });

describe("values in base64", () => {
  const bytes = [0xff, 0, 0xfe];

  it("are bytes, or the text that they are", () => {
    const site = {
      logo: { base64: base64(bytes) },
      text: { base64: base64("hällo") },
      plain: { value: "a" },
      short: "b",
    };
    const secrets = { s: { logo: { base64: base64(bytes) }, text: { base64: base64("hällo") } } };
    const stack = parse({ configMaps: { site }, secrets });
    assert.deepEqual(stack.configMaps.site, { logo: Buffer.from(bytes), plain: "a", short: "b", text: "hällo" });
    assert.deepEqual(stack.secrets.s, { logo: { value: Buffer.from(bytes) }, text: { value: "hällo" } });
  });

  it("can be variables if they are text", () => {
    const env = (key: string) => ({ A: { valueFrom: { secretKeyRef: { name: "s", key } } } });
    const secrets = { s: { logo: { base64: base64(bytes) }, text: { base64: base64("a") } } };
    const app = (key: string) => ({ secrets, apps: { web: { image: "web", env: env(key) } } });
    assert.deepEqual(mistakes(app("text")), []);
    assert.match(mistakes(app("logo")).join(), /a variable can only hold plain text$/);
  });

  for (const [given, text] of [
    ["", ""],
    ["YQ==", "a"],
    ["YWJjZA==", "abcd"],
    ["YWJj\nZA==\n", "abcd"],
    ["true", Buffer.from("true", "base64")],
    [true, Buffer.from("true", "base64")],
    [1234, Buffer.from("1234", "base64")],
  ] as [unknown, string | Buffer][]) {
    it(`are read: ${JSON.stringify(given)}`, () => {
      assert.deepEqual(parse({ configMaps: { c: { k: { base64: given } } } }).configMaps.c, { k: text });
    });
  }

  for (const given of ["a", "YQ", "YQ=", "YQ===", "Y Q=!", "YWJj-_==", "(secret)", 12345, {}, null]) {
    it(`are not read: ${JSON.stringify(given)}`, () => {
      assert.match(
        mistakes({ configMaps: { c: { k: { base64: given } } } }).join(),
        /^configMaps\.c\.k\.base64 .*must be base64$/,
      );
    });
  }

  it("are one of the kinds of values, and no value is none of them", () => {
    const given = { base64: "YQ==", value: "a" };
    const settings = {
      configMaps: { c: { both: given, none: {} } },
      secrets: { s: { both: given, none: {}, all: { ...given, generate: 8 } } },
    };
    assert.deepEqual(mistakes(settings), [
      "configMaps.c.both must have exactly one of value and base64",
      "configMaps.c.none must have exactly one of value and base64",
      ...["all", "both", "none"].map((key) => `secrets.s.${key} must have exactly one of a value, base64 and generate`),
    ]);
  });

  it("count by their bytes", () => {
    const settings = (length: number) => ({
      configMaps: { c: { k: { base64: Buffer.alloc(length).toString("base64") } } },
    });
    assert.deepEqual(mistakes(settings(1024 * 1024)), []);
    assert.match(mistakes(settings(1024 * 1024 + 1)).join(), /^configMaps\.c has 1048577 bytes of data/);
  });

  it("must be secure in a Secret", () => {
    const config = { "shop:secrets": JSON.stringify({ s: { k: { base64: "YQ==" } } }) };
    assert.throws(() => parseConfig(config, () => false, "shop"), /secrets contains a value in plain text/);
  });

  it("are missing, and not a map, if nothing is there", () => {
    assert.deepEqual(mistakes({ configMaps: { c: { k: null } } }), ["configMaps.c.k is null; it must be text"]);
  });
});

describe("the types of Secrets", () => {
  const accepted: [string, Record<string, unknown>][] = [
    [tls, { "tls.crt": "a", "tls.key": "", "ca.crt": "b" }],
    [dockerConfig, { ".dockerconfigjson": credentials }],
    [dockerConfig, { ".dockerconfigjson": { base64: base64(credentials) } }],
    ["kubernetes.io/dockercfg", { ".dockercfg": "{}" }],
    ["kubernetes.io/basic-auth", { username: "a" }],
    ["kubernetes.io/basic-auth", { password: { generate: 8 } }],
    ["kubernetes.io/ssh-auth", { "ssh-privatekey": "a" }],
    ["example.org/token", {}],
    ["kubernetes.io.example.org/token", {}],
  ];
  for (const [type, keys] of accepted) {
    it(`can be ${type} with ${Object.keys(keys).join(", ") || "no keys"}`, () => {
      assert.deepEqual(mistakes(typed(type, keys)), []);
    });
  }

  const json = (key: string, type: string) =>
    `secrets.s.${key} must be a map in JSON, because the type of the Secret is ${type}`;
  const refused: [string, Record<string, unknown>, string[]][] = [
    [tls, { "tls.crt": "a" }, [`secretTypes.s is "${tls}"; it requires the key tls.key in secrets.s`]],
    [
      tls,
      {},
      ["tls.crt", "tls.key"].map((key) => `secretTypes.s is "${tls}"; it requires the key ${key} in secrets.s`),
    ],
    [
      dockerConfig,
      { dockerconfigjson: credentials },
      [`secretTypes.s is "${dockerConfig}"; it requires the key .dockerconfigjson in secrets.s`],
    ],
    ...["", "{", "[]", "null", "1", { generate: 8 }, { base64: base64([0xff]) }].map(
      (value): [string, Record<string, unknown>, string[]] => [
        dockerConfig,
        { ".dockerconfigjson": value },
        [json(".dockerconfigjson", dockerConfig)],
      ],
    ),
    ["kubernetes.io/dockercfg", { ".dockercfg": "a" }, [json(".dockercfg", "kubernetes.io/dockercfg")]],
    [
      "kubernetes.io/basic-auth",
      { user: "a" },
      ['secretTypes.s is "kubernetes.io/basic-auth"; it requires the key username or password in secrets.s'],
    ],
    [
      "kubernetes.io/ssh-auth",
      { "ssh-privatekey": "" },
      ["secrets.s.ssh-privatekey must not be empty, because the type of the Secret is kubernetes.io/ssh-auth"],
    ],
  ];
  for (const [type, keys, lines] of refused) {
    it(`cannot be ${type} with ${JSON.stringify(keys)}`, () => {
      assert.deepEqual(mistakes(typed(type, keys)), lines);
    });
  }

  for (const type of [
    "Opaque",
    "kubernetes.io/tsl",
    "kubernetes.io/service-account-token",
    "bootstrap.kubernetes.io/token",
    "tls",
    "",
    "a/b/c",
    1,
  ]) {
    it(`cannot be ${JSON.stringify(type)}`, () => {
      const [line = "", ...others] = mistakes(typed(type, { k: "a" }));
      assert.ok(
        line.startsWith(`secretTypes.s is ${JSON.stringify(type)}; it must be one of kubernetes.io/tls, `),
        line,
      );
      assert.deepEqual(others, []);
    });
  }

  it("are those of Secrets of the stack, also of stores", () => {
    const secretTypes = { redis: "kubernetes.io/basic-auth", constructor: tls, other: tls };
    assert.deepEqual(mistakes({ secretTypes, stores: { redis: {} } }), [
      "secretTypes.constructor is not the name of one of secrets, which has redis",
      "secretTypes.other is not the name of one of secrets, which has redis",
    ]);
    assert.deepEqual(mistakes({ secretTypes: { s: tls } }), [
      "secretTypes.s is not the name of one of secrets, which is empty",
    ]);
  });

  it("require no key of a Secret whose files cannot be read", () => {
    const lines = mistakes(typed(tls, { files: ["nowhere/tls.crt"] }));
    assert.deepEqual(lines.length, 1, lines.join("\n"));
  });

  it("are those of the Secrets that kubelets read the credentials of registries from", () => {
    const secrets = { s: { ".dockerconfigjson": credentials }, plain: { ".dockerconfigjson": credentials } };
    const imagePullSecrets = ["s", "plain", "theirs"].map((name) => ({ name }));
    const apps = { web: { image: "web", imagePullSecrets } };
    assert.deepEqual(mistakes({ secrets, secretTypes: { s: dockerConfig }, apps }), [
      'apps.web.imagePullSecrets.1.name is "plain"; it must have the type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg in secretTypes',
    ]);
  });

  it("are validated with content that they allow", () => {
    const keys = { ".dockerconfigjson": credentials, short: "a" };
    const { secrets, secretTypes } = parse({ ...typed(dockerConfig, keys) });
    const nothing = { apps: {}, stores: {}, configMaps: {}, objects: {} };
    const [planned] = plannedObjects({ namespace: "shop", ...nothing, secrets, secretTypes }, "shop-dev");
    const { type, data } = planned?.object as unknown as { type: string; data: Record<string, string> };
    assert.equal(type, dockerConfig);
    const text = Buffer.from(data[".dockerconfigjson"] ?? "", "base64").toString();
    assert.deepEqual(JSON.parse(text), {});
    assert.equal(text.length, credentials.length);
    assert.equal(Buffer.from(data.short ?? "", "base64").length, 1);
  });

  describe("of Secrets that exist", () => {
    const live = (type?: string) =>
      new MemoryCluster().put("Secret", { metadata: { namespace: "shop", name: "s" }, type } as object);
    const read = (cluster: MemoryCluster, type?: string) =>
      liveSecrets(
        {
          namespace: "shop",
          secrets: { s: { k: { value: "a" } } },
          secretTypes: type === undefined ? {} : { s: type },
        },
        cluster,
      );

    for (const [title, cluster, type] of [
      ["stay", live(tls), tls],
      ["stay Opaque", live("Opaque"), undefined],
      ["stay Opaque, if the API server does not say it", live(), undefined],
      ["be new with the Secret", new MemoryCluster(), tls],
    ] as const) {
      it(`can ${title}`, async () => {
        await read(cluster, type);
      });
    }

    for (const [before, after] of [
      ["Opaque", tls],
      [tls, undefined],
      [tls, dockerConfig],
    ] as const) {
      it(`cannot change: ${before} to ${after ?? "Opaque"}`, async () => {
        await assert.rejects(read(live(before), after), (error: Error) => {
          const start = `The Secret s has the type ${before}, and `;
          const end = `secretTypes.s would make it ${after ?? "Opaque"}; nothing was changed.`;
          return error.message.startsWith(start) && error.message.includes(end);
        });
      });
    }
  });

  it("are in what is rendered, also if the values are hidden", async () => {
    const folder = mkdtempSync(join(tmpdir(), "stateful-apps-types-"));
    const configFile = join(folder, "Pulumi.test.yaml");
    const secure = { secure: "v1:0123:4567" };
    const config = {
      "stateful-apps:secrets": {
        registry: { ".dockerconfigjson": secure },
        other: { ".dockerconfigjson": { base64: secure } },
        plain: { key: secure },
      },
      "stateful-apps:secretTypes": { registry: dockerConfig, other: dockerConfig },
    };
    try {
      writeFileSync(configFile, JSON.stringify({ config }));
      const objects = (await render({ stack: "test", configFile })).filter(({ kind }) => kind === "Secret");
      assert.deepEqual(
        objects.map((object) => [
          object.metadata.name,
          (object as { type?: string }).type,
          Object.values(object.data ?? {}),
        ]),
        [
          ["other", dockerConfig, ["[secret]"]],
          ["plain", undefined, ["[secret]"]],
          ["registry", dockerConfig, ["[secret]"]],
        ],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe("the credentials of a registry", () => {
  it("are read under their own name, after the Secret was created", async () => {
    await useEngine();
    let create: () => void = () => undefined;
    const created = new Promise<string>((resolve) => {
      create = () => {
        resolve("urn");
      };
    });
    const object = { resource: { urn: pulumi.output(created) } } as unknown as ConfigObject;
    const copies = new ConfigCopies({ configMaps: new Map(), secrets: new Map([["s", object]]) }, {} as Place);
    const { imagePullSecrets } = copies.readBy({ imagePullSecrets: [{ name: "s" }, { name: "theirs" }] });
    const state = { isNamed: false };
    const name = valueOf(pulumi.output(imagePullSecrets[0]?.name)).then((name) => {
      state.isNamed = true;
      return name;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(state.isNamed, false);
    create();
    assert.equal(await name, "s");
    assert.equal(imagePullSecrets[1]?.name, "theirs");
  });
});
