import assert from "node:assert/strict";
import * as fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../config";
import { type Reader, references, renamed } from "../../schema/references";
import { ConfigCopies } from "../../stack/configCopies";
import type { Place } from "../../stack/configObjects";
import { valueOf } from "../../stack/identity";
import { useEngine } from "./support/engine";

const configMap = { name: "c" };
const secret = { secretName: "s" };
const items = [{ key: "one", path: "p" }];

/** How an app can read ConfigMaps and Secrets, with what it reads: kind, name, and a key if it is only one. */
const ownReaders: [string, Record<string, unknown>, string[]][] = [
  ["a variable", { env: { A: { valueFrom: { configMapKeyRef: { name: "c", key: "one" } } } } }, ["configMaps c one"]],
  ["a secret variable", { env: { A: { valueFrom: { secretKeyRef: { name: "s", key: "one" } } } } }, ["secrets s one"]],
  [
    "all variables",
    { envFrom: [{ configMapRef: { name: "c" } }, { secretRef: { name: "s" } }] },
    ["configMaps c", "secrets s"],
  ],
  ["a volume", volumes({ configMap }), ["configMaps c"]],
  ["a secret volume", volumes({ secret }), ["secrets s"]],
  ["a volume of one key", volumes({ configMap: { ...configMap, items } }), ["configMaps c one"]],
  ["a secret volume of one key", volumes({ secret: { ...secret, items } }), ["secrets s one"]],
  ["a file of a volume", volumes({ configMap, subPath: "one" }), ["configMaps c one"]],
  ["a file of a secret volume", volumes({ secret, subPath: "one" }), ["secrets s one"]],
  ["one of the mounts of a volume", mounts({ subPath: "one" }), ["configMaps c one"]],
  ["a volume with a mount as a whole", mounts({ subPath: "one" }, {}), ["configMaps c"]],
  ["a volume with a part that a variable names", mounts({ subPath: "one" }, { subPathExpr: "$(A)" }), ["configMaps c"]],
  ["a volume that is not mounted", { volumes: { v: { configMap } } }, ["configMaps c"]],
  ["a volume without items, which has all", volumes({ configMap: { ...configMap, items: [] } }), ["configMaps c"]],
];

/** The same in fields of Kubernetes' own. */
const kubernetesReaders: typeof ownReaders = [
  [
    "a projected volume",
    volumes({
      projected: { sources: [{ configMap }, { secret: { name: "s" } }, { serviceAccountToken: { path: "t" } }] },
    }),
    ["configMaps c", "secrets s"],
  ],
  [
    "a projected volume of one key",
    volumes({ projected: { sources: [{ configMap: { ...configMap, items } }, { secret: { name: "s", items } }] } }),
    ["configMaps c one", "secrets s one"],
  ],
  [
    "a file of a projected volume",
    volumes({ projected: { sources: [{ configMap }] }, subPath: "one" }),
    ["configMaps c"],
  ],
  ...["containers", "initContainers"].flatMap((containers): [string, Record<string, unknown>, string[]][] => [
    [
      `a variable of one of the ${containers}`,
      {
        [containers]: [
          {
            name: "side",
            image: "side",
            env: [
              { name: "PLAIN", value: "a" },
              { name: "A", valueFrom: { configMapKeyRef: { name: "c", key: "one" } } },
              { name: "B", valueFrom: { secretKeyRef: { name: "s", key: "one" } } },
            ],
          },
        ],
      },
      ["configMaps c one", "secrets s one"],
    ],
    [
      `a file of a volume that one of the ${containers} mounts too`,
      {
        ...volumes({ configMap, subPath: "one" }),
        [containers]: [{ name: "side", image: "side", volumeMounts: [{ name: "v", mountPath: "/v" }] }],
      },
      ["configMaps c"],
    ],
    [
      `all variables of one of the ${containers}`,
      {
        [containers]: [
          { name: "one", image: "one" },
          { name: "two", image: "two", envFrom: [{ configMapRef: { name: "c" } }, { secretRef: { name: "s" } }] },
        ],
      },
      ["configMaps c", "secrets s"],
    ],
  ]),
];

/** The same for a job and for a CronJob of an app, which have no other containers, and mount each of their volumes. */
const jobReaders = [...ownReaders, ...kubernetesReaders]
  .filter(([, reader]) => !Object.hasOwn(reader, "containers") && !Object.hasOwn(reader, "initContainers"))
  .filter(([title]) => title !== "a volume that is not mounted")
  .flatMap(([title, reader, expected]): typeof ownReaders => [
    [`${title} of a job`, { jobs: { before: { j: reader } } }, expected],
    [`${title} of a CronJob`, { cronJobs: { j: { schedule: "@daily", ...reader } } }, expected],
  ]);

const readers = [...ownReaders, ...kubernetesReaders];

function volumes(source: Record<string, unknown>) {
  return { volumes: { v: { mountPath: "/v", ...source } } };
}

/** A volume with these mounts. */
function mounts(...list: Record<string, unknown>[]) {
  const paths = list.map((mount, i) => ({ mountPath: `/${String(i)}`, ...mount }));
  return { env: { A: "a" }, volumes: { v: { configMap, mounts: paths } } };
}

function parse(app: Record<string, unknown>, objects: Record<string, unknown>) {
  const config = { apps: { web: { image: "web", ...app } }, ...objects };
  const entries = Object.entries(config).map(([key, value]) => [`shop:${key}`, JSON.stringify(value)]);
  return parseConfig(Object.fromEntries(entries) as Record<string, string>, () => false, "shop");
}

/** The mistakes of an app without the objects that it reads, or without one of their keys. */
function mistakes(app: Record<string, unknown>, objects: Record<string, unknown> = {}): string[] {
  try {
    parse(app, objects);
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    return error.message.split("\n").slice(1);
  }
  return [];
}

const generated = { generate: 8 };
const objects = {
  configMaps: { c: { one: "1", two: "2" }, d: { one: "1" } },
  secrets: { s: { one: generated, two: generated }, d: { one: generated } },
};
const otherObjects = { configMaps: { c: { two: "2" } }, secrets: { s: { two: generated } } };

/** The same settings, with all references optional. */
const optional = (app: Record<string, unknown>) =>
  JSON.parse(JSON.stringify(app).replaceAll(/"(name|secretName)":"[cs]"/g, '$&,"optional":true')) as Record<
    string,
    unknown
  >;

/** The settings of an app with the names of what it reads, if the keys of ConfigMaps and Secrets have these versions. */
async function namesRead(app: Record<string, unknown>, changed?: string): Promise<string> {
  const object = (kind: string, name: string) => ({
    resource: undefined as unknown as pulumi.Resource,
    versions: new Map(
      ["one", "two"].map((key) => [key, `${kind} ${name} ${key}` === changed ? 2 : 1] as [string, number]),
    ),
    generated: [],
    dataOf: () => ({ data: {} }),
  });
  const copies = new ConfigCopies(
    {
      configMaps: new Map(["c", "d"].map((name) => [name, object("configMaps", name)])),
      secrets: new Map(["s", "d"].map((name) => [name, object("secrets", name)])),
    },
    { namespace: "shop", partOf: "shop-dev" } as Place,
  );
  return JSON.stringify(await valueOf(pulumi.output(copies.readBy(parse(app, objects).apps.web as Reader))));
}

describe("what an app reads of ConfigMaps and Secrets", () => {
  beforeEach(async () => {
    await useEngine();
  });

  for (const [title, app, expected] of readers) {
    it(`is known: ${title}`, () => {
      const read = references(parse(app, objects).apps.web as Reader);
      assert.deepEqual(
        read.map(({ kind, name, key }) => [kind, name, key].filter(Boolean).join(" ")),
        expected,
      );
    });
  }

  for (const [title, app, expected] of [...readers, ...jobReaders]) {
    it(`restarts the app when it changes, and nothing else does: ${title}`, async () => {
      const before = await namesRead(app);
      for (const kind of ["configMaps c", "secrets s", "configMaps d", "secrets d"]) {
        for (const key of ["one", "two"]) {
          const isRead = expected.includes(kind) || expected.includes(`${kind} ${key}`);
          const after = await namesRead(app, `${kind} ${key}`);
          assert.equal(after !== before, isRead, `${kind} ${key}`);
        }
      }
    });

    it(`must be there: ${title}`, () => {
      const lines = mistakes(app);
      assert.equal(lines.length, expected.length, lines.join("\n"));
      for (const line of lines)
        assert.match(
          line,
          /shop:apps\.web\.\S+[nN]ame is "[cs]"; it must be a name in (\w+), which is empty, or, .* in existing\1, which is empty$/i,
        );
      const withoutKey = mistakes(app, otherObjects);
      assert.equal(withoutKey.length, expected.filter((words) => words.endsWith("one")).length, withoutKey.join("\n"));
      for (const line of withoutKey) assert.match(line, /is "one"; it must be a key of \w+\.[cs]: two$/);
    });
  }

  it("is a key for each mount, if all are of one file", () => {
    const app = parse(mounts({ subPath: "one" }, { subPath: "two" }), objects).apps.web as Reader;
    const read = references(app).map(({ name, key, path }) => [name, key, path.join(".")]);
    assert.deepEqual(read, [
      ["c", "one", "volumes.v.mounts.0.subPath"],
      ["c", "two", "volumes.v.mounts.1.subPath"],
    ]);
  });

  for (const [title, app] of [...readers, ...jobReaders]) {
    it(`can be missing if it is optional: ${title}`, () => {
      assert.deepEqual(mistakes(optional(app)), []);
      assert.deepEqual(mistakes(optional(app), otherObjects), []);
    });
  }

  it("keeps its name if it does not belong to the stack", async () => {
    const sources = [{ configMap: { name: "theirs", optional: true } }, { secret: { name: "theirs", optional: true } }];
    const { volumes: read } = JSON.parse(await namesRead(volumes({ projected: { sources } }))) as Reader;
    assert.deepEqual(read?.v?.projected, { sources });
  });

  it("is found in whatever Kubernetes' own fields contain", () => {
    const key = fc.constantFrom(
      "sources",
      "configMap",
      "secret",
      "name",
      "items",
      "key",
      "env",
      "envFrom",
      "valueFrom",
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 6 },
        fc.constantFrom<unknown>(null, "a", "", 1, true),
        fc.dictionary(key, tie("tree")),
        fc.array(tie("tree"), { maxLength: 2 }),
      ),
    }));
    fc.assert(
      fc.property(tree, tree, (projected, containers) => {
        const app = { volumes: { v: { projected } }, containers, initContainers: containers } as Reader;
        const found = references(app);
        for (const { name } of found) assert.equal(name, "a");
        const others = references(renamed(app, () => "b"));
        assert.deepEqual(
          others,
          found.map((reference) => ({ ...reference, name: "b" })),
        );
      }),
      { numRuns: 1000 },
    );
  });
});
