import type { V1StatefulSet } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Identity, identityLabel } from "../../objects/identity";
import { selectorLabels, stackLabels } from "../../objects/labels";
import { checkExchanges } from "../../stack/exchanges";
import { useEngine } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";

const identity = new Identity("one", "shop-dev");

/** A StatefulSet with a claim for each volume of `claims`, and with `mounts`, by their paths. */
const statefulSet = (claims: string[], mounts: Record<string, string>, spec: object = {}, id = "one") =>
  ({
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { namespace: "shop", name: "db", labels: { ...stackLabels("shop-dev"), [identityLabel]: id } },
    spec: {
      volumeClaimTemplates: claims.map((name) => ({ metadata: { name } })),
      template: {
        spec: {
          containers: [
            { name: "db", volumeMounts: Object.entries(mounts).map(([mountPath, name]) => ({ name, mountPath })) },
          ],
        },
      },
      ...spec,
    },
    status: { currentRevision: "new", updateRevision: "new" },
  }) as V1StatefulSet & { apiVersion: string; kind: string; metadata: object; spec: object };

describe("an exchange of volumes", () => {
  let cluster: MemoryCluster;
  before(() => useEngine());
  beforeEach(() => {
    cluster = new MemoryCluster();
    for (const name of ["data-db-0", "data-db-1"]) {
      const labels = { ...selectorLabels("db"), [identityLabel]: "one" };
      cluster.put("PersistentVolumeClaim", { metadata: { namespace: "shop", name, labels } });
    }
    cluster.put("StatefulSet", statefulSet(["data"], { "/data": "data" }));
  });

  const check = (planned: ReturnType<typeof statefulSet>, giveUpClaims: string[] = []) =>
    checkExchanges([{ path: ["apps", "db"], object: planned }], { namespace: "shop", giveUpClaims }, identity, cluster);
  const refusal = async (...args: Parameters<typeof check>) => {
    try {
      await check(...args);
    } catch (error) {
      assert.ok(pulumi.RunError.isInstance(error), String(error));
      return error.message;
    }
    return "";
  };

  for (const [what, claims, mounts] of [
    ["the same volume", ["data"], { "/data": "data" }],
    ["one more", ["data", "log"], { "/data": "data", "/log": "log" }],
    ["the same volume at another path", ["data"], { "/var/data": "data" }],
    ["no volume at the path", [], {}],
    ["another one at another path", ["log"], { "/log": "log" }],
  ] as [string, string[], Record<string, string>][]) {
    it(`is allowed: ${what}`, () => check(statefulSet(claims, mounts)));
  }

  for (const [what, claims, mounts] of [
    ["another claim", ["store"], { "/data": "store" }],
    ["another claim, although the former one stays", ["data", "store"], { "/data": "store", "/old": "data" }],
    ["a volume that is no claim", [], { "/data": "store" }],
    ["a volume of the same name that is no claim", [], { "/data": "data" }],
  ] as [string, string[], Record<string, string>][]) {
    it(`is refused where data was: ${what}`, async () => {
      const [now] = Object.values(mounts);
      assert.equal(
        await refusal(statefulSet(claims, mounts)),
        "Apps cannot get other volumes; nothing was changed.\n" +
          `  shop:apps.db: ${String(now)} would be mounted at /data in place of data, without the data of data-db-0, data-db-1; ` +
          "to start without it (the claims stay): shop:giveUpClaims: [data-db-0, data-db-1]",
      );
      await check(statefulSet(claims, mounts), ["data-db-0", "data-db-1"]);
      assert.match(await refusal(statefulSet(claims, mounts), ["data-db-0"]), /without the data of data-db-1;/);
    });
  }

  it("is nothing where there are no claims, and no StatefulSet of the stack", async () => {
    const planned = statefulSet(["store"], { "/data": "store" });
    cluster.put("StatefulSet", statefulSet(["data"], { "/data": "data" }, {}, "another"));
    await check(planned);
    cluster.put("StatefulSet", statefulSet(["data"], { "/data": "data" }));
    for (const name of ["data-db-0", "data-db-1"]) cluster.remove("PersistentVolumeClaim", "shop", name);
    await check(planned);
  });

  const partition = (partition: number) => ({ updateStrategy: { rollingUpdate: { partition } } });
  const more: [string[], Record<string, string>] = [["data", "log"], { "/data": "data", "/log": "log" }];

  it("is refused while pods are held back, unless the volumes are the same", async () => {
    const words = /apps\.db\.claims\.log: a volume cannot be added: pods of db are held back .*; end the rollout first/;
    assert.match(await refusal(statefulSet(...more, partition(1))), words);
    const live = statefulSet(["data"], { "/data": "data" }, partition(1));
    cluster.put("StatefulSet", live);
    await check(statefulSet(...more));
    cluster.put("StatefulSet", { ...live, status: { ...live.status, currentRevision: "old" } } as object);
    assert.match(await refusal(statefulSet(...more)), words);
    assert.match(await refusal(statefulSet([], {})), /apps\.db\.claims\.data: a volume cannot be removed: pods of db/);
    await check(statefulSet(["data"], { "/data": "data" }));
  });

  it("is refused under OnDelete if a volume is added, which no pod would be created with", async () => {
    const onDelete = { updateStrategy: { type: "OnDelete" } };
    assert.match(await refusal(statefulSet(...more, onDelete)), /cannot be added: updateStrategy is OnDelete/);
    await check(statefulSet([], {}, onDelete));
  });
});
