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

  it("is passed on with full keys, text as it is, and maps as JSON with their keys in order", () => {
    const { values, secureKeys } = read(
      "config:\n  replicas: 2\n  shop:name: x\n  stateful-apps:apps: { b: { secure: v1:a:b }, a: 022 }\n",
    );
    assert.deepEqual(values, {
      "stateful-apps:replicas": "2",
      "shop:name": "x",
      "stateful-apps:apps": '{"a":18,"b":"[secret]"}',
    });
    assert.deepEqual(secureKeys, ["stateful-apps:apps"]);
  });

  for (const [content, message] of [
    [
      "environment: [shop/dev]",
      /^Manifests cannot be rendered: only Pulumi itself can read environment in .*test\.yaml/,
    ],
    ["secretsprovider: awskms://alias/x\nencryptedkey: x", /encryptedkey in .*, secretsprovider in /],
    ["config: 5", /^config in .* must be a map\.$/],
    ["config: [a]", /^config in .* must be a map\.$/],
    ["config: {", /is not valid YAML/],
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
