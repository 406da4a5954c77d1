import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../config";
import { appObjects } from "../../objects/appObjects";
import { selectorLabels } from "../../objects/labels";
import { checkedAppArgs } from "../../schema/checkedArgs";

const objects = { configMaps: { c: { k: "" } }, secrets: { s: { k: { generate: 8 } } } };

function parse(app: Record<string, unknown>, ofStack: Record<string, unknown> = {}) {
  const settings = { apps: { web: { image: "web", ...app } }, stores: { redis: {} }, ...objects, ...ofStack };
  const config = Object.entries(settings).map(([key, value]) => [`shop:${key}`, JSON.stringify(value)]);
  const stack = parseConfig(Object.fromEntries(config) as Record<string, string>, () => false, "shop");
  return stack.apps.web as (typeof stack.apps)[string];
}

function mistakes(...args: Parameters<typeof parse>): string[] {
  try {
    parse(...args);
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.trim().replace("shop:apps.web.", ""));
  }
  return [];
}

/** The StatefulSet's spec as the API server gets it. */
const specOf = (app: Record<string, unknown>) => {
  const { statefulSet } = appObjects("web", { namespace: "shop", partOf: "shop-dev", ...parse(app) });
  return JSON.parse(JSON.stringify(statefulSet.spec)) as {
    volumeClaimTemplates: { metadata: unknown; spec: unknown }[];
    template: { spec: { containers: { volumeMounts: unknown }[]; volumes: unknown } };
  };
};

const claim = (settings: Record<string, unknown>, others: Record<string, unknown> = {}) => ({
  claims: { data: { size: "1Gi", ...settings } },
  ...others,
});
const mounted = (settings: Record<string, unknown>) => claim({ mountPath: "/data", ...settings });
const volume = (settings: Record<string, unknown>, others: Record<string, unknown> = {}) => ({
  volumes: { v: { emptyDir: {}, ...settings } },
  ...others,
});
const env = { POD_NAME: { valueFrom: { fieldRef: { fieldPath: "metadata.name" } } } };
const sidecar = (...volumeMounts: unknown[]) => [{ name: "side", image: "side", volumeMounts }];

describe("the sources of volumes", () => {
  for (const source of [
    { downwardAPI: { items: [{ path: "name", fieldRef: { fieldPath: "metadata.name" } }] } },
    { image: { reference: "registry.example/team/model:1.0.0", pullPolicy: "IfNotPresent" } },
    { iscsi: { targetPortal: "10.0.0.1", iqn: "iqn.2001-04.com.example:a", lun: 0 } },
    { fc: { targetWWNs: ["50060e801049cfd1"], lun: 0 } },
  ]) {
    it(`can be ${Object.keys(source).join()}`, () => {
      const { volumes } = specOf(volume({ emptyDir: undefined, mountPath: "/v", ...source })).template.spec;
      assert.deepEqual(volumes, [{ name: "v", ...source }]);
    });
  }
});

describe("how claims and volumes are mounted", () => {
  const mounts: [string, Record<string, unknown>, Record<string, unknown>[]][] = [
    ["as a whole", { mountPath: "/data" }, [{ mountPath: "/data" }]],
    [
      "in part, and read-only",
      { mountPath: "/data", subPath: "a/b", readOnly: true },
      [{ mountPath: "/data", subPath: "a/b", readOnly: true }],
    ],
    [
      "so that the node sees what the container mounts",
      { mounts: [{ mountPath: "/data", mountPropagation: "Bidirectional" }] },
      [{ mountPath: "/data", mountPropagation: "Bidirectional" }],
    ],
    [
      "read-only with what is mounted within",
      { mounts: [{ mountPath: "/data", readOnly: true, recursiveReadOnly: "Enabled" }] },
      [{ mountPath: "/data", readOnly: true, recursiveReadOnly: "Enabled" }],
    ],
    [
      "several times, in the order of the list",
      { mounts: [{ mountPath: "/z", subPath: "lib" }, { mountPath: "/a", readOnly: "true" }, { mountPath: "/m" }] },
      [{ mountPath: "/z", subPath: "lib" }, { mountPath: "/a", readOnly: true }, { mountPath: "/m" }],
    ],
    [
      "in a part that a variable names",
      { mounts: [{ mountPath: "/data", subPathExpr: "$(POD_NAME)/$$(A)" }] },
      [{ mountPath: "/data", subPathExpr: "$(POD_NAME)/$$(A)" }],
    ],
  ];
  for (const [title, settings, expected] of mounts) {
    it(`can be ${title}`, () => {
      const ofClaim = specOf(claim(settings, { env })).template.spec;
      assert.deepEqual(
        ofClaim.containers[0]?.volumeMounts,
        expected.map((mount) => ({ name: "data", ...mount })),
      );
      const ofVolume = specOf(volume(settings, { env })).template.spec;
      assert.deepEqual(
        ofVolume.containers[0]?.volumeMounts,
        expected.map((mount) => ({ name: "v", ...mount })),
      );
      assert.deepEqual(ofVolume.volumes, [{ name: "v", emptyDir: {} }]);
    });
  }

  const accepted: [string, Record<string, unknown>][] = [
    ["a claim that only another container mounts", claim({}, { containers: sidecar({ name: "data" }) })],
    ["a claim that only an init container mounts", claim({}, { initContainers: sidecar({ name: "data" }) })],
    ["a volume that nothing mounts", volume({})],
    ["a volume that another container mounts", volume({}, { containers: sidecar({ name: "v" }) })],
    [
      "variables that the names of parts can get from elsewhere",
      claim({ mounts: [{ mountPath: "/data", subPathExpr: "$(A)" }] }, { envFrom: [{ configMapRef: { name: "c" } }] }),
    ],
    [
      "the variables of a store",
      claim({ mounts: [{ mountPath: "/data", subPathExpr: "$(REDIS_ADDRESS)" }] }, { store: "redis" }),
    ],
    ["other containers that mount nothing", { containers: [{ name: "side", image: "side" }] }],
  ];
  for (const [title, app] of accepted) {
    it(`accepts ${title}`, () => {
      assert.deepEqual(mistakes(app), []);
    });
  }

  const refused: [string, Record<string, unknown>, string][] = [
    [
      "mounts beside mountPath",
      claim({ mountPath: "/a", mounts: [{ mountPath: "/b" }] }),
      "claims.data.mounts is not allowed beside mountPath",
    ],
    ["no mounts", volume({ mounts: [] }), "volumes.v.mounts must not be empty"],
    [
      "a claim that nothing mounts",
      claim({}, { containers: [{ name: "side", image: "side" }] }),
      "claims.data must have one of mountPath and mounts, unless another container mounts it",
    ],
    [
      "a part of a volume without a path",
      volume({ subPath: "a" }),
      "volumes.v.subPath requires mountPath; in mounts, each entry has its own",
    ],
    [
      "readOnly beside mounts",
      claim({ readOnly: false, mounts: [{ mountPath: "/a" }] }),
      "claims.data.readOnly requires mountPath; in mounts, each entry has its own",
    ],
    ["a mount without a path", volume({ mounts: [{ subPath: "a" }] }), "volumes.v.mounts.0.mountPath is missing"],
    [
      "a path out of the volume",
      volume({ mounts: [{ mountPath: "/a", subPathExpr: "../b" }] }),
      'volumes.v.mounts.0.subPathExpr is "../b"; it must be a relative path without `..`',
    ],
    [
      "a part that is named in two ways",
      volume({ mounts: [{ mountPath: "/a", subPath: "a", subPathExpr: "$(X)" }] }),
      "volumes.v.mounts.0.subPathExpr is not allowed beside subPath",
    ],
    [
      "a variable that the container does not have",
      claim({ mounts: [{ mountPath: "/a" }, { mountPath: "/b", subPathExpr: "x/$(POD)" }] }, { env }),
      'claims.data.mounts.1.subPathExpr is "x/$(POD)"; it requires the variable POD in env',
    ],
    [
      "a path of two volumes",
      { ...mounted({}), ...volume({ mounts: [{ mountPath: "/a" }, { mountPath: "/data/" }] }) },
      'volumes.v.mounts.1.mountPath is "/data/"; it must differ from the path of claims.data',
    ],
    [
      "a path twice in one volume",
      volume({ mounts: [{ mountPath: "/a" }, { mountPath: "/a", subPath: "b" }] }),
      'volumes.v.mounts.1.mountPath is "/a"; it must differ from the path of volumes.v.mounts.0',
    ],
    [
      "a volume of another container that does not exist",
      { ...mounted({}), ...volume({}), containers: sidecar({ name: "data" }, { name: "dat" }) },
      'containers.0.volumeMounts.1.name is "dat"; it must be a name in claims or volumes, which have data, v',
    ],
    [
      "a volume of an init container, if there are none",
      { initContainers: sidecar({ name: "constructor" }) },
      'initContainers.0.volumeMounts.0.name is "constructor"; it must be a name in claims or volumes, which are empty',
    ],
    [
      "a mount of another container without a name",
      { containers: sidecar({ mountPath: "/a" }) },
      "containers.0.volumeMounts.0.name must be a name in claims or volumes",
    ],
  ];
  for (const [title, app, start] of refused) {
    it(`is a mistake: ${title}`, () => {
      const lines = mistakes(app);
      assert.equal(lines.length, 1, lines.join("\n"));
      assert.ok(lines[0]?.startsWith(start), lines[0]);
    });
  }

  it("is not checked as far as a program knows it only later", () => {
    const args = { namespace: "shop", partOf: "shop", image: "web" };
    const claims = { data: { size: "1Gi" } };
    for (const volumeMounts of [pulumi.output([]), [pulumi.output({})], [{ name: pulumi.output("data") }]]) {
      checkedAppArgs("web", { ...args, claims, containers: [{ name: "side", image: "side", volumeMounts }] });
    }
  });
});

describe("what a claim asks for", () => {
  const fields: Record<string, unknown> = {
    storageClassName: "",
    selector: { matchLabels: { disk: "a" } },
    volumeName: "pv-1",
    dataSource: { kind: "PersistentVolumeClaim", name: "old" },
    volumeAttributesClassName: "fast",
  };
  for (const [field, value] of Object.entries(fields)) {
    it(`can be ${field}`, () => {
      const [template] = specOf(mounted({ [field]: value })).volumeClaimTemplates;
      const resources = { requests: { storage: "1Gi" } };
      assert.deepEqual(template?.spec, { accessModes: ["ReadWriteOnce"], resources, [field]: value });
    });
  }

  it("can be the content of any object", () => {
    const dataSourceRef = { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "a", namespace: "b" };
    const [template] = specOf(mounted({ dataSourceRef })).volumeClaimTemplates;
    assert.deepEqual((template?.spec as Record<string, unknown>).dataSourceRef, dataSourceRef);
  });

  it("can be labels and annotations, beside the labels that select the app", () => {
    const labels = { "velero.io/backup": true, "app.kubernetes.io/part-of": "x" };
    const [template] = specOf(mounted({ labels, annotations: { a: 1 } })).volumeClaimTemplates;
    assert.deepEqual(template?.metadata, {
      name: "data",
      labels: { "velero.io/backup": "true", "app.kubernetes.io/part-of": "x", ...selectorLabels("web") },
      annotations: { a: "1" },
    });
  });

  for (const label of [
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/managed-by",
    "stateful-apps/stack-id",
  ]) {
    it(`cannot be a label by which the stack recognizes its claims: ${label}`, () => {
      assert.deepEqual(mistakes(mounted({ labels: { [label]: "a" } })), [
        `claims.data.labels.${label} is not allowed: the stack recognizes its claims by this label`,
      ]);
    });
  }

  it("cannot be one volume for several replicas", () => {
    const app = (replicas: number) => ({ ...mounted({ volumeName: "pv-1" }), replicas });
    assert.deepEqual(mistakes(app(2)), [
      'claims.data.volumeName is "pv-1"; it is only allowed with one replica: there are 2, each with a claim of its own, and only one claim can use a volume',
    ]);
    assert.deepEqual(mistakes(app(1)), []);
    assert.deepEqual(mistakes(app(0)), []);
    assert.equal(mistakes(mounted({ volumeName: "pv-1" }), { replicas: -1 }).length, 1);
  });

  it("cannot be made from snapshots if they are volumes that exist, or if there are none", () => {
    const restoreFrom = { snapshot: "first" };
    assert.deepEqual(mistakes({ ...mounted({ volumeName: "pv-1", selector: {} }), restoreFrom }), [
      "claims.data.selector is not allowed beside restoreFrom: no snapshot would be restored to a volume that exists",
      "claims.data.volumeName is not allowed beside restoreFrom: no snapshot would be restored to a volume that exists",
    ]);
    assert.deepEqual(mistakes({ restoreFrom }), ["restoreFrom requires claims, of which there are none"]);
    assert.deepEqual(mistakes({ ...mounted({}), restoreFrom }), []);
  });

  it("cannot be the content of two objects", () => {
    const source = { kind: "PersistentVolumeClaim", name: "old" };
    assert.deepEqual(mistakes(mounted({ dataSource: source, dataSourceRef: source })), [
      "claims.data.dataSourceRef is not allowed beside dataSource",
    ]);
  });
});

describe("the permissions of files", () => {
  const withMode = (mode: unknown) =>
    ["configMap", "secret"].map((source) => {
      const name = source === "secret" ? { secretName: "s" } : { name: "c" };
      return volume({
        emptyDir: undefined,
        [source]: { ...name, defaultMode: mode, items: [{ key: "k", path: "p", mode }] },
      });
    });

  for (const [mode, expected] of [
    [0, 0],
    [256, 256],
    [511, 511],
    ["256", 256],
    ["0", 0],
    ["0400", 256],
    ["00400", 256],
    ["0777", 511],
    ["0000", 0],
  ]) {
    it(`are a number for Kubernetes: ${JSON.stringify(mode)}`, () => {
      for (const app of withMode(mode)) {
        const text = JSON.stringify(specOf(app).template.spec.volumes);
        assert.deepEqual(
          [...text.matchAll(/"(defaultMode|mode)":([^,}]+)/g)].map(([, , written]) => written),
          [String(expected), String(expected)],
        );
      }
    });
  }

  for (const mode of [512, -1, 1.5, "512", "01000", "0888", "0189", "0o400", "-0400", "0400 ", "rwx", "", true]) {
    it(`cannot be ${JSON.stringify(mode)}`, () => {
      for (const app of withMode(mode)) {
        const lines = mistakes(app);
        assert.equal(lines.length, 2, lines.join("\n"));
        for (const line of lines) {
          assert.match(line, /ode is .*; it must be an integer from 0 to 511, or octal text from "0000" to "0777"$/);
        }
      }
    });
  }
});
