import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../config";
import { alterationsIn, configFiles } from "../../config/alterations";
import { readStackConfig } from "../../tools/lib/stackConfig";

describe("values that YAML alters", () => {
  let folder: string;
  let stackFile: string;
  let projectFile: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "stateful-apps-alterations-"));
    stackFile = join(folder, "Pulumi.test.yaml");
    projectFile = join(folder, "Pulumi.yaml");
    await pulumi.runtime.setMocks({ newResource: () => ({ id: "", state: {} }), call: () => ({}) }, "stateful-apps");
  });
  beforeEach(() => {
    writeFileSync(stackFile, "");
    writeFileSync(projectFile, "name: stateful-apps\nruntime: nodejs\n");
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** The lines that the error has for this config, which Pulumi passes on as it reads it. */
  function mistakes(config: string, passed?: Record<string, string>): string[] {
    writeFileSync(stackFile, `config:\n${config.replace(/^/gm, "  ")}\n`);
    const { values, secureKeys } = readStackConfig(stackFile, undefined);
    return parsed(passed ?? values, secureKeys);
  }

  function parsed(values: Record<string, string>, secureKeys: string[] = []): string[] {
    const alterations = alterationsIn(values, { stackFile, projectFile });
    try {
      parseConfig(values, (key) => secureKeys.includes(key), "stateful-apps", folder, alterations);
    } catch (error) {
      assert.ok(pulumi.RunError.isInstance(error), String(error));
      return error.message
        .split("\n")
        .slice(1)
        .map((line) => line.trim());
    }
    return [];
  }

  const quotes = "it must be in quotes, because YAML can change it";
  const app = (settings: string) => `stateful-apps:apps: { web: { image: app, ${settings} } }`;

  for (const [written, read] of [
    ["022", "18"],
    ["1_000", "1000"],
    ["0b11", "3"],
    ["0x10", "16"],
    ["0o17", "15"],
    ["+5", "5"],
    ["1.0", "1"],
    ["1.10", "1.1"],
    ["1e3", "1000"],
    ["True", "true"],
    ["2024-10-01", "2024-10-01 00:00:00 +0000 UTC"],
    ["123456789012345678", "123456789012345680"],
  ] as const) {
    it(`are named with what they are written as and what they become: ${written}`, () => {
      const line = `is ${written}, which YAML reads as ${read}; ${quotes}`;
      assert.deepEqual(mistakes(app(`env: { A: ${written} }`)), [`stateful-apps:apps.web.env.A ${line}`]);
    });
  }

  it("can stay if they are written as they print, or in quotes", () => {
    const accepted =
      "env: { A: 8080, B: -1, C: true, D: '022', E: \"1.0\", F: !!str 1e3, G: yes, H: 1.2.3, I: 2024-1 }";
    assert.deepEqual(mistakes(app(accepted)), []);
  });

  it("must be in quotes wherever text is meant", () => {
    const settings = [
      "args: [022]",
      "command: [a, 0x10]",
      "podAnnotations: { a: 1e3 }",
      "podLabels: { a: 1_000 }",
      "nodeSelector: { a: True }",
      "serviceAccount: { name: 022 }",
      "tolerations: [{ value: 2024-10-01 }]",
    ];
    const lines = mistakes(`${app(settings.join(", "))}\nstateful-apps:configMaps: { cm: { ver: 1.10 } }`);
    assert.deepEqual(
      lines.map((line) => line.replace(/^stateful-apps:|; it must be in quotes, because YAML can change it$/g, "")),
      [
        "apps.web.tolerations.0.value is 2024-10-01, which YAML reads as 2024-10-01 00:00:00 +0000 UTC",
        "apps.web.command.1 is 0x10, which YAML reads as 16",
        "apps.web.args.0 is 022, which YAML reads as 18",
        "apps.web.serviceAccount.name is 022, which YAML reads as 18",
        "apps.web.podAnnotations.a is 1e3, which YAML reads as 1000",
        "apps.web.podLabels.a is 1_000, which YAML reads as 1000",
        "apps.web.nodeSelector.a is True, which YAML reads as true",
        "configMaps.cm.ver is 1.10, which YAML reads as 1.1",
      ],
    );
  });

  it("are what YAML reads where a number or a boolean is meant, and in the fields of Kubernetes", () => {
    const volume = "volumes: { v: { configMap: { name: cm, defaultMode: 0400 }, mountPath: /v } }";
    const rest = "containerPort: 0x1F90, resources: { limits: { cpu: 0.50 } }, automountServiceAccountToken: True";
    const affinity = "affinity: { podAffinity: { x: [0x10] } }, readinessProbe: { httpGet: { path: /, port: 0x1F90 } }";
    const overrides = "overrides: { pod: { spec: { x: [0x10] } } }";
    const objects = "objects: { web: { apiVersion: v1, kind: Service, spec: { x: [0x10] }, y: 0x10 } }";
    const settings = [volume, rest, affinity, overrides].join(", ");
    const config = `replicas: 0b11\n${app(settings)}\nconfigMaps: { cm: { a: b } }\n${objects}`;
    assert.deepEqual(mistakes(config), []);
    const { values } = readStackConfig(stackFile, undefined);
    const alterations = alterationsIn(values, { stackFile, projectFile });
    const { apps, ...stack } = parseConfig(values, () => false, "stateful-apps", folder, alterations);
    assert.equal(apps.web?.replicas, 3);
    assert.equal(apps.web.containerPort, 8080);
    assert.equal(apps.web.resources?.limits?.cpu, "0.5");
    assert.equal(apps.web.volumes?.v?.configMap?.defaultMode, 256);
    assert.equal(apps.web.automountServiceAccountToken, true);
    assert.deepEqual(apps.web.affinity, { podAffinity: { x: [16] } });
    assert.deepEqual(apps.web.overrides?.pod, { spec: { x: [16] } });
    assert.deepEqual(stack.objects.web, { apiVersion: "v1", kind: "Service", spec: { x: [16] }, y: 16 });
    assert.equal(stack.namespace, "stateful-apps");
  });

  it("are mistakes of one line where a map or a list is meant", () => {
    const app = "stateful-apps:apps: { web: { image: app, env: 1.5, args: 022, claims: { data: 1.0 }, service: 022 } }";
    assert.deepEqual(mistakes(app), [
      "stateful-apps:apps.web.args is 022, which YAML reads as 18; it must be a list",
      "stateful-apps:apps.web.env is 1.5; it must be a map",
      "stateful-apps:apps.web.claims.data is 1.0, which YAML reads as 1; it must be a map",
      "stateful-apps:apps.web.service is 022, which YAML reads as 18; it must be a map",
    ]);
    assert.deepEqual(mistakes("stateful-apps:apps: { web: 1.5 }"), ["stateful-apps:apps.web is 1.5; it must be a map"]);
  });

  it("are mistakes of one line in the place of a whole ConfigMap, and of its files", () => {
    const config = "stateful-apps:configMaps: { a: 022, b: { files: 1.0 }, c: { files: [022] } }";
    assert.deepEqual(mistakes(config), [
      "stateful-apps:configMaps.a is 022, which YAML reads as 18; it must be a map",
      `stateful-apps:configMaps.b.files is 1.0, which YAML reads as 1; ${quotes}`,
      `stateful-apps:configMaps.c.files.0 is 022, which YAML reads as 18; ${quotes}`,
    ]);
  });

  it("are found in whole settings, and in those of the cluster", () => {
    assert.deepEqual(mistakes("namespace: 022\nclusterId: 0x10\nkubernetes:context: 1_000\nreplicas: 022"), [
      `kubernetes:context is 1_000, which YAML reads as 1000; ${quotes}`,
      `stateful-apps:namespace is 022, which YAML reads as 18; ${quotes}`,
      `stateful-apps:clusterId is 0x10, which YAML reads as 16; ${quotes}`,
    ]);
  });

  it("are found in names", () => {
    assert.deepEqual(mistakes("stateful-apps:configMaps: { cm: { 1.10: a, 022: b, 8080: c, '1.0': d } }"), [
      "stateful-apps:configMaps.cm.1.1 is written 1.10; the name must be in quotes, because YAML can change it",
      "stateful-apps:configMaps.cm.18 is written 022; the name must be in quotes, because YAML can change it",
    ]);
  });

  it("are found behind aliases and in merged maps", () => {
    const config = "stateful-apps:configMaps:\n  a: &a { k: &k 022 }\n  b: { <<: *a, l: *k }";
    assert.deepEqual(
      mistakes(config).map((line) => line.split(" ")[0]),
      ["a.k", "b.k", "b.l"].map((path) => `stateful-apps:configMaps.${path}`),
    );
  });

  it("are found in text that begins with a line break, which Pulumi removes", () => {
    const config = "stateful-apps:configMaps:\n  a:\n    k: |\n\n      text";
    const line = "stateful-apps:configMaps.a.k begins with a line break, which Pulumi removes";
    assert.deepEqual(mistakes(config), [line]);
    // Pulumi keeps it beside some characters, and render cannot tell them from others.
    assert.deepEqual(mistakes(config, { "stateful-apps:configMaps": '{"a":{"k":"\\ntext\\n"}}' }), [line]);
  });

  it("are not shown if they are secret", () => {
    const config = "stateful-apps:secrets: { s: { a: { secure: 'v1:a:b' }, b: 022 } }";
    assert.deepEqual(mistakes(config), ["stateful-apps:secrets.s.b must be in quotes, because YAML can change it"]);
  });

  const text = "022";
  const passed = { "stateful-apps:configMaps": '{"cm":{"a":18}}' };
  for (const [what, config, values, count] of [
    ["the value that Pulumi passed", `configMaps: { cm: { a: ${text} } }`, passed, 1],
    ["another value", `configMaps: { cm: { a: ${text}, b: x } }`, passed, 0],
    ["another number", "configMaps: { cm: { a: 0x13 } }", passed, 0],
    ["a list in place of a map", `configMaps: { cm: [${text}] }`, { "stateful-apps:configMaps": '{"cm":{"0":18}}' }, 1],
    ["no value", "{}", passed, 0],
  ] as const) {
    it(`are looked for in a file with ${what}`, () => {
      const found = mistakes(config, { ...values });
      assert.equal(found.filter((line) => line.includes("YAML reads")).length, what.startsWith("a list") ? 0 : count);
    });
  }

  it("are refused without a file if they print in another way than text, and accepted otherwise", () => {
    const values = (value: unknown) => ({ "stateful-apps:configMaps": JSON.stringify({ cm: { a: value } }) });
    for (const value of [1.5, 1e21, "2024-10-01 00:00:00 +0000 UTC"]) {
      assert.equal(parsed(values(value)).length, 1);
    }
    assert.deepEqual(parsed(values(18)), []);
  });

  it("are found in Pulumi.yaml, unless the stack file has the key", () => {
    const values = { "stateful-apps:clusterId": "18" };
    const line = `stateful-apps:clusterId is 022, which YAML reads as 18; ${quotes}`;
    for (const config of ["clusterId: 022", "stateful-apps:clusterId: { default: 022 }", "clusterId: { value: 022 }"]) {
      writeFileSync(projectFile, `name: stateful-apps\nconfig:\n  ${config}\n`);
      assert.deepEqual(parsed(values), [line]);
    }
    assert.deepEqual(mistakes("clusterId: '18'"), []);
  });

  it("are looked for beside a file that cannot be read", () => {
    writeFileSync(projectFile, "config: { a: 022");
    assert.deepEqual(mistakes(app("env: { A: 022 }")), [
      `stateful-apps:apps.web.env.A is 022, which YAML reads as 18; ${quotes}`,
    ]);
  });

  it("are looked for in the folder that Pulumi.yaml names", () => {
    const name = `Pulumi.${pulumi.getStack()}.yaml`;
    assert.deepEqual(configFiles(folder), { stackFile: join(folder, name), projectFile });
    for (const directory of ["stacks", '"./stacks" # here']) {
      writeFileSync(projectFile, `name: shop\nstackConfigDir: ${directory}\n`);
      assert.equal(configFiles(folder).stackFile, join(folder, "stacks", name));
    }
  });
});
