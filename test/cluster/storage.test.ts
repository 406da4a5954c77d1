import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { needsCluster } from "../skip";
import { run, TestCluster, until } from "./support";

interface DataSource {
  apiGroup?: string;
  kind: string;
  name: string;
}

describe("volumes of a local cluster that was started with --csi", function () {
  this.timeout("60m");
  const cluster = new TestCluster("csi");
  const mebibyte = 2 ** 20;

  const apply = (...objects: object[]) =>
    run("kubectl", ["apply", "-f", "-"], {
      env: cluster.env,
      input: objects.map((object) => stringify(object)).join("---\n"),
    });

  /** A claim, and a pod of its name that mounts it at /data. */
  const claimWithPod = (name: string, storage: string, dataSource?: DataSource) => [
    {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } }, dataSource },
    },
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: "shell",
            image: "localhost/busybox:built",
            imagePullPolicy: "Never",
            command: ["sleep", "1000000"],
            volumeMounts: [{ name: "data", mountPath: "/data" }],
          },
        ],
        volumes: [{ name: "data", persistentVolumeClaim: { claimName: name } }],
      },
    },
  ];

  const becomesReady = (pod: string) => cluster.kubectl("wait", "--for=condition=Ready", `pod/${pod}`, "--timeout=5m");
  const inPod = (pod: string, script: string) => cluster.kubectl("exec", pod, "--", "sh", "-c", script);
  const field = (object: string, path: string) => cluster.kubectl("get", object, "-o", `jsonpath={${path}}`);
  const write = (pod: string, megabytes: number) =>
    inPod(pod, `dd if=/dev/zero of=/data/large bs=1M count=${String(megabytes)} && sync && rm /data/large`);

  /** The size of a pod's file system in MiB: a little less than the volume, for XFS keeps some of it for itself. */
  const fileSystemSize = async (pod: string) => {
    const blocks = await inPod(pod, "stat -f -c '%b %S' /data");
    const [count = 0, size = 0] = blocks.split(" ").map(Number);
    return (count * size) / mebibyte;
  };

  const assertSize = async (pod: string, { over, atMost }: { over: number; atMost: number }) => {
    const size = await fileSystemSize(pod);
    assert.ok(size > over && size <= atMost, `${String(size)} MiB, not between ${String(over)} and ${String(atMost)}`);
  };

  /** The kubelet sees a claim's new size when it next looks at the pod, about once a minute, or when the pod's metadata change. */
  const grow = async (claim: string, storage: string) => {
    const patch = JSON.stringify({ spec: { resources: { requests: { storage } } } });
    await cluster.kubectl("patch", "pvc", claim, "--patch", patch);
    await until(async () => {
      await cluster.kubectl("annotate", "--overwrite", "pod", claim, `looked=${String(Date.now())}`);
      return (await field(`pvc/${claim}`, ".status.capacity.storage")) === storage;
    });
  };

  before(async function () {
    needsCluster(this, { engine: false });
    await cluster.up("--csi");
    await apply(...claimWithPod("data", "64Mi"));
    await becomesReady("data");
  });
  after(() => cluster.remove());

  it("have the size of their claims, and no more room", async () => {
    await assertSize("data", { over: 48, atMost: 64 });
    await write("data", 40);
    await assert.rejects(write("data", 65), /No space left on device/);
    await inPod("data", "rm /data/large");
  });

  it("grow while their pods run", async () => {
    const uid = await field("pod/data", ".metadata.uid");
    await grow("data", "128Mi");
    await assertSize("data", { over: 64, atMost: 128 });
    await write("data", 100);
    assert.equal(await field("pod/data", ".metadata.uid"), uid);
    assert.equal(await field("pod/data", ".status.containerStatuses[0].restartCount"), "0");
  });

  it("are restored from a snapshot into a larger claim, as they were then", async () => {
    await inPod("data", "echo before >/data/words");
    await apply({
      apiVersion: "snapshot.storage.k8s.io/v1",
      kind: "VolumeSnapshot",
      metadata: { name: "before" },
      spec: { source: { persistentVolumeClaimName: "data" } },
    });
    await cluster.kubectl("wait", "--for=jsonpath={.status.readyToUse}=true", "volumesnapshot/before", "--timeout=2m");
    await inPod("data", "echo after >/data/words");
    const dataSource = { apiGroup: "snapshot.storage.k8s.io", kind: "VolumeSnapshot", name: "before" };
    await apply(...claimWithPod("restored", "192Mi", dataSource));
    await becomesReady("restored");
    assert.equal(await inPod("restored", "cat /data/words"), "before\n");
    await assertSize("restored", { over: 128, atMost: 192 });
  });

  it("are cloned while their pods run, and go their own ways", async () => {
    await apply(...claimWithPod("clone", "128Mi", { kind: "PersistentVolumeClaim", name: "data" }));
    await becomesReady("clone");
    assert.equal(await inPod("clone", "cat /data/words"), "after\n");
    await inPod("clone", "echo clone >/data/words");
    assert.equal(await inPod("data", "cat /data/words"), "after\n");
  });

  it("are removed with their claims", async () => {
    const images = () =>
      readdirSync(join(cluster.cache, "stateful-apps/clusters", cluster.name, "var/lib/csi/volumes"));
    const volume = await field("pvc/clone", ".spec.volumeName");
    assert.ok(images().includes(volume));
    await cluster.kubectl("delete", "pod/clone", "pvc/clone");
    await until(() => Promise.resolve(!images().includes(volume)));
  });

  it("are back, and grow, when the cluster was stopped and is started without the option", async () => {
    await cluster.down();
    await cluster.up();
    await becomesReady("data");
    await becomesReady("restored");
    assert.equal(await inPod("data", "cat /data/words"), "after\n");
    assert.equal(await inPod("restored", "cat /data/words"), "before\n");
    await grow("data", "256Mi");
    await assertSize("data", { over: 128, atMost: 256 });
  });
});
