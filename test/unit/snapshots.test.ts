import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { withVolumesReady } from "../../components/volumes";
import type { VolumeSnapshot } from "../../live/cluster";
import { NoCluster } from "../../live/noCluster";
import { PlannedChange } from "../../live/rollout/plannedChange";
import { restoreClaims, type RestoreFrom } from "../../live/snapshots/restore";
import { setsOf } from "../../live/snapshots/sets";
import { removeOldSets, takeSnapshots } from "../../live/snapshots/take";
import { Identity, identityLabel } from "../../objects/identity";
import { selectorLabels } from "../../objects/labels";
import { volumeSnapshot } from "../../objects/snapshots";
import { valueOf } from "../../stack/identity";
import { checkRestores } from "../../stack/restores";
import { inFastTime } from "./support/clock";
import { capturedLog, useEngine } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";

const identity = new Identity("one", "shop-dev", ["zero"]);

let cluster: MemoryCluster;
beforeEach(() => {
  cluster = new MemoryCluster();
});

interface SnapshotFields {
  set?: string;
  app?: string;
  namespace?: string;
  id?: string;
  /** How many snapshots the set has. */
  count?: number;
  status?: VolumeSnapshot["status"];
  deletionTimestamp?: Date;
  /** Its age, in any unit. */
  age?: number;
}

const usualStatus = { readyToUse: true, creationTime: "2026-11-27T14:05:01Z", restoreSize: "1Gi" };

function putSnapshot(volume: string, ordinal: number, fields: SnapshotFields = {}) {
  const { set = "first", app = "db", namespace = "shop", id = "one", count = 1, age = 0, deletionTimestamp } = fields;
  const snapshot = volumeSnapshot({ app, volume, ordinal }, { set, count }, { namespace, id });
  const metadata = { ...snapshot.metadata, creationTimestamp: new Date(1e12 - age), deletionTimestamp };
  const stored = { ...snapshot, metadata, status: { ...usualStatus, ...fields.status } };
  cluster.put("VolumeSnapshot", stored);
}

function putClaim(name: string, labels: Record<string, string> = selectorLabels("db"), phase = "Bound") {
  cluster.put("PersistentVolumeClaim", {
    metadata: { namespace: "shop", name, labels: { [identityLabel]: "one", ...labels } },
    status: { phase },
  } as object);
}

/** What is thrown, which must be for the user. */
async function refusalOf(action: Promise<unknown>): Promise<string> {
  try {
    await action;
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    return error.message;
  }
  return assert.fail("nothing was refused");
}

describe("the snapshots in a config", () => {
  const check = (restoreFrom: RestoreFrom, { size = "1Gi", replicas = 1, storeSize = "1Gi" } = {}) =>
    checkRestores(
      {
        namespace: "shop",
        apps: { db: { replicas, claims: { data: { size } }, restoreFrom }, web: { replicas: 1 } },
        stores: { redis: { size: storeSize, restoreFrom } },
      },
      cluster,
    );
  beforeEach(async () => {
    await useEngine();
    putSnapshot("data", 0, { app: "redis" });
  });

  it("can be whole sets that are ready, for volumes as large as theirs", async () => {
    putSnapshot("data", 0);
    await check({ snapshot: "first" });
    await check({ snapshot: "first" }, { replicas: 2 });
  });

  it("are looked for only if a claim is missing", async () => {
    putClaim("data-db-0");
    await check({ snapshot: "first" });
    assert.match(await refusalOf(check({ snapshot: "first" }, { replicas: 2 })), /^ {2}shop:apps\.db\.restoreFrom/m);
  });

  it("must be there, else those that are there are named", async () => {
    putSnapshot("data", 0, { set: "second", age: 1 });
    putSnapshot("data", 0, { set: "third", age: 2 });
    assert.equal(
      await refusalOf(check({ snapshot: "first" })),
      [
        "Volumes cannot be restored from snapshots; nothing was changed.",
        "  shop:apps.db.restoreFrom.snapshot is first; the namespace shop has no such snapshots of db; it has second, third",
      ].join("\n"),
    );
    assert.match(
      await refusalOf(check({ snapshot: "first", namespace: "mall", app: "database" })),
      /stores\.redis\.restoreFrom\.snapshot is first; the namespace mall has no such snapshots of database; it has none$/,
    );
  });

  it("must not be larger than the volumes", async () => {
    putSnapshot("data", 0, { status: { restoreSize: "2Gi" } });
    assert.equal(
      await refusalOf(check({ snapshot: "first" }, { size: "1536Mi", storeSize: "1Mi" })),
      [
        "Volumes cannot be restored from snapshots; nothing was changed.",
        "  shop:apps.db.claims.data.size is 1536Mi; the snapshot data-db-0-first requires 2Gi",
        "  shop:stores.redis.size is 1Mi; the snapshot data-redis-0-first requires 1Gi",
      ].join("\n"),
    );
  });

  it("must be ready", async () => {
    putSnapshot("data", 0, { status: { readyToUse: false, error: { message: "the pool is full" } } });
    assert.match(
      await refusalOf(check({ snapshot: "first" })),
      /is first; data-db-0-first is not ready: the pool is full/,
    );
  });

  it("must be all of the set", async () => {
    putSnapshot("data", 0, { count: 2 });
    assert.match(await refusalOf(check({ snapshot: "first" })), /is first; only 1 of its 2 snapshots are there/);
  });

  it("must not be being removed", async () => {
    putSnapshot("data", 0, { deletionTimestamp: new Date() });
    assert.match(await refusalOf(check({ snapshot: "first" })), /no such snapshots of db; it has none/);
  });

  it("require a cluster that has snapshots", async () => {
    cluster.hasSnapshots = false;
    assert.match(await refusalOf(check({ snapshot: "first" })), /is first; the cluster has no VolumeSnapshots/);
  });

  it("of another namespace require their contents", async () => {
    putSnapshot("data", 0, { namespace: "mall" });
    putSnapshot("data", 0, { namespace: "mall", app: "redis" });
    assert.match(
      await refusalOf(check({ snapshot: "first", namespace: "mall" })),
      /is first; the snapshot data-db-0-first has no content/,
    );
  });

  it("are not checked if the cluster cannot be read", async () => {
    cluster.isReadable = false;
    await check({ snapshot: "first" });
  });
});

describe("claims from snapshots", () => {
  const log = capturedLog();
  beforeEach(() => useEngine());

  const template = {
    metadata: { name: "data", labels: { team: "sales" }, annotations: { backup: "daily" } },
    spec: {
      storageClassName: "fast",
      dataSourceRef: { kind: "Population", name: "new" },
      resources: { requests: { storage: "1Gi" } },
    },
  };
  const restore = (from: RestoreFrom, { replicas = 2, start = 0 } = {}) =>
    restoreClaims(
      { app: "db", namespace: "shop", templates: [template], numbering: { replicas, ordinals: { start } } },
      from,
      { identity, cluster, resource: undefined as unknown as pulumi.Resource },
    );
  const claim = async (name: string) => {
    const found = (await cluster.claims("shop")).find(({ metadata }) => metadata?.name === name);
    return JSON.parse(JSON.stringify(found)) as unknown;
  };

  it("have what Kubernetes would give them, and are the stack's own", async () => {
    putSnapshot("data", 0);
    await restore({ snapshot: "first" }, { replicas: 1 });
    assert.deepEqual(await claim("data-db-0"), {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: {
        namespace: "shop",
        name: "data-db-0",
        labels: { team: "sales", ...selectorLabels("db"), [identityLabel]: "one" },
        annotations: { backup: "daily" },
      },
      spec: {
        storageClassName: "fast",
        resources: { requests: { storage: "1Gi" } },
        dataSource: { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "data-db-0-first" },
      },
    });
    assert.deepEqual(log.infos, ["makes data-db-0 from the snapshot data-db-0-first of 2026-11-27T14:05:01Z"]);
  });

  it("are made only if they are missing, each from the snapshot of its ordinal", async () => {
    for (const ordinal of [5, 6, 7]) putSnapshot("data", ordinal);
    putClaim("data-db-6");
    await restore({ snapshot: "first" }, { start: 5 });
    await restore({ snapshot: "first" }, { start: 5 });
    assert.deepEqual(cluster.writes, ["applies PersistentVolumeClaim data-db-5"]);
  });

  it("are left to Kubernetes if the set has no snapshot of them, of which a warning tells", async () => {
    putSnapshot("data", 0);
    await restore({ snapshot: "first" });
    assert.deepEqual(cluster.writes, ["applies PersistentVolumeClaim data-db-0"]);
    assert.deepEqual(log.warnings, ["data-db-1 starts empty: first has no snapshot of it"]);
  });

  it("are not made by a preview, which says what would be made", async () => {
    await useEngine({ preview: true });
    putSnapshot("data", 0);
    await restore({ snapshot: "first" }, { replicas: 1 });
    assert.deepEqual(cluster.writes, []);
    assert.equal(log.infos.length, 1);
  });

  it("can be those of another app", async () => {
    putSnapshot("data", 0, { app: "old" });
    await restore({ snapshot: "first", app: "old" }, { replicas: 1 });
    assert.match(JSON.stringify(await claim("data-db-0")), /"name":"data-old-0-first"/);
  });

  it("of another namespace get a snapshot beside them, which does not remove the data when it is removed", async () => {
    putSnapshot("data", 0, { namespace: "mall", status: { boundVolumeSnapshotContentName: "content" } });
    cluster.put("VolumeSnapshotContent", {
      metadata: { name: "content" },
      spec: { driver: "disks", sourceVolumeMode: "Filesystem", volumeSnapshotClassName: "usual" },
      status: { snapshotHandle: "handle" },
    } as object);
    await restore({ snapshot: "first", namespace: "mall" }, { replicas: 1 });
    assert.deepEqual(cluster.writes, [
      "applies VolumeSnapshotContent shop-data-db-0-first",
      "applies VolumeSnapshot data-db-0-first",
      "applies PersistentVolumeClaim data-db-0",
    ]);
    const content = JSON.stringify(await cluster.snapshotContent("shop-data-db-0-first"));
    assert.match(content, /"deletionPolicy":"Retain","driver":"disks","source":\{"snapshotHandle":"handle"\}/);
    assert.match(content, /"volumeSnapshotRef":\{"name":"data-db-0-first","namespace":"shop"\}/);
    // It is not a snapshot that was taken of the app.
    assert.deepEqual(setsOf("db", (await cluster.snapshots("shop")) ?? []), []);
  });

  it("end an update if the API server refuses them, or if their snapshots have gone", async () => {
    putSnapshot("data", 0);
    cluster.refusals.set("data-db-0", "spec is immutable");
    assert.equal(
      await refusalOf(restore({ snapshot: "first" }, { replicas: 1 })),
      "The PersistentVolumeClaim data-db-0 cannot be created: spec is immutable",
    );
    assert.match(
      await refusalOf(restore({ snapshot: "gone" })),
      /^The claims of db cannot be made from gone\.\n {2}the/,
    );
  });

  it("are made before the arguments of the StatefulSet are known", async () => {
    putSnapshot("data", 0);
    const resource = undefined as unknown as pulumi.Resource;
    const args = { metadata: { namespace: "shop" }, spec: statefulSetSpec };
    const change = new PlannedChange("change of db");
    const options = { cluster, identity, change, parent: resource, restoreFrom: { snapshot: "first" } };
    const { spec } = withVolumesReady("db", args, options);
    await valueOf(pulumi.output(spec));
    assert.deepEqual(cluster.writes, ["applies PersistentVolumeClaim data-db-0"]);
  });

  it("are not made without a cluster, of which a warning tells", () => {
    const resource = undefined as unknown as pulumi.Resource;
    const options = { cluster: new NoCluster(), identity, parent: resource, restoreFrom: { snapshot: "first" } };
    withVolumesReady("db", { spec: statefulSetSpec }, options);
    assert.match(
      log.warnings.join(),
      /^Left out of db: restoreFrom, because only `pulumi up` makes claims from snapshots/,
    );
  });

  const statefulSetSpec = {
    serviceName: "db",
    selector: {},
    template: {},
    replicas: 1,
    volumeClaimTemplates: [template],
  };
});

describe("a set of snapshots", () => {
  beforeEach(() => useEngine());
  const order = { app: "db", namespace: "shop", set: "second" };

  /** Plays the driver: every snapshot is ready a few looks after it was asked for, unless it has an error. */
  function playDriver(errors: Record<string, string> = {}) {
    const snapshots = cluster.snapshots.bind(cluster);
    let looks = 0;
    cluster.snapshots = async (namespace) => {
      looks += 1;
      for (const snapshot of (await snapshots(namespace)) ?? []) {
        const message = errors[snapshot.metadata.name];
        const status = message === undefined ? usualStatus : { readyToUse: false, error: { message } };
        if (looks > 3) cluster.put("VolumeSnapshot", { ...snapshot, status } as VolumeSnapshot);
      }
      return snapshots(namespace);
    };
  }
  const take = (className?: string) => inFastTime(() => takeSnapshots({ ...order, className }, identity, cluster));

  it("has one of each claim of the app that has a volume", async () => {
    for (const name of ["data-db-0", "data-db-10", "wal-db-0"]) putClaim(name);
    putClaim("data-db-1", undefined, "Pending");
    putClaim("data-db-2", { ...selectorLabels("db"), [identityLabel]: "two" });
    putClaim("data-my-db-0", selectorLabels("my-db"));
    putClaim("data-web-0", selectorLabels("web"));
    putClaim("adopted-db-0", {});
    playDriver();
    const { name, snapshots, problem } = await take("usual");
    assert.deepEqual([name, problem], ["second", undefined]);
    assert.deepEqual(
      snapshots.map(({ metadata }) => metadata.name),
      ["adopted-db-0-second", "data-db-0-second", "data-db-10-second", "wal-db-0-second"],
    );
    assert.match(
      JSON.stringify(snapshots[1]),
      /"spec":\{"volumeSnapshotClassName":"usual","source":\{"persistentVolumeClaimName":"data-db-0"\}\}/,
    );
  });

  it("fails with the error of a snapshot that does not get ready", async () => {
    putClaim("data-db-0");
    putClaim("data-db-1");
    playDriver({ "data-db-1-second": "the pool is full" });
    assert.equal(
      await refusalOf(take()),
      "The snapshots second do not get ready: no progress for 60 s.\n  data-db-1-second: the pool is full",
    );
  });

  it("is not taken twice, nor without a claim, nor without snapshots in the cluster", async () => {
    assert.equal(await refusalOf(take()), "db has no claim with a volume in the namespace shop.");
    putClaim("data-db-0");
    putSnapshot("data", 0, { set: "second", id: "two" });
    assert.match(await refusalOf(take()), /^There is a snapshot data-db-0-second already/);
    cluster.hasSnapshots = false;
    assert.match(await refusalOf(take()), /^The cluster has no VolumeSnapshots\./);
    assert.deepEqual(cluster.writes, []);
  });

  it("fails if the API server refuses a snapshot", async () => {
    putClaim("data-db-0");
    cluster.refusals.set("data-db-0-second", "no such class");
    assert.equal(await refusalOf(take()), "The snapshot data-db-0-second cannot be created: no such class");
  });

  it("is removed if it is older than those to keep, of the stack's own sets and whole ones among them", async () => {
    putSnapshot("data", 0, { set: "now" });
    putSnapshot("data", 0, { set: "failed", age: 1, status: { readyToUse: false } });
    putSnapshot("data", 0, { set: "yesterday", age: 2 });
    putSnapshot("data", 0, { set: "older", age: 3, count: 2 });
    putSnapshot("data", 1, { set: "older", age: 3, count: 2 });
    putSnapshot("data", 0, { set: "part", age: 4, count: 2 });
    putSnapshot("data", 0, { set: "foreign", age: 5, id: "zero" });
    putSnapshot("data", 0, { set: "web", age: 6, app: "web" });
    const remove = (keep: number) => removeOldSets({ app: "db", namespace: "shop", keep }, identity, cluster);
    assert.deepEqual(await remove(9), []);
    assert.deepEqual(await remove(2), ["older", "part"]);
    assert.deepEqual(cluster.writes, ["deletes data-db-0-older", "deletes data-db-1-older", "deletes data-db-0-part"]);
  });
});
