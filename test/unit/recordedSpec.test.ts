import type * as k8s from "@pulumi/kubernetes";
import type { V1StatefulSet } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import { withVolumesReady } from "../../components/volumes";
import { PlannedChange } from "../../live/rollout/plannedChange";
import { fixedSpecAnnotation } from "../../live/volumes/exchange";
import { Identity, identityLabel } from "../../objects/identity";
import { stackLabels } from "../../objects/labels";
import { claimTemplates } from "../../objects/claims";
import { amountOf, canonicalQuantity } from "../../schema/quantities";
import { valueOf } from "../../stack/identity";
import { capturedLog, useEngine } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";

describe("the fixed spec that a StatefulSet records", () => {
  capturedLog();
  let cluster: MemoryCluster;
  let change: PlannedChange;
  let count = 0;
  beforeEach(async () => {
    await useEngine();
    cluster = new MemoryCluster();
    change = new PlannedChange(`recorded change ${String(count++)}`);
  });

  const claims = (size = "1Gi", fields: object = {}) =>
    claimTemplates("db", { data: { size, mountPath: "/data", ...fields } });
  type Args = k8s.apps.v1.StatefulSetArgs;
  const args = (templates = claims(), spec: object = {}) =>
    ({
      metadata: { namespace: "shop", name: "db", annotations: { mine: "1" } },
      spec: { replicas: 2, podManagementPolicy: "OrderedReady", volumeClaimTemplates: templates, ...spec },
    }) as unknown as Args;
  /** What the engine is given. */
  const sent = async (given: Args): Promise<V1StatefulSet> => {
    const options = { cluster, identity: new Identity("one", "shop-dev"), change, parent: undefined as never };
    return valueOf<V1StatefulSet>(pulumi.output(withVolumesReady("db", given, options) as object));
  };
  const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;
  const recordOf = ({ metadata }: V1StatefulSet) =>
    JSON.parse(metadata?.annotations?.[fixedSpecAnnotation] ?? "") as unknown;
  /** Makes the cluster have what was sent, or what somebody has made of it. */
  const apply = ({ metadata, spec }: V1StatefulSet, spoilt: object = {}) =>
    cluster.put("StatefulSet", {
      metadata: { ...metadata, uid: "uid-db", labels: { ...stackLabels("shop-dev"), [identityLabel]: "one" } },
      spec: { ...spec, ...spoilt },
      status: { currentRevision: "new", updateRevision: "new" },
    } as object);

  for (const [what, given] of [
    ["plain", args()],
    ["known later", { metadata: pulumi.output(args().metadata), spec: Promise.resolve(args().spec) } as Args],
  ] as const) {
    it(`is what the engine is given: ${what}`, async () => {
      const { metadata, spec } = await sent(given);
      assert.equal(metadata?.annotations?.mine, "1");
      assert.deepEqual(recordOf({ metadata }), {
        podManagementPolicy: spec?.podManagementPolicy,
        volumeClaimTemplates: plain(spec?.volumeClaimTemplates),
      });
      assert.equal(spec?.replicas, 2);
    });
  }

  it("counts, and not what a webhook has added: the engine would not exchange the StatefulSet", async () => {
    const first = await sent(args());
    apply(first, { volumeClaimTemplates: claims("1Gi", { storageClassName: "added", labels: { added: "yes" } }) });
    assert.deepEqual(plain(await sent(args())), plain(first));
    assert.deepEqual([cluster.writes, change.keepsPods], [[], false]);
  });

  it("counts, and not what somebody has made of it by hand: the engine would exchange it", async () => {
    apply(await sent(args()), { volumeClaimTemplates: claims("2Gi") });
    const { spec } = await sent(args(claims("2Gi")));
    assert.equal(spec?.volumeClaimTemplates?.[0]?.spec?.resources?.requests?.storage, "2Gi");
    assert.deepEqual([cluster.writes, change.keepsPods], [["deletes db without its pods"], true]);
  });

  it("is sent again while pods are held back", async () => {
    const first = await sent(args());
    apply(first);
    const held = { updateStrategy: { rollingUpdate: { partition: 1 } }, podManagementPolicy: "Parallel" };
    const second = await sent(args(claims("1Gi", { storageClassName: "slow" }), held));
    assert.deepEqual(recordOf(second), recordOf(first));
    assert.equal(second.spec?.podManagementPolicy, "OrderedReady");
    assert.deepEqual(cluster.writes, []);
  });
});

describe("a size", () => {
  for (const [given, written] of [
    ["1Gi", "1Gi"],
    ["1024Mi", "1Gi"],
    ["1.5Gi", "1536Mi"],
    ["0.5Ki", "512"],
    ["1000M", "1G"],
    ["1500M", "1500M"],
    ["1.5G", "1500M"],
    ["+2Gi", "2Gi"],
    ["2048", "2048"],
    ["1e9", "1e9"],
    ["0.3Ki", "0.3Ki"],
    ["960812.5Ki", "983872k"],
    ["1000.5Mi", "1024512Ki"],
  ] as const) {
    it(`is written as Kubernetes does: ${given}`, () => {
      assert.equal(canonicalQuantity(given), written);
    });
  }

  it("stays the same size, and the same text when it is written again", () => {
    const suffix = fc.constantFrom("", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti", "m");
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.constantFrom("", ".5", ".25", ".1"), suffix, (whole, part, suffix) => {
        const given = `${String(whole)}${part}${suffix}`;
        const written = canonicalQuantity(given);
        assert.equal(amountOf(written), amountOf(given), given);
        assert.equal(canonicalQuantity(written), written);
      }),
    );
  });
});
