import type { V1PersistentVolumeClaim, V1StatefulSetSpec } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { usedVolumes } from "../../live/volumes/use";
import { Identity, identityLabel } from "../../objects/identity";
import { selectorLabels, stackLabels } from "../../objects/labels";
import { deletable, deleteClaims, fateOfVolume } from "../../tools/lib/claimDeletion";
import { checkAppsAreMentioned, claimOptions } from "../../tools/lib/claimOptions";
import { age, claimCells, inUnits } from "../../tools/lib/claimTable";
import { type ClaimConfig, orphansAmong, stackClaims } from "../../tools/lib/stackClaims";
import { recordedIdentity } from "../../tools/lib/stateFile";
import { inFastTime } from "./support/clock";
import { MemoryCluster } from "./support/memoryCluster";

const identity = new Identity("one", "shop-dev", ["zero"]);

let cluster: MemoryCluster;
beforeEach(() => {
  cluster = new MemoryCluster();
});

interface ClaimFields {
  /** The identity of its stack; null if it has none. */
  id?: string | null;
  metadata?: object;
  volumeName?: string;
}

function putClaim(name: string, { id = "one", metadata, volumeName }: ClaimFields = {}): void {
  const app = name.replace(/^[a-z]+-|-\d+$/g, "");
  cluster.put("PersistentVolumeClaim", {
    metadata: {
      namespace: "shop",
      name,
      uid: `uid-${name}`,
      resourceVersion: "1",
      labels: { ...selectorLabels(app), ...(id === null ? {} : { [identityLabel]: id }) },
      ...metadata,
    },
    spec: { volumeName, resources: { requests: { storage: "1Gi" } } },
  } as V1PersistentVolumeClaim);
}

/** A pod that mounts claims. */
const putPod = (name: string, ...claims: string[]) =>
  cluster.put("Pod", {
    metadata: { namespace: "shop", name },
    spec: {
      nodeName: "node-1",
      volumes: [
        { name: "tmp", emptyDir: {} },
        ...claims.map((claimName) => ({ persistentVolumeClaim: { claimName } })),
      ],
    },
  } as object);

const putStatefulSet = (name: string, spec: Partial<V1StatefulSetSpec>) =>
  cluster.put("StatefulSet", {
    metadata: { namespace: "shop", name, labels: { ...stackLabels("shop-dev"), [identityLabel]: "one" } },
    spec: { volumeClaimTemplates: [{ metadata: { name: "data" } }], ...spec },
  } as object);

const config: ClaimConfig = {
  namespace: "shop",
  apps: { db: { replicas: 2, claims: { data: {} } } },
  stores: { redis: {} },
};

const read = (given: Partial<ClaimConfig> = {}) => stackClaims({ ...config, ...given }, identity, cluster);

/** What is thrown, which must be for the user. */
async function refusalOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    return error.message;
  }
  return assert.fail("nothing was refused");
}

describe("the claims of a stack that `npm run claims` lists", () => {
  const names = async () => (await read()).own.map(({ name }) => name);

  it("have its identity, or an earlier one, or were made by its own StatefulSet", async () => {
    putClaim("data-db-10");
    putClaim("data-db-9", { id: "zero" });
    putClaim("data-db-2", { id: null });
    putClaim("data-mail-0", { id: "two" });
    putClaim("data-cart-0", { id: null });
    assert.deepEqual(await names(), ["data-db-9", "data-db-10"]);
    putStatefulSet("db", { replicas: 2 });
    assert.deepEqual(await names(), ["data-db-2", "data-db-9", "data-db-10"]);
    assert.deepEqual(
      (await read()).others.map(({ metadata }) => metadata?.name),
      ["data-mail-0", "data-cart-0"],
    );
  });

  for (const [title, name, isOrphan, given] of [
    ["within the replicas is none", "data-db-1", false],
    ["beyond the replicas is one", "data-db-2", true],
    ["of a store is none", "data-redis-0", false],
    ["beyond the one replica of a store is one", "data-redis-1", true],
    ["of a former app is one", "data-mail-0", true],
    ["of a former volume is one", "log-db-0", true],
    ["below the first ordinal is one", "data-db-1", true, { replicas: 2, ordinals: { start: 2 } }],
    ["above the first ordinal is none", "data-db-3", false, { replicas: 2, ordinals: { start: 2 } }],
    ["of an app without replicas is one", "data-db-0", true, { replicas: 0 }],
  ] as const) {
    it(`are orphans if the config does not ask for them: one ${title}`, async () => {
      putClaim(name);
      const apps = { db: { ...config.apps.db, replicas: 2, ...given } };
      const { own } = await read({ apps });
      assert.deepEqual([own.length, orphansAmong(own).length], [1, isOrphan ? 1 : 0]);
    });
  }

  it("are no orphans if the config names them at another place", async () => {
    putClaim("data-mail-0");
    putClaim("data-mail-1");
    const volumes = { old: { persistentVolumeClaim: { claimName: "data-mail-0" } } };
    const objects = { reader: { spec: { volumes: [{ persistentVolumeClaim: { claimName: "data-mail-1" } }] } } };
    const { own } = await read({ apps: { web: { replicas: 1, volumes } as ClaimConfig["apps"][string] }, objects });
    assert.deepEqual([own.length, orphansAmong(own)], [2, []]);
  });

  it("have the app and the ordinal in their names", async () => {
    putClaim("data-db-12");
    putClaim("adopted", { metadata: { labels: { [identityLabel]: "one", "app.kubernetes.io/instance": "db" } } });
    assert.deepEqual(
      (await read()).own.map(({ app, ordinal }) => [app, ordinal]),
      [
        [undefined, undefined],
        ["db", 12],
      ],
    );
  });

  it("are used by pods, and by those that a StatefulSet starts again", async () => {
    putClaim("data-db-0");
    putClaim("data-db-1");
    putClaim("data-db-5");
    putPod("db-0", "data-db-0");
    putPod("backup", "data-db-0");
    putStatefulSet("db", { replicas: 1, ordinals: { start: 5 } });
    assert.deepEqual(
      (await read()).own.map(({ users }) => users),
      [["backup", "db-0"], [], ["db-5"]],
    );
  });

  for (const [title, put, name, words] of [
    ["free", () => undefined, "data-db-2", "--delete data-db-2"],
    ["free, and wanted again", () => undefined, "data-db-1", "--delete data-db-1; `pulumi up` would use it again"],
    [
      "used by a replica",
      () => putPod("db-1", "data-db-1"),
      "data-db-1",
      "in use: set stateful-apps:apps.db.replicas to 1 or less",
    ],
    [
      "used by the first replica",
      () => putPod("db-0", "data-db-0"),
      "data-db-0",
      "in use: set stateful-apps:apps.db.replicas to 0",
    ],
    [
      "used by a store",
      () => putPod("redis-0", "data-redis-0"),
      "data-redis-0",
      "in use: remove stateful-apps:stores.redis",
    ],
    [
      "used by a replica that the config no longer has",
      () => putPod("db-2", "data-db-2"),
      "data-db-2",
      "in use: run `pulumi up --refresh`, which stops its pod",
    ],
    ["used by another pod", () => putPod("backup", "data-db-0"), "data-db-0", "in use: stop backup"],
  ] as const) {
    it(`say what it takes to remove one that is ${title}`, async () => {
      putClaim(name);
      put();
      assert.deepEqual(
        (await read()).own.map(({ removal }) => removal),
        [words],
      );
    });
  }

  it("count the replicas from the first ordinal", async () => {
    putClaim("data-db-6");
    putPod("db-6", "data-db-6");
    const apps = { db: { replicas: 3, ordinals: { start: 5 }, claims: { data: {} } } };
    assert.match((await read({ apps })).own[0]?.removal ?? "", /replicas to 1 or less$/);
  });

  it("say what holds one that is terminating", async () => {
    putClaim("data-db-0", { metadata: { deletionTimestamp: new Date(), finalizers: ["example.org/backup"] } });
    assert.equal((await read()).own[0]?.removal, "terminating: held by example.org/backup");
    putPod("db-0", "data-db-0");
    assert.equal((await read()).own[0]?.removal, "terminating: ends with its pods");
  });
});

describe("the deletion of claims", () => {
  const said: string[] = [];
  beforeEach(() => {
    said.length = 0;
  });
  const choose = async (...names: string[]) => deletable(names, await read(), identity);
  const remove = async (...names: string[]) => {
    const chosen = await choose(...names);
    await inFastTime(() => deleteClaims(chosen, read, cluster, (text) => said.push(text)));
  };

  it("refuses all that are in use, of somebody else or missing at once, and deletes nothing then", async () => {
    for (const name of ["data-db-0", "data-db-1", "data-db-2"]) putClaim(name);
    putClaim("data-mail-0", { id: "two" });
    putClaim("data-web-0", { id: null });
    putPod("db-0", "data-db-0");
    assert.equal(
      await refusalOf(() => remove("data-db-2", "data-db-0", "data-mail-0", "data-web-0", "data-db-7")),
      [
        "Claims cannot be deleted; nothing was changed.",
        "  data-db-0 is used by db-0 (in use: set stateful-apps:apps.db.replicas to 0)",
        "  data-mail-0 does not belong to the stack, but to a stack whose identity is two",
        "  data-web-0 does not belong to the stack, but to somebody else",
        "  data-db-7 does not exist",
      ].join("\n"),
    );
    assert.deepEqual(cluster.writes, []);
  });

  it("deletes what is named, once, also if the config asks for it", async () => {
    for (const name of ["data-db-0", "data-db-1", "data-db-2"]) putClaim(name);
    await remove("data-db-2", "data-db-0", "data-db-2");
    assert.deepEqual(cluster.writes, ["deletes data-db-0", "deletes data-db-2"]);
    assert.deepEqual(said, ["Deleted data-db-0", "Deleted data-db-2"]);
  });

  it("ends before a claim that a pod uses by now", async () => {
    for (const name of ["data-db-0", "data-db-1"]) putClaim(name);
    const chosen = await choose("data-db-0", "data-db-1");
    putPod("db-1", "data-db-1");
    assert.match(
      await refusalOf(() => inFastTime(() => deleteClaims(chosen, read, cluster, (text) => said.push(text)))),
      /^data-db-1 is used by db-1 .* by now\. Neither this claim nor those after it were deleted\.$/,
    );
    assert.deepEqual(said, ["Deleted data-db-0"]);
  });

  it("ends before a claim that is another one by now, or has changed", async () => {
    for (const metadata of [{ uid: "another" }, { resourceVersion: "2" }]) {
      putClaim("data-db-0");
      const chosen = await choose("data-db-0");
      putClaim("data-db-0", { metadata });
      assert.match(
        await refusalOf(() => deleteClaims(chosen, read, cluster, (text) => said.push(text))),
        /^data-db-0 has changed since it was listed\./,
      );
    }
    assert.deepEqual(cluster.writes, []);
  });

  it("says what the API server refuses", async () => {
    putClaim("data-db-0");
    cluster.deleteClaim = () => Promise.reject(new Error("no right to delete"));
    assert.match(
      await refusalOf(() => remove("data-db-0")),
      /^data-db-0 cannot be deleted: no right to delete\. Neither/,
    );
  });

  it("says which finalizer holds a claim", async () => {
    putClaim("data-db-0", { metadata: { finalizers: ["example.org/backup"] } });
    await remove("data-db-0");
    assert.deepEqual(said, ["data-db-0 is terminating: the finalizer example.org/backup holds it"]);
  });

  it("says what becomes of the volume", async () => {
    const volume = (name: string, persistentVolumeReclaimPolicy: string) =>
      cluster.put("PersistentVolume", { metadata: { name }, spec: { persistentVolumeReclaimPolicy } } as object);
    volume("pv-0", "Delete");
    volume("pv-1", "Retain");
    putClaim("data-db-0", { volumeName: "pv-0" });
    putClaim("data-db-1", { volumeName: "pv-1" });
    putClaim("data-db-2");
    const { own } = await read();
    const fates = () => Promise.all(own.map((claim) => fateOfVolume(claim, cluster)));
    assert.deepEqual(await fates(), ["deleted with its data", "kept (Retain): PersistentVolume pv-1", "there is none"]);
    cluster.hidden.add("PersistentVolume");
    assert.match((await fates())[0] ?? "", /^deleted or kept: its reclaim policy cannot be read$/);
  });
});

describe("the options of `npm run claims`", () => {
  for (const [args, problem] of [
    ["data-db-0", /^Names of claims require --delete: data-db-0\.$/],
    ["--orphans data-db-0", /^Names of claims require --delete/],
    ["--orphans --delete data-db-0", /^--orphans and names of claims exclude each other\.$/],
    ["--delete", /^--delete requires the names of claims, or --orphans\.$/],
    ["--delete --yes", /^--delete requires the names of claims, or --orphans\.$/],
  ] as const) {
    it(`do not say what to delete: ${args}`, async () => {
      assert.match(await refusalOf(() => claimOptions(args.split(" "), true)), problem);
    });
  }

  it("delete only if somebody can be asked, or need not be", async () => {
    const args = ["--delete", "data-db-0"];
    assert.match(await refusalOf(() => claimOptions(args, false)), /nothing was changed\. Add --yes\.$/);
    assert.deepEqual(claimOptions(args, true).names, ["data-db-0"]);
    assert.equal(claimOptions([...args, "--yes"], false).yes, true);
    assert.equal(claimOptions([], false).delete, false);
  });

  it("do not take all claims for orphans because the stack file is incomplete", async () => {
    assert.match(
      await refusalOf(() => {
        checkAppsAreMentioned({ unsaid: ["apps", "stores"] });
      }),
      /^The config does not mention stateful-apps:apps, /,
    );
    checkAppsAreMentioned({ unsaid: ["stores"] });
  });
});

describe("a claim in a table", () => {
  const cellsOf = async () => {
    const { own } = await read();
    return own.map(await claimCells(own, "shop", cluster));
  };

  it("has the size and the age of the volume, and how full it is while a pod mounts it", async () => {
    const created = { creationTimestamp: new Date(Date.now() - 90_500) };
    putClaim("data-db-0", { metadata: created });
    putClaim("data-db-1", { metadata: created });
    putPod("db-0", "data-db-0");
    const use = { used: 3 * 2 ** 20, capacity: 1000 * 2 ** 20 };
    cluster.volumeUses.set("node-1", new Map([["data-db-0", use]]));
    assert.deepEqual(await cellsOf(), [
      { size: "1Gi", used: "3Mi of 0.977Gi", age: "90s" },
      { size: "1Gi", used: "-", age: "90s" },
    ]);
    cluster.hidden.add("kubelet");
    assert.deepEqual(
      (await cellsOf()).map(({ used }) => used),
      ["-", "-"],
    );
  });

  it("is measured by the kubelet, if it knows the kind of the volume", () => {
    const ref = (name: string, namespace = "shop") => ({ pvcRef: { name, namespace } });
    const volume = [
      { ...ref("a"), usedBytes: 0, capacityBytes: 10 },
      ref("b"),
      { ...ref("c", "other"), usedBytes: 1, capacityBytes: 2 },
      { usedBytes: 1, capacityBytes: 2 },
    ];
    assert.deepEqual([...usedVolumes({ pods: [{ volume }, {}] }, "shop")], [["a", { used: 0, capacity: 10 }]]);
    assert.deepEqual([...usedVolumes({}, "shop")], []);
  });

  const [minute, hour, day, year] = [60, 3600, 86_400, 31_536_000];
  for (const [seconds, words] of [
    [-5, "0s"],
    [119.9, "119s"],
    [2 * minute, "2m"],
    [2 * minute + 1, "2m1s"],
    [10 * minute + 30, "10m"],
    [3 * hour - 1, "179m"],
    [3 * hour + minute, "3h1m"],
    [8 * hour, "8h"],
    [2 * day - 1, "47h"],
    [2 * day + hour, "2d1h"],
    [8 * day + hour, "8d"],
    [2 * year + day, "2y1d"],
    [8 * year + day, "8y"],
  ] as const) {
    it(`has an age in kubectl's words: ${words}`, () => {
      assert.equal(age(seconds), words);
    });
  }

  for (const [bytes, words] of [
    [0, "0"],
    [999, "999"],
    [1023, "0.999Ki"],
    [1024, "1Ki"],
    [1536, "1.5Ki"],
    [999.6 * 2 ** 10, "0.976Mi"],
    [123_456_789, "118Mi"],
    [5 * 2 ** 60, "5120Pi"],
  ] as const) {
    it(`has amounts in Kubernetes' units: ${words}`, () => {
      assert.equal(inUnits(bytes), words);
    });
  }
});

describe("the identity in a state", () => {
  const stash = (name: string, output: object) => ({
    urn: `urn:pulumi:dev::shop::pulumi:index:Stash::${name}`,
    type: "pulumi:index:Stash",
    outputs: { output },
  });

  it("is that of the stack, and none after a destruction", () => {
    const resources = [stash("cluster", {}), stash("identity", { id: "one", partOf: "shop-dev" })];
    assert.deepEqual(recordedIdentity({ version: 3, deployment: { resources } }), { id: "one", partOf: "shop-dev" });
    assert.equal(recordedIdentity({ version: 3, deployment: {} }), undefined);
  });
});
