import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { needsCluster } from "../skip";
import { assertUnchanged, Project, providersUpdated, TestCluster, until } from "./support";

describe("volumes whose size in the config grows", function () {
  this.timeout("20m");
  const cluster = new TestCluster("grow");
  const shell = {
    image: "localhost/busybox:built",
    command: ["sh", "-c", "exec sleep 1000000"],
    podSecurityContext: { runAsUser: 65532, fsGroup: 65532 },
    terminationGracePeriodSeconds: 1,
    ports: { none: 8080 },
  };
  const project = new Project(cluster, "growing", {
    apps: {
      db: { ...shell, replicas: 3, claims: { data: { size: "32Mi", mountPath: "/data" } } },
      fixed: {
        ...shell,
        replicas: 1,
        claims: { data: { size: "32Mi", mountPath: "/data", storageClassName: "local-path" } },
      },
    },
    stores: { redis: { image: "localhost/redis:7.0", size: "32Mi" } },
  });
  before("a cluster of its own", async function () {
    this.timeout("60m");
    needsCluster(this, { engine: true });
    await cluster.up("--csi");
    await project.init();
    await project.up();
    for (const ordinal of [0, 1, 2]) await inPod(ordinal, `echo ${String(ordinal)} >/data/ordinal`);
  });
  after(async () => {
    await cluster.remove();
    project.remove();
  });

  const set = (path: string, value: string) => project.pulumi("config", "set", "--path", path, value);
  const size = "apps.db.claims.data.size";
  const inPod = (ordinal: number, script: string) =>
    project.kubectl("exec", `db-${String(ordinal)}`, "--", "sh", "-c", script);
  /** In MiB: a little less than that of the volume. */
  const fileSystem = async (ordinal: number) =>
    Number((await inPod(ordinal, "df -m /data | tail -1")).trim().split(/\s+/)[1]);
  const pods = () =>
    project.kubectl(
      "get",
      "pods",
      "-o",
      'jsonpath={range .items[*]}{.metadata.name} {.metadata.uid} {.status.containerStatuses[0].restartCount}{"\\n"}{end}',
    );
  const claims = async () => {
    const path = '{range .items[*]}{.metadata.name} {.status.capacity.storage}{"\\n"}{end}';
    return (await project.kubectl("get", "pvc", "-o", `jsonpath=${path}`)).trim().split("\n");
  };
  const template = () =>
    project.kubectl(
      "get",
      "statefulset",
      "db",
      "-o",
      "jsonpath={.spec.volumeClaimTemplates[0].spec.resources.requests.storage}",
    );

  it("grow under running pods, which a preview says", async () => {
    const before = await pods();
    await set(size, "64Mi");
    await set("stores.redis.size", "48Mi");
    const preview = await project.pulumi("preview");
    for (const ordinal of [0, 1, 2])
      assert.match(preview, new RegExp(`grows data-db-${String(ordinal)} from 32Mi to 64Mi`));
    assert.match(preview, /grows data-redis-0 from 32Mi to 48Mi/);
    assert.match(preview, /replaces the StatefulSet.* while db-0, db-1 and db-2 keep running/);
    assert.doesNotMatch(preview, /stops|updates/);
    assert.equal(await template(), "32Mi");
    await project.up();
    assert.equal(await pods(), before);
    assert.equal(await template(), "64Mi");
    for (const ordinal of [0, 1, 2]) assert.ok((await fileSystem(ordinal)) > 40);
    assert.deepEqual((await claims()).slice(0, 3), ["data-db-0 64Mi", "data-db-1 64Mi", "data-db-2 64Mi"]);
    assertUnchanged(await project.pulumi("up", "--yes", "--refresh"));
  });

  it("grow together with other changes, those of former replicas too", async () => {
    await set("apps.db.replicas", "1");
    await project.up();
    await set(size, "96Mi");
    await set("apps.db.podAnnotations.change", "1");
    await project.up();
    await set("apps.db.replicas", "4");
    await project.up();
    for (const ordinal of [0, 1, 2, 3]) assert.ok((await fileSystem(ordinal)) > 70);
    assert.equal(await inPod(2, "cat /data/ordinal"), "2\n");
  });

  it("do not shrink, nor grow where the class does not allow it, which a preview says", async () => {
    await set(size, "80Mi");
    await set("apps.fixed.claims.data.size", "64Mi");
    await assert.rejects(
      project.pulumi("preview"),
      /nothing was changed\..*apps\.db\.claims\.data\.size is 80Mi; the claim data-db-0 has 96Mi, and volumes cannot shrink.*apps\.fixed\.claims\.data\.size is 64Mi; the claim data-fixed-0 has 32Mi and cannot grow: /s,
    );
    await set(size, "96Mi");
    await set("apps.fixed.claims.data.size", "32Mi");
  });

  it("grow after a destruction", async () => {
    await project.destroy();
    await set(size, "128Mi");
    await project.up();
    for (const ordinal of [0, 1, 2, 3]) assert.ok((await fileSystem(ordinal)) > 100);
    assert.equal(await inPod(1, "cat /data/ordinal"), "1\n");
  });

  /** Kills the engine in an update as soon as a watch of kubectl shows a line. */
  async function updateKilledAt(line: RegExp, ...watched: string[]) {
    const args = ["get", ...watched, "--watch", "--output-watch-events", "--namespace", project.namespace];
    const watch = spawn("kubectl", args, { env: project.env, stdio: ["ignore", "pipe", "ignore"] });
    const { engineProcess, ended } = project.startUpdate();
    void ended.then(() => watch.kill());
    for await (const shown of createInterface(watch.stdout)) {
      if (line.test(shown)) break;
    }
    engineProcess.kill("SIGKILL");
    await ended;
    assert.equal(engineProcess.signalCode, "SIGKILL", "the update ended before it could be killed");
  }

  for (const [moment, wanted, line, watched] of [
    ["when the first one has grown", "160Mi", /data-db-\d +Bound +\S+ +160Mi/, ["persistentvolumeclaims"]],
    ["when the StatefulSet has been let go", "176Mi", /^DELETED/, ["statefulsets", "db"]],
  ] as const) {
    it(`grow to the end if the engine is killed ${moment}`, async () => {
      const before = await pods();
      await set(size, wanted);
      await updateKilledAt(line, ...watched);
      await project.recover();
      assert.equal(await pods(), before);
      assert.equal(await template(), wanted);
      for (const ordinal of [0, 1, 2, 3]) assert.ok((await fileSystem(ordinal)) > 130);
      assertUnchanged(await project.pulumi("preview"), providersUpdated);
    });
  }

  it("are what somebody has made of them by hand, with another StatefulSet, while pods keep running", async () => {
    const before = await pods();
    const patch = JSON.stringify({ spec: { resources: { requests: { storage: "192Mi" } } } });
    for (const ordinal of [0, 1, 2, 3])
      await project.kubectl("patch", "pvc", `data-db-${String(ordinal)}`, "-p", patch);
    const statefulSet = JSON.parse(await project.kubectl("get", "statefulset", "db", "-o", "json")) as {
      metadata: { uid?: string; resourceVersion?: string };
      spec: { volumeClaimTemplates: { spec: { resources: { requests: { storage: string } } } }[] };
    };
    delete statefulSet.metadata.uid;
    delete statefulSet.metadata.resourceVersion;
    for (const { spec } of statefulSet.spec.volumeClaimTemplates) spec.resources.requests.storage = "192Mi";
    await project.kubectl("delete", "statefulset", "db", "--cascade=orphan");
    await until(async () => (await project.kubectl("get", "statefulset", "db", "--ignore-not-found")) === "");
    await project.kubectlWithInput(JSON.stringify(statefulSet), "create", "-f", "-");
    await set(size, "192Mi");
    assert.match(await project.pulumi("preview"), /replaces the StatefulSet.* keep running/);
    await project.up();
    assert.equal(await pods(), before);
    assertUnchanged(await project.pulumi("up", "--yes", "--refresh"));
  });

  /** The most pods that were not ready at the same time. */
  async function worstDuring(update: Promise<unknown>): Promise<number> {
    const state = { isOver: false };
    const ended = update.finally(() => {
      state.isOver = true;
    });
    let worst = 0;
    while (!state.isOver) {
      const path = '{range .items[*]}{.status.conditions[?(@.type=="Ready")].status}{" "}{end}';
      const ready = (await project.kubectl("get", "pods", "-l", "app.kubernetes.io/name=db", "-o", `jsonpath=${path}`))
        .split(" ")
        .filter((status) => status === "True").length;
      worst = Math.max(worst, 4 - ready);
      // A pod takes longer to be ready again, and kubectl without a rest leaves the machine no time for it.
      await setTimeout(300);
    }
    await ended;
    return worst;
  }
  const checkData = async () => {
    for (const ordinal of [0, 1, 2]) assert.equal(await inPod(ordinal, "cat /data/ordinal"), `${String(ordinal)}\n`);
  };

  it("are joined by another one, while one pod after the other is replaced", async () => {
    await set("apps.db.claims.log.size", "16Mi");
    await set("apps.db.claims.log.mountPath", "/log");
    await set("apps.db.claims.data.storageClassName", "local-path");
    await set("apps.db.podManagementPolicy", "Parallel");
    const preview = await project.pulumi("preview");
    assert.match(preview, /keeps the claims data-db-… as they are; further ones get what is new/);
    assert.match(preview, /replaces the StatefulSet.* keep running; updates db-0, db-1, db-2 and db-3, one at a time/);
    assert.equal(await worstDuring(project.up()), 1);
    for (const ordinal of [0, 1, 2, 3]) await inPod(ordinal, "touch /log/file");
    await checkData();
    assertUnchanged(await project.pulumi("up", "--yes", "--refresh"));
  });

  it("do not take the place of others, and go as they came", async () => {
    await project.pulumi("config", "rm", "--path", "apps.db.claims.log");
    await set("apps.db.claims.logs.size", "16Mi");
    await set("apps.db.claims.logs.mountPath", "/log");
    await assert.rejects(
      project.pulumi("preview"),
      /nothing was changed\..*apps\.db: logs would be mounted at \/log in place of log, without the data of log-db-0, log-db-1, log-db-2, log-db-3/s,
    );
    await project.pulumi("config", "rm", "--path", "apps.db.claims.logs");
    assert.match(await project.pulumi("preview"), /keeps the claims log-db-…, which no pod will use/);
    assert.equal(await worstDuring(project.up()), 1);
    await checkData();
    assert.equal((await claims()).filter((line) => line.startsWith("log-db-")).length, 4);
  });
});
