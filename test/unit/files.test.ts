import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../config";

const MiB = 1024 * 1024;
const marker = "hunter2";

describe("the files of ConfigMaps and Secrets", () => {
  const outside = mkdtempSync(join(tmpdir(), "stateful-apps-files-"));
  /** The folder of Pulumi.yaml. */
  const clone = join(outside, "clone");
  const binary = Buffer.from([0xff, 0x00, 0xfe, 0x80]);

  const put = (path: string, content: string | Buffer = marker) => {
    mkdirSync(join(clone, path, ".."), { recursive: true });
    writeFileSync(join(clone, path), content);
  };
  const link = (path: string, target: string) => {
    symlinkSync(target, join(clone, path));
  };

  before(() => {
    put("nginx.conf", "server {}\r\n");
    put("empty.txt", "");
    put("logo.png", binary);
    put("my file.txt");
    put("..data.txt");
    put("a=b");
    put("__proto__");
    put("conf/one.conf", "one");
    put("conf/.hidden", "hidden");
    put("conf/..more/x");
    put("deep/conf/one.conf", "deep");
    put("nested/one.conf");
    put("nested/sub/two.conf");
    put("named/my file.txt");
    put("named/ok.txt");
    put("large/half", Buffer.alloc(MiB / 2, "a"));
    put("large/other-half", Buffer.alloc(MiB / 2, "b"));
    put("one-more", "x");
    mkdirSync(join(clone, "nothing"));
    mkdirSync(join(clone, "piped"));
    execFileSync("mkfifo", [join(clone, "pipe"), join(clone, "piped/pipe")]);
    writeFileSync(join(outside, "outside.txt"), marker);
    mkdirSync(join(outside, "clone-2"));
    writeFileSync(join(outside, "clone-2/other.txt"), marker);
    link("inner.conf", "nginx.conf");
    link("inner", "deep/conf");
    link("dangling", "nowhere");
    link("circle", "circle");
    link("out.txt", "../outside.txt");
    link("out", "..");
    link("neighbour", "../clone-2/other.txt");
    mkdirSync(join(clone, "linked"));
    link("linked/in.conf", "../nginx.conf");
    mkdirSync(join(clone, "leading"));
    link("leading/out.txt", "../../outside.txt");
    rmSync(join(clone, "conf/..more"), { recursive: true });
  });
  after(() => {
    rmSync(outside, { recursive: true });
  });

  function parse(settings: Record<string, unknown>, ...secretKeys: string[]) {
    const config = Object.entries(settings).map(([key, value]) => [`shop:${key}`, JSON.stringify(value)]);
    const isSecret = (key: string) => secretKeys.includes(key.replace("shop:", ""));
    return parseConfig(Object.fromEntries(config) as Record<string, string>, isSecret, "shop", clone);
  }

  function mistakes(...args: Parameters<typeof parse>): string[] {
    try {
      parse(...args);
    } catch (error) {
      assert.ok(pulumi.RunError.isInstance(error), String(error));
      assert.doesNotMatch(error.message, new RegExp(marker));
      return error.message
        .split("\n")
        .slice(1)
        .map((line) => line.trim());
    }
    assert.fail("these settings were accepted");
  }

  const good: [string, string[], Record<string, string | Buffer>][] = [
    ["a file, whose name is the key", ["nginx.conf"], { "nginx.conf": "server {}\r\n" }],
    ["a file under another key", ["web=nginx.conf"], { web: "server {}\r\n" }],
    ["a file in a folder", ["deep/conf/one.conf"], { "one.conf": "deep" }],
    ["a path with dots that leads nowhere else", ["./conf/./one.conf"], { "one.conf": "one" }],
    ["an empty file", ["empty.txt"], { "empty.txt": "" }],
    ["bytes that are not text", ["logo.png"], { "logo.png": binary }],
    ["a file whose name is no key, under a key", ["a.txt=my file.txt"], { "a.txt": marker }],
    ["a folder, with what is hidden in it", ["conf"], { ".hidden": "hidden", "one.conf": "one" }],
    ["a folder with a slash", ["conf/"], { ".hidden": "hidden", "one.conf": "one" }],
    ["several entries", ["conf/one.conf", "two=nginx.conf"], { "one.conf": "one", two: "server {}\r\n" }],
    ["one file under two keys", ["a=conf/one.conf", "b=conf/one.conf"], { a: "one", b: "one" }],
    ["a symbolic link that stays in the clone", ["inner.conf"], { "inner.conf": "server {}\r\n" }],
    ["a symbolic link to a folder of the clone", ["inner"], { "one.conf": "deep" }],
    ["a symbolic link within a folder", ["linked"], { "in.conf": "server {}\r\n" }],
    ["a key that is called files", ["files=empty.txt"], { files: "" }],
    ["no entry", [], {}],
  ];
  for (const [title, files, content] of good) {
    it(`can be ${title}`, () => {
      const { configMaps, secrets } = parse({ configMaps: { site: { files } }, secrets: { tls: { files } } });
      assert.deepEqual(configMaps.site, content);
      const values = Object.entries(content).map(([key, value]) => [key, { value }]);
      assert.deepEqual(secrets.tls, Object.fromEntries(values));
    });
  }

  const form =
    /^must be PATH or KEY=PATH: a path relative to the folder of Pulumi\.yaml, without `\.\.` and `=`, and a key/;
  const bad: [string, string, RegExp][] = [
    ["an absolute path", "/etc/hostname", form],
    ["an absolute path under a key", "a=/etc/hostname", form],
    ["a path out of the clone", "../outside.txt", form],
    ["a path out of the clone, further in", "conf/../../outside.txt", form],
    ["the folder above", "..", form],
    ["the folder above, under a key", "a=..", form],
    ["no path", "", form],
    ["no path after a key", "a=", form],
    ["no key", "=nginx.conf", form],
    ["a key with a slash", "a/b=nginx.conf", form],
    ["a key of two dots", "..=nginx.conf", form],
    ["two equals signs", "a=b=nginx.conf", form],
    ["a character that no path has", "a\0b", form],
    ["a path that does not exist", "nowhere.conf", /^does not exist$/],
    ["a path under a file", "nginx.conf/x", /^does not exist$/],
    ["a file with a slash", "nginx.conf/", /^does not exist$/],
    ["a path with a pattern", "*.conf", /^does not exist$/],
    ["a link to nowhere", "dangling", /^does not exist$/],
    ["a link to itself", "circle", /^cannot be read \(ELOOP\)$/],
    ["a name that is too long", "a".repeat(300), /^cannot be read \(ENAMETOOLONG\)$/],
    ["a link out of the clone", "out.txt", /^must not lead out of the folder of Pulumi\.yaml$/],
    ["a link to a folder out of the clone", "out", /^must not lead out of/],
    ["a path through a link out of the clone", "out/outside.txt", /^must not lead out of/],
    ["a link to a folder whose name begins alike", "neighbour", /^must not lead out of/],
    ["a pipe", "pipe", /^is neither a file nor a folder$/],
    ["an empty folder", "nothing", /^is an empty folder$/],
    ["a folder under a key", "a=conf", /^must not have a key, because it is a folder$/],
    [
      "a name that is no key",
      "my file.txt",
      /^requires another key than "my file\.txt", as KEY=PATH; a key is letters, /,
    ],
    ["a name that begins like a folder's", "..data.txt", /^requires another key than "\.\.data\.txt"/],
    ["a name that JavaScript drops", "__proto__", /^requires another key than "__proto__"/],
    ["a key that JavaScript drops", "__proto__=nginx.conf", /^requires another key than "__proto__"/],
    ["a folder with a folder", "nested", /^contains "sub", which is a folder; list the files one by one instead$/],
    ["a folder with a pipe", "piped", /^contains "pipe", which is neither a file nor a folder$/],
    ["a folder with a link out", "leading", /^contains "out\.txt", which must not lead out of the folder/],
    ["a folder with a name that is no key", "named", /^contains "my file\.txt", whose name is not a valid key; list /],
  ];
  for (const [title, entry, words] of bad) {
    it(`cannot be ${title}`, () => {
      const lines = mistakes({
        configMaps: { site: { files: [entry] } },
        secrets: { tls: { files: ["logo.png", entry] } },
      });
      const is = `is ${JSON.stringify(entry)}; it `;
      assert.equal(lines.length, 2, lines.join("\n"));
      for (const [i, setting] of ["configMaps.site.files.0", "secrets.tls.files.1"].entries()) {
        const start = `shop:${setting} ${is}`;
        assert.ok(lines[i]?.startsWith(start), lines[i]);
        assert.match(lines[i]?.slice(start.length) ?? "", words);
      }
    });
  }

  it("cannot be what the user is not allowed to read", () => {
    put("locked.txt");
    chmodSync(join(clone, "locked.txt"), 0);
    mkdirSync(join(clone, "locked"), { mode: 0 });
    const isRoot = process.geteuid?.() === 0;
    chmodSync(outside, 0o755);
    if (isRoot) process.seteuid?.(65534);
    try {
      for (const entry of ["locked.txt", "locked", "locked/x"]) {
        assert.deepEqual(mistakes({ configMaps: { site: { files: [entry] } } }), [
          `shop:configMaps.site.files.0 is "${entry}"; it cannot be read (EACCES)`,
        ]);
      }
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(join(clone, "locked"), 0o755);
    }
  });

  it("are all checked, and listed with the other mistakes", () => {
    const lines = mistakes({
      replicas: "x",
      configMaps: {
        one: { files: [5, ["a"]] },
        two: { files: ["/a"], "b c": "", d: [] },
        three: { files: ["nowhere", "nested", "out"] },
      },
      secrets: { one: { files: ["nowhere"] }, two: { password: "x" }, three: { a: [] } },
    });
    assert.deepEqual(
      lines.map((line) => line.split(" ")[0]),
      [
        "shop:secrets",
        "shop:replicas",
        "shop:configMaps.one.files.0",
        "shop:configMaps.one.files.1",
        "shop:configMaps.two.files.0",
        "shop:configMaps.two.d",
        "shop:configMaps.two.b",
        "shop:secrets.three.a",
        "shop:configMaps.three.files.0",
        "shop:configMaps.three.files.1",
        "shop:configMaps.three.files.2",
        "shop:secrets.one.files.0",
      ],
    );
  });

  it("are found in the current folder by default, which is that of Pulumi.yaml under Pulumi", () => {
    const config = { "shop:configMaps": JSON.stringify({ site: { files: ["Pulumi.yaml"] } }) };
    assert.match(String(parseConfig(config, () => false, "shop").configMaps.site?.["Pulumi.yaml"]), /^name: /);
  });

  it("stand beside text, a generated value and a store's password", () => {
    const { configMaps, secrets } = parse(
      {
        stores: { redis: {} },
        configMaps: { site: { mode: "fast", files: ["conf/one.conf"] } },
        secrets: { redis: { files: ["logo.png"], token: { generate: 8 }, user: "ann" } },
      },
      "secrets",
    );
    assert.deepEqual(configMaps.site, { mode: "fast", "one.conf": "one" });
    assert.deepEqual(secrets.redis, {
      "logo.png": { value: binary },
      password: { generate: 32 },
      token: { generate: 8 },
      user: { value: "ann" },
    });
  });

  it("can be a store's password, if it is one line", () => {
    put("password", "one line");
    put("password-line", "one line\n");
    const settings = (file: string) => ({ stores: { redis: {} }, secrets: { redis: { files: [`password=${file}`] } } });
    assert.deepEqual(parse(settings("password")).secrets.redis, { password: { value: "one line" } });
    for (const file of ["password-line", "logo.png", "empty.txt"]) {
      assert.match(
        mistakes(settings(file)).join(),
        /^shop:secrets\.redis\.password is the password of a store; it must/,
      );
    }
  });

  it("are no values in plain text", () => {
    parse({ secrets: { tls: { files: ["conf"] } } });
  });

  for (const value of ["nginx.conf", 5, true]) {
    it(`leave a key called files alone whose value is no list: ${String(value)}`, () => {
      const { configMaps, secrets } = parse(
        {
          configMaps: { site: { files: value } },
          secrets: { tls: { files: value }, made: { files: { generate: 8 } } },
        },
        "secrets",
      );
      assert.deepEqual(configMaps.site, { files: String(value) });
      assert.deepEqual(secrets, { tls: { files: { value: String(value) } }, made: { files: { generate: 8 } } });
    });
  }

  const twice: [string, Record<string, unknown>, string][] = [
    [
      "two files",
      { files: ["conf/one.conf", "deep/conf/one.conf"] },
      'files.1 is "deep/conf/one.conf"; it gives the key one.conf, as configMaps.site.files.0 does',
    ],
    [
      "a file and a folder",
      { files: ["conf", "one.conf=nginx.conf"] },
      'files.1 is "one.conf=nginx.conf"; it gives the key one.conf, as configMaps.site.files.0 does',
    ],
    [
      "a file and a text",
      { a: "", files: ["a=nginx.conf"] },
      'files.0 is "a=nginx.conf"; it gives the key a, as configMaps.site.a does',
    ],
  ];
  for (const [title, site, line] of twice) {
    it(`cannot give a key again: ${title}`, () => {
      assert.deepEqual(mistakes({ configMaps: { site } }), [`shop:configMaps.site.${line}`]);
    });
  }

  it("give keys that apps can read, and no others", () => {
    const reading = (key: string) => ({
      configMaps: { site: { files: ["conf"] } },
      apps: { web: { image: "web", volumes: { v: { configMap: { name: "site", items: [{ key, path: "p" }] } } } } },
    });
    parse(reading("one.conf"));
    assert.deepEqual(mistakes(reading("two.conf")), [
      'shop:apps.web.volumes.v.configMap.items.0 is "two.conf"; it must be a key of configMaps.site: .hidden, one.conf',
    ]);
  });

  for (const site of [{ files: ["nowhere"] }, { files: ["/a"] }, { a: [] }, "a", null]) {
    it(`make no mistake of what reads an object that is one: ${JSON.stringify(site)}`, () => {
      const valueFrom = { configMapKeyRef: { name: "site", key: "two.conf" } };
      const apps = { web: { image: "web", env: { A: { valueFrom } } } };
      const lines = mistakes({ configMaps: { site }, apps });
      assert.equal(lines.length, 1, lines.join("\n"));
      assert.match(lines.join(), /^shop:configMaps\.site/);
    });
  }

  it("cannot become variables if they are not text", () => {
    put("zero.txt", "a\0b");
    const files = ["logo.png", "zero.txt", "conf/one.conf"];
    const objects = { configMaps: { site: { files } }, secrets: { tls: { files } } };
    const keyRef = (name: string, key: string) => ({ name, key });
    const env = {
      A: { valueFrom: { configMapKeyRef: keyRef("site", "logo.png") } },
      B: { valueFrom: { configMapKeyRef: keyRef("site", "zero.txt") } },
      C: { valueFrom: { configMapKeyRef: keyRef("site", "one.conf") } },
      D: { valueFrom: { secretKeyRef: keyRef("tls", "logo.png") } },
      E: { valueFrom: { secretKeyRef: keyRef("tls", "one.conf") } },
    };
    // Kubernetes gives no variables for the bytes of a ConfigMap, and fails for those of a Secret.
    const envFrom = [{ configMapRef: { name: "site" } }, { secretRef: { name: "tls" } }];
    const lines = mistakes({ ...objects, apps: { web: { image: "web", env, envFrom } } });
    const words = (key: string, object: string) =>
      `must not read the key ${key} of ${object}: a variable can only hold plain text`;
    assert.deepEqual(
      lines.map((line) => line.replace("shop:apps.web.", "")),
      [
        `env.A.valueFrom.configMapKeyRef ${words("logo.png", "configMaps.site")}`,
        `env.B.valueFrom.configMapKeyRef ${words("zero.txt", "configMaps.site")}`,
        `env.D.valueFrom.secretKeyRef ${words("logo.png", "secrets.tls")}`,
        `envFrom.1.secretRef ${words("logo.png", "secrets.tls")}`,
        `envFrom.1.secretRef ${words("zero.txt", "secrets.tls")}`,
      ],
    );
    const secret = { secretName: "tls" };
    parse({ ...objects, apps: { web: { image: "web", volumes: { v: { mountPath: "/v", secret } } } } });
  });

  it("can have, with the texts, 1 MiB of data in an object, and not a byte more", () => {
    const text = "ä".repeat(MiB / 2);
    const files = ["large"];
    parse({ configMaps: { one: { a: text }, two: { files }, three: { files, a: "" } } });
    parse({ secrets: { one: { a: text }, two: { files } } }, "secrets");
    const words = "has 1048577 bytes of data; Kubernetes allows at most 1048576";
    const configMaps = { one: { a: text, b: "x" }, two: { files: ["large", "one-more"] }, three: { files, a: "x" } };
    assert.deepEqual(
      mistakes({ configMaps }),
      ["one", "three", "two"].map((name) => `shop:configMaps.${name} ${words}`),
    );
    const secrets = { one: { a: text, b: "x" }, two: { files, b: "x" }, three: { files, c: { generate: 8 } } };
    assert.deepEqual(mistakes({ secrets }, "secrets"), [
      `shop:secrets.one ${words}`,
      `shop:secrets.three ${words.replace("1048577", "1048584")}`,
      `shop:secrets.two ${words}`,
    ]);
  });

  it("are not read if they are too large", () => {
    put("huge", "");
    // More than Node can read.
    truncateSync(join(clone, "huge"), 2 ** 40);
    assert.deepEqual(mistakes({ configMaps: { site: { files: ["huge"] } } }), [
      `shop:configMaps.site has ${String(2 ** 40)} bytes of data; Kubernetes allows at most 1048576`,
    ]);
  });

  it("are not named if something under secrets is secure, because it could be the entry", () => {
    const settings = { secrets: { one: { files: [marker] }, two: { files: [`/${marker}`], key: "x" } } };
    assert.deepEqual(
      mistakes(settings, "secrets").map((line) => line.split(" ").slice(0, 3).join(" ")),
      ["shop:secrets.two.files.0 must be", "shop:secrets.one.files.0 does not"],
    );
  });

  it("are text in a ConfigMap if the API server reads them as they are", () => {
    const texts = ["", "\ufeff\t\r\n\0\u001b \u00a0ä\u2028\u{1f600}"];
    const others = ["\u007f", "\u0085", "\u009f", "\ufffe", "\uffff"];
    for (const text of [...texts, ...others]) {
      put("text", text);
      const files = ["text"];
      const { configMaps, secrets } = parse({ configMaps: { c: { files, own: text } }, secrets: { s: { files } } });
      const expected = texts.includes(text) ? text : Buffer.from(text);
      assert.deepEqual(configMaps.c, { own: expected, text: expected });
      assert.deepEqual(secrets.s, { text: { value: text } });
    }
  });

  it("reach the objects with every byte as it is", () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.string({ unit: "binary" })), (content) => {
        const bytes = Buffer.from(content as string);
        put("any", bytes);
        const files = ["any"];
        const { configMaps, secrets } = parse({ configMaps: { c: { files } }, secrets: { s: { files } } });
        for (const read of [configMaps.c?.any, secrets.s?.any?.value]) {
          assert.deepEqual(Buffer.from(read as string), bytes);
        }
      }),
    );
  });
});
