import type { V1PersistentVolumeClaim, V1StatefulSetStatus } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { PlannedChange } from "../../live/rollout/plannedChange";
import { prepareExchange } from "../../live/volumes";
import type { FixedSpec } from "../../live/volumes/exchange";
import { Identity, identityLabel } from "../../objects/identity";
import { selectorLabels, stackLabels } from "../../objects/labels";
import { checkSizes } from "../../stack/claimSizes";
import { inFastTime } from "./support/clock";
import { capturedLog, useEngine } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";

const identity = new Identity("one", "shop-dev", ["zero"]);

let cluster: MemoryCluster;
beforeEach(() => {
  cluster = new MemoryCluster();
});

interface ClaimFields {
  /** What it asks for, and what its volume has. */
  size?: string;
  capacity?: string;
  labels?: Record<string, string>;
  phase?: string;
  /** Whether only the file system must still grow. */
  isPending?: boolean;
}

function putClaim(name: string, { size = "1Gi", capacity = size, phase = "Bound", ...fields }: ClaimFields = {}) {
  const labels = fields.labels ?? { ...selectorLabels("db"), [identityLabel]: "one" };
  const conditions = fields.isPending ? [{ type: "FileSystemResizePending", status: "True" }] : [];
  cluster.put("PersistentVolumeClaim", {
    metadata: { namespace: "shop", name, uid: `uid-${name}`, labels },
    spec: { resources: { requests: { storage: size } } },
    status: { phase, capacity: phase === "Bound" ? { storage: capacity } : undefined, conditions },
  } as V1PersistentVolumeClaim);
}

const template = (size: string, name = "data") => ({
  metadata: { name },
  spec: { storageClassName: "fast", resources: { requests: { storage: size } } },
});

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

describe("the sizes of volumes in a config", () => {
  const sizes = (size: string) => ({
    namespace: "shop",
    apps: { db: { claims: { data: { size } } } },
    stores: { redis: { size: "1Gi" } },
  });
  const check = (size: string) => checkSizes(sizes(size), identity, cluster);

  before(() => useEngine());

  it("can be what they are, also in other words, and larger, which the API server is asked", async () => {
    putClaim("data-db-0");
    await check("1024Mi");
    assert.deepEqual(cluster.writes, []);
    await check("2Gi");
    assert.deepEqual(cluster.writes, ["grows data-db-0 to 2Gi in a dry run"]);
  });

  it("cannot be smaller than any claim, those of former replicas and of stores among them", async () => {
    putClaim("data-db-0");
    putClaim("data-db-10", { size: "2Gi" });
    putClaim("data-redis-0", { size: "3Gi", labels: { ...selectorLabels("redis"), [identityLabel]: "zero" } });
    assert.equal(
      await refusalOf(check("1.5Gi")),
      [
        "Volumes cannot get another size; nothing was changed.",
        "  shop:apps.db.claims.data.size is 1.5Gi; the claim data-db-10 has 2Gi, and volumes cannot shrink",
        "  shop:stores.redis.size is 1Gi; the claim data-redis-0 has 3Gi, and volumes cannot shrink",
      ].join("\n"),
    );
  });

  it("are compared with what a claim asks for, which can be more than it has", async () => {
    putClaim("data-db-0", { size: "2Gi", capacity: "1Gi" });
    assert.match(await refusalOf(check("1500Mi")), /data-db-0 has 2Gi, and volumes cannot shrink/);
  });

  it("can be what the StorageClass does not allow only if they stay", async () => {
    putClaim("data-db-0");
    putClaim("data-db-1");
    cluster.refusals.set("data-db-1", "the storageclass must support resize");
    await check("1Gi");
    assert.match(
      await refusalOf(check("2Gi")),
      /^ {2}shop:apps\.db\.claims\.data\.size is 2Gi; the claim data-db-1 has 1Gi and cannot grow: the storageclass must support resize$/m,
    );
  });

  it("do not concern other claims", async () => {
    putClaim("data-db-0", { size: "5Gi", labels: { [identityLabel]: "another" } });
    putClaim("data-db-1", { size: "5Gi", labels: {} });
    putClaim("data-db-x", { size: "5Gi" });
    putClaim("data-db-0-1", { size: "5Gi" });
    putClaim("more-data-db-0", { size: "5Gi" });
    putClaim("data-db-2", { phase: "Pending" });
    await check("2Gi");
    assert.deepEqual(cluster.writes, []);
  });
});

describe("volumes that grow", () => {
  const log = capturedLog();
  const resource = undefined as unknown as pulumi.Resource;
  let change: PlannedChange;
  let count = 0;

  const use = async (preview = false) => {
    await useEngine({ preview });
    change = new PlannedChange(`change ${String(count++)}`);
  };
  beforeEach(() => use());

  const putStatefulSet = (size: string, spec: object = {}, status: V1StatefulSetStatus | object = {}, id = "one") =>
    cluster.put("StatefulSet", {
      metadata: {
        namespace: "shop",
        name: "db",
        uid: "uid-db",
        labels: { ...stackLabels("shop-dev"), [identityLabel]: id },
      },
      spec: { volumeClaimTemplates: [template(size)], ...spec },
      status: { currentRevision: "new", updateRevision: "new", ...status },
    } as object);
  const putPod = (name: string, phase = "Running") =>
    cluster.put("Pod", {
      metadata: { namespace: "shop", name, labels: selectorLabels("db") },
      status: { phase },
    } as object);
  interface Options {
    of?: Identity;
    partition?: number;
    isAutoscaled?: boolean;
  }
  const prepare = (planned: FixedSpec & { replicas?: number }, { of = identity, ...options }: Options = {}) =>
    inFastTime(() =>
      prepareExchange(
        { app: "db", namespace: "shop", ...options, ...planned },
        { cluster, identity: of, change, resource },
      ),
    );
  const grow = async (size: string, options: Options = {}) =>
    (await prepare({ volumeClaimTemplates: [template(size)] }, options)).volumeClaimTemplates ?? [];

  /** Plays the storage: a claim that has grown gets its capacity some looks after somebody has touched its pod. */
  function playStorage(needsPods = true): void {
    const claims = cluster.claims.bind(cluster);
    const looks = new Map<string, number>();
    cluster.claims = async (namespace) => {
      for (const { metadata: { name = "" } = {}, spec, status } of await claims(namespace)) {
        const requested = spec?.resources?.requests?.storage;
        if (requested === undefined || requested === status?.capacity?.storage) continue;
        const isTouched = cluster.writes.some((write) => write.startsWith(`touches ${name.replace("data-", "")} `));
        if (isTouched) looks.set(name, (looks.get(name) ?? 0) + 1);
        if ((looks.get(name) ?? 0) > 2 || !needsPods) putClaim(name, { size: requested });
        else putClaim(name, { size: requested, capacity: status?.capacity?.storage, isPending: true });
      }
      return claims(namespace);
    };
  }

  it("get their size before the StatefulSet is let go, whose pods stay", async () => {
    for (const ordinal of [0, 1, 2]) putClaim(`data-db-${String(ordinal)}`);
    for (const pod of ["db-0", "db-1"]) putPod(pod);
    putStatefulSet("1Gi");
    playStorage();
    assert.deepEqual(await grow("2Gi"), [template("2Gi")]);
    assert.deepEqual(cluster.writes, [
      "grows data-db-0 to 2Gi",
      "grows data-db-1 to 2Gi",
      "grows data-db-2 to 2Gi",
      'touches db-0 {"stateful-apps/volume-size":"2Gi"}',
      'touches db-1 {"stateful-apps/volume-size":"2Gi"}',
      "deletes db without its pods",
    ]);
    assert.deepEqual(log.infos, [
      "grows data-db-0 from 1Gi to 2Gi",
      "grows data-db-1 from 1Gi to 2Gi",
      "grows data-db-2 from 1Gi to 2Gi",
      "data-db-2 has 2Gi as soon as a pod uses it",
    ]);
    assert.equal(change.keepsPods, true);
  });

  it("change nothing in a preview, which says what would grow", async () => {
    await use(true);
    putClaim("data-db-0");
    putStatefulSet("1Gi");
    assert.deepEqual(await grow("2Gi"), [template("2Gi")]);
    assert.deepEqual(cluster.writes, []);
    assert.deepEqual(log.infos, ["grows data-db-0 from 1Gi to 2Gi"]);
    assert.equal(change.keepsPods, true);
  });

  it("need nothing if they have their size, however it is written", async () => {
    putClaim("data-db-0");
    putStatefulSet("1Gi");
    await grow("1024Mi");
    assert.deepEqual([cluster.writes, log.infos, change.keepsPods], [[], [], false]);
  });

  it("grow after a destruction, when there is no StatefulSet and no pod", async () => {
    putClaim("data-db-0");
    playStorage();
    await grow("2Gi");
    assert.deepEqual(cluster.writes, ["grows data-db-0 to 2Gi"]);
  });

  it("grow to the end what an update that was killed has begun", async () => {
    putClaim("data-db-0", { size: "2Gi", capacity: "1Gi" });
    putPod("db-0");
    putStatefulSet("1Gi");
    playStorage();
    await grow("2Gi");
    assert.deepEqual(cluster.writes, [
      'touches db-0 {"stateful-apps/volume-size":"2Gi"}',
      "deletes db without its pods",
    ]);
  });

  it("wait for no pod that does not run", async () => {
    putClaim("data-db-0");
    putPod("db-0", "Pending");
    playStorage();
    await grow("2Gi");
    assert.deepEqual(log.infos.at(-1), "data-db-0 has 2Gi as soon as a pod uses it");
  });

  it("leave a claim as it is that has no volume yet", async () => {
    putClaim("data-db-0", { phase: "Pending" });
    await grow("2Gi");
    assert.deepEqual(cluster.writes, []);
    assert.match(log.infos.join(), /^data-db-0 keeps 1Gi until it has a volume/);
  });

  it("fail with the last event if they do not grow, and leave the StatefulSet as it is", async () => {
    putClaim("data-db-0");
    putStatefulSet("1Gi");
    cluster.put("Event", {
      metadata: { namespace: "shop", name: "event" },
      involvedObject: { uid: "uid-data-db-0" },
      message: "the pool is full",
      lastTimestamp: new Date(),
    } as object);
    assert.equal(
      await refusalOf(grow("2Gi")),
      "The volumes of db do not grow: no progress for 180 s.\n  data-db-0 has 1Gi instead of 2Gi: the pool is full",
    );
    assert.deepEqual(cluster.writes, ["grows data-db-0 to 2Gi"]);
  });

  it("fail if the API server refuses one", async () => {
    putClaim("data-db-0");
    cluster.refusals.set("data-db-0", "no such class");
    assert.equal(await refusalOf(grow("2Gi")), "The claim data-db-0 cannot grow to 2Gi: no such class");
  });

  for (const [why, status, partition] of [
    ["its rollout has not ended", { currentRevision: "old" }, undefined],
    ["a partition holds pods back", {}, 1],
  ] as const) {
    it(`keep the StatefulSet if ${why}`, async () => {
      putClaim("data-db-0");
      putStatefulSet("1Gi", {}, status);
      playStorage(false);
      const [kept] = await grow("2Gi", { partition });
      assert.deepEqual(kept, template("1Gi"));
      assert.deepEqual(cluster.writes, ["grows data-db-0 to 2Gi"]);
      assert.match(log.infos.join("\n"), /the StatefulSet of db, .* stays as it is while pods are held back/);
      assert.equal(change.keepsPods, false);
    });
  }

  it("keep the StatefulSet of somebody else, and claims of others", async () => {
    putClaim("data-db-0", { labels: { ...selectorLabels("db"), [identityLabel]: "another" } });
    putStatefulSet("1Gi", {}, {}, "another");
    await grow("2Gi");
    assert.deepEqual([cluster.writes, change.keepsPods], [[], false]);
  });

  describe("that change otherwise", () => {
    const [data, logs] = [template("1Gi"), template("1Gi", "log")];
    const other = (fields: object) => ({ ...data, spec: { ...data.spec, ...fields } });
    const kept = "keeps the claims data-db-… as they are; further ones get what is new";

    beforeEach(() => {
      putClaim("data-db-0");
      putStatefulSet("1Gi");
    });

    for (const [what, planned, words] of [
      ["another class", { volumeClaimTemplates: [other({ storageClassName: "slow" })] }, kept],
      ["no class", { volumeClaimTemplates: [other({ storageClassName: undefined })] }, kept],
      ["another access mode", { volumeClaimTemplates: [other({ accessModes: ["ReadWriteMany"] })] }, kept],
      ["labels", { volumeClaimTemplates: [{ ...data, metadata: { name: "data", labels: { a: "b" } } }] }, kept],
      ["one more volume", { volumeClaimTemplates: [data, logs] }, undefined],
      ["another volume", { volumeClaimTemplates: [logs] }, "keeps the claims data-db-…, which no pod will use"],
      ["no volume", {}, "keeps the claims data-db-…, which no pod will use"],
      ["another policy", { volumeClaimTemplates: [data], podManagementPolicy: "Parallel" }, undefined],
      ["another limit", { volumeClaimTemplates: [data], revisionHistoryLimit: 3 }, undefined],
    ] as [string, FixedSpec, string | undefined][]) {
      it(`let the StatefulSet go with its pods kept: ${what}`, async () => {
        assert.deepEqual(await prepare(planned), planned);
        assert.deepEqual(cluster.writes, ["deletes db without its pods"]);
        assert.deepEqual(log.infos, words === undefined ? [] : [words]);
        assert.equal(change.keepsPods, true);
      });
    }

    it("are not known in a preview of npm run recover, in which the provider would try to change the StatefulSet", async () => {
      await use(true);
      const planned = { volumeClaimTemplates: [data, logs] };
      assert.deepEqual(await prepare(planned), planned);
      process.env.PULUMI_K8S_UPSERT_EXISTING_OBJECTS = "true";
      try {
        const { podManagementPolicy } = await prepare(planned);
        assert.equal(podManagementPolicy, pulumi.unknown);
      } finally {
        delete process.env.PULUMI_K8S_UPSERT_EXISTING_OBJECTS;
      }
      assert.deepEqual(cluster.writes, []);
    });

    for (const [isAutoscaled, replicas] of [
      [true, 4],
      [false, 2],
    ] as const) {
      it(`let it go with ${isAutoscaled ? "the replicas that an autoscaler has set" : "those of the config"}`, async () => {
        putStatefulSet("1Gi", { replicas: 4 });
        const planned = { volumeClaimTemplates: [data, logs], replicas: 2 };
        assert.deepEqual(await prepare(planned, { isAutoscaled }), { ...planned, replicas });
        assert.deepEqual(cluster.writes, ["deletes db without its pods"]);
      });
    }

    for (const [what, planned] of [
      ["the default mode", { volumeClaimTemplates: [other({ volumeMode: "Filesystem" })] }],
      ["the default policy", { volumeClaimTemplates: [data], podManagementPolicy: "OrderedReady" }],
      ["the default limit", { volumeClaimTemplates: [data], revisionHistoryLimit: 10 }],
    ] as [string, FixedSpec][]) {
      it(`keep it: ${what}`, async () => {
        assert.deepEqual(await prepare(planned), planned);
        assert.deepEqual(cluster.writes, []);
      });
    }

    it("keep it as it is while pods are held back, as the stack has set it", async () => {
      const labels = { a: "b" };
      putStatefulSet("1Gi", {
        podManagementPolicy: "Parallel",
        volumeClaimTemplates: [
          { ...other({ volumeMode: "Filesystem" }), metadata: { name: "data", labels, creationTimestamp: null } },
        ],
      });
      const planned = {
        podManagementPolicy: "OrderedReady",
        volumeClaimTemplates: [other({ storageClassName: "slow", resources: { requests: { storage: "1Gi" } } })],
      };
      assert.deepEqual(await prepare(planned, { partition: 1 }), {
        podManagementPolicy: "Parallel",
        revisionHistoryLimit: undefined,
        volumeClaimTemplates: [{ ...data, metadata: { name: "data", labels } }],
      });
      assert.deepEqual(cluster.writes, []);
    });
  });
});
