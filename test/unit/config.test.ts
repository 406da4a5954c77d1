import assert from "node:assert/strict";
import * as fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../config";

const app = { image: "localhost/app:1.0.0" };

const parse = (settings: Record<string, unknown>) =>
  parseConfig(
    Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [
        `stateful-apps:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
  );

/** The lines that the error has for these settings. */
function mistakes(settings: Record<string, unknown>): string[] {
  try {
    parse(settings);
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
  assert.fail("these settings were accepted");
}

describe("config", () => {
  it("has a default for everything but the apps", () => {
    assert.deepEqual(parse({}), {
      namespace: "stateful-apps",
      apps: {},
      cluster: { context: undefined, kubeconfig: undefined },
    });
  });

  it("gives every app the stack's replicas, and lets an app have its own, zero included", () => {
    const { apps } = parse({ replicas: "4", apps: { one: app, two: { ...app, replicas: 0 } } });
    assert.equal(apps.one?.replicas, 4);
    assert.equal(apps.two?.replicas, 0);
  });

  it("takes numbers as YAML has them and as `pulumi config set` writes them", () => {
    for (const containerPort of [8000, "8000"]) {
      assert.equal(parse({ apps: { one: { ...app, containerPort } } }).apps.one?.containerPort, 8000);
    }
  });

  it("reads the context that Pulumi's own key names", () => {
    assert.equal(parseConfig({ "kubernetes:context": "kind" }).cluster.context, "kind");
  });

  it("lists every mistake at once", () => {
    assert.deepEqual(mistakes({ replicas: "4abc", namespace: "A", apps: { one: { containerPort: 0 } } }).length, 4);
  });

  const port = "a whole number from 1 to 65535";
  const replicas = "a whole number from 0 to 1000";
  const cases: [string, Record<string, unknown>, string][] = [
    ["text for a number", { replicas: "4abc" }, `replicas is "4abc"; it must be ${replicas}`],
    ["a negative number", { replicas: "-1" }, `replicas is "-1"; it must be ${replicas}`],
    ["a fraction", { replicas: "1.5" }, `replicas is "1.5"; it must be ${replicas}`],
    ["an unknown key", { replcas: "1" }, "replcas is no known key; did you mean replicas?"],
    [
      "an unknown key of an app",
      { apps: { one: { ...app, contianerPort: 1 } } },
      "apps.one.contianerPort is no known key; did you mean containerPort?",
    ],
    [
      "a port out of range",
      { apps: { one: { ...app, containerPort: 65536 } } },
      `apps.one.containerPort is 65536; it must be ${port}`,
    ],
    [
      "a missing image",
      { apps: { one: {} } },
      "apps.one.image is missing; it must be an image name, as in registry.example/team/app:1.0.0",
    ],
    [
      "an unknown policy",
      { apps: { one: { ...app, podManagementPolicy: "All" } } },
      'apps.one.podManagementPolicy is "All"; it must be one of OrderedReady, Parallel',
    ],
    ["an app that is no map", { apps: { one: 1 } }, "apps.one is 1; it must be a map"],
    ["apps that are no map", { apps: "[]" }, "apps is []; it must be a map"],
  ];
  for (const [name, settings, line] of cases) {
    it(`refuses ${name}`, () => {
      assert.deepEqual(mistakes(settings), [`stateful-apps:${line}`]);
    });
  }

  for (const size of ["0", "big", "-1Gi", "1gb", "0Mi"]) {
    it(`refuses ${size} as a size`, () => {
      const [line] = mistakes({ apps: { one: { ...app, claims: { data: { size, mountPath: "/data" } } } } });
      assert.match(line ?? "", /^stateful-apps:apps.one.claims.data.size is ".*"; it must be a Kubernetes quantity/);
    });
  }

  it("ends every config in settings or in an error for the user", function () {
    this.timeout("30s");
    const key = fc.constantFrom(
      "replicas",
      "apps",
      "one",
      "namespace",
      "image",
      "claims",
      "env",
      "data",
      "__proto__",
      "",
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, fc.jsonValue({ maxDepth: 1 }), fc.dictionary(key, tie("tree"))),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, tree), (settings) => {
        try {
          parse(settings);
        } catch (error) {
          assert.ok(pulumi.RunError.isInstance(error), String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});
