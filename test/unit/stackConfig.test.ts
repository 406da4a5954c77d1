import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { readStackConfig } from "../../tools/lib/stackConfig";

describe("a stack file, without Pulumi", () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "stateful-apps-stack-file-"));
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  function read(content: string) {
    const file = join(folder, "Pulumi.test.yaml");
    writeFileSync(file, content);
    return readStackConfig(file, undefined);
  }

  for (const content of ["", "config:", "config: {}", "encryptionsalt: v1:a:b", "secretsprovider: passphrase"]) {
    it(`can be without config: ${JSON.stringify(content)}`, () => {
      assert.deepEqual(read(content), { values: {}, secureKeys: [] });
    });
  }

  it("is passed on with full keys, text as it is, and maps as JSON", () => {
    const { values, secureKeys } = read(
      "config:\n  replicas: 2\n  shop:name: x\n  stateful-apps:apps: { b: { secure: v1:a:b }, a: 022 }\n",
    );
    assert.deepEqual(values, {
      "stateful-apps:replicas": "2",
      "shop:name": "x",
      "stateful-apps:apps": '{"b":"[secret]","a":18}',
    });
    assert.deepEqual(secureKeys, ["stateful-apps:apps"]);
  });

  it("is passed on as Pulumi does: nothing as empty text, and long numbers with every digit", () => {
    const { values } = read(
      "config:\n  a:\n  b: 123456789012345678\n  c: 0xffffffffffffffff\n  d: 1e21\n  e: True\n  f: [9007199254740993, ~]\n",
    );
    assert.deepEqual(Object.values(values), [
      "",
      "123456789012345678",
      "18446744073709551615",
      "1e+21",
      "true",
      "[9007199254740992,null]",
    ]);
  });

  it("is refused if it is not UTF-8", () => {
    const file = join(folder, "Pulumi.latin1.yaml");
    writeFileSync(file, Buffer.from("config: { a: \xe9 }", "latin1"));
    assert.throws(() => readStackConfig(file, undefined), /latin1\.yaml cannot be read: .*not valid/);
  });

  for (const [content, message] of [
    [
      "environment: [shop/dev]",
      /^The config cannot be read here: only Pulumi itself can read environment in .*test\.yaml/,
    ],
    ["secretsprovider: awskms://alias/x\nencryptedkey: x", /encryptedkey in .*, secretsprovider in /],
    ["config: 5", /^config in .* must be a map\.$/],
    ["config: [a]", /^config in .* must be a map\.$/],
    ["config: {", /test\.yaml cannot be read: line 1: Flow map/],
    ["[a]", /test\.yaml must be a map\.$/],
    ["config:\n  replicas: 1\n  stateful-apps:replicas: 2", /two values for stateful-apps:replicas\.$/],
    ["config:\n  stateful-apps:config:a: 1\n  a: 2", /two values for stateful-apps:a\.$/],
  ] as const) {
    it(`is refused if it says what only Pulumi can read: ${JSON.stringify(content)}`, () => {
      assert.throws(
        () => read(content),
        (error: Error) => {
          assert.ok(pulumi.RunError.isInstance(error), String(error));
          assert.match(error.message, message);
          return true;
        },
      );
    });
  }
});
