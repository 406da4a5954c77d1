import assert from "node:assert/strict";
import { cluster, useCluster } from "./sharedCluster";
import { Project, soonDeadline } from "./support";

interface Job {
  metadata: { name: string; uid: string; creationTimestamp: string };
  status: { completionTime?: string; succeeded?: number };
}

interface Pod {
  metadata: { uid: string; creationTimestamp: string };
  status: { conditions: { type: string; lastTransitionTime: string }[] };
}

const image = "localhost/busybox:built";
const job = (script: string, rest: object = {}) => ({ image, command: ["sh", "-c", script], ...rest });

describe("jobs around an app's pods", function () {
  this.timeout("20m");
  const project = new Project(cluster, "jobs", {
    replicas: 1,
    configMaps: { notes: { text: "one" } },
    apps: {
      "app-go": {
        image: "localhost/app-go:1.0.0",
        readinessProbe: { httpGet: { path: "/healthcheck" }, periodSeconds: 1 },
        volumes: { data: { emptyDir: {}, mountPath: "/app/data" } },
        jobs: {
          before: { migrate: job("sleep 1") },
          after: {
            announce: job("echo $NOTE", {
              env: { NOTE: { valueFrom: { configMapKeyRef: { name: "notes", key: "text" } } } },
            }),
          },
        },
        // The wget of the local cluster's busybox cannot look up names.
        connectionTest: {
          path: "/healthcheck",
          image: "localhost/app-python:1.0.0",
          command: ["python3", "-c", "import os, urllib.request as r; r.urlopen(os.environ['URL'], timeout=5)"],
        },
      },
    },
  });

  const list = async <T>(kind: string, selector: string) =>
    (JSON.parse(await project.kubectl("get", kind, "-l", selector, "-o", "json")) as { items: T[] }).items;
  const jobs = async () => {
    const found = await list<Job>("jobs", "app.kubernetes.io/instance=app-go");
    return Object.fromEntries(found.map((job) => [job.metadata.name.replace(/-[0-9a-f]{10}(-\d+)?$/, ""), job]));
  };
  const uids = async () =>
    Object.fromEntries(Object.entries(await jobs()).map(([name, { metadata }]) => [name, metadata.uid]));
  const pod = async () => {
    const [first, ...others] = await list<Pod>("pods", "app.kubernetes.io/name=app-go");
    assert.ok(first && others.length === 0);
    return first;
  };
  const set = (path: string, value: string) => project.pulumi("config", "set", "--path", `apps.app-go.${path}`, value);
  const failure = () =>
    project.up().then(
      (output) => assert.fail(`up did not fail:\n${output}`),
      (error: unknown) => (error as Error).message,
    );

  useCluster([project]);

  it("are shown by preview, and not run by it", async () => {
    const output = await project.pulumi("preview");
    for (const name of ["migrate", "announce", "connection-test"]) {
      assert.match(output, new RegExp(`kubernetes:batch/v1:Job app-go-${name} create`));
    }
    assert.equal(await cluster.hasNamespace("jobs"), false);
  });

  it("run before the pods start, and after they are ready", async () => {
    await project.up();
    const { "app-go-migrate": migrate, "app-go-announce": announce, ...rest } = await jobs();
    assert.ok(migrate && announce);
    assert.equal(rest["app-go-connection-test"]?.status.succeeded, 1);
    const { metadata, status } = await pod();
    const ready = status.conditions.find(({ type }) => type === "Ready")?.lastTransitionTime ?? "";
    assert.ok(Date.parse(migrate.status.completionTime ?? "") <= Date.parse(metadata.creationTimestamp));
    assert.ok(Date.parse(announce.metadata.creationTimestamp) >= Date.parse(ready));
    assert.equal(await project.kubectl("logs", `job/${announce.metadata.name}`), "one\n");
  });

  it("do not run again while nothing changes, nor for more replicas", async () => {
    const before = await uids();
    await project.pulumi("up", "--yes", "--expect-no-changes");
    await set("replicas", "2");
    await project.up();
    assert.deepEqual(await uids(), before);
    await set("replicas", "1");
    await project.up();
    assert.deepEqual(await uids(), before);
  });

  it("run again once for a change of the pods, in the place of those before", async () => {
    const before = await uids();
    await set("podAnnotations.revision", "one");
    await project.up();
    const after = await uids();
    assert.deepEqual(Object.keys(after).sort(), Object.keys(before).sort());
    for (const [name, uid] of Object.entries(after)) assert.notEqual(uid, before[name], name);
    assert.equal((await list("jobs", "app.kubernetes.io/instance=app-go")).length, 3);
  });

  it("run again, without the others, for a change of what only they read", async () => {
    const before = await uids();
    await project.pulumi("config", "set", "--path", "configMaps.notes.text", "two");
    await project.up();
    const { "app-go-announce": announce, ...others } = await uids();
    const { "app-go-announce": announcedBefore, ...othersBefore } = before;
    assert.notEqual(announce, announcedBefore);
    assert.deepEqual(others, othersBefore);
  });

  it("stop an update before the pods change when one fails, with its last words; the next up tries again", async () => {
    const { metadata } = await pod();
    await set("jobs.before.migrate.command[2]", "echo the table is locked; exit 3");
    await set("podAnnotations.revision", "two");
    for (const attempt of ["", "-2"]) {
      const words = await failure();
      assert.match(words, /The job app-go-migrate failed: .*\n.*container migrate: exit code 3/);
      assert.match(words, /\| the table is locked/);
      const names = await project.kubectl("get", "jobs", "-o", "name");
      assert.match(names, new RegExp(`app-go-migrate-[0-9a-f]{10}${attempt}\\n`));
    }
    assert.equal((await pod()).metadata.uid, metadata.uid);
    // What was there before the change: its job had a name that is to be free again.
    await set("podAnnotations.revision", "one");
    await set("jobs.before.migrate.command[2]", "sleep 1");
    await project.up();
    assert.equal((await pod()).metadata.uid, metadata.uid);
    await set("podAnnotations.revision", "two");
    await project.up();
    assert.notEqual((await pod()).metadata.uid, metadata.uid);
    assert.equal((await list("jobs", "app.kubernetes.io/instance=app-go")).length, 3);
  });

  it("end by their deadline when they are stuck", async () => {
    await set("jobs.after.announce.command[2]", "echo waiting for godot; sleep 600");
    await set("jobs.after.announce.activeDeadlineSeconds", "30");
    const words = await failure();
    assert.match(words, /The job app-go-announce failed: .*deadline(.|\n)*container announce: running/);
    await project.pulumi("config", "rm", "--path", "apps.app-go.jobs.after.announce.activeDeadlineSeconds");
    await set("jobs.after.announce.command[2]", "true");
    await project.up();
  });

  it("a connection test fails the run when the app does not answer", async () => {
    await set("connectionTest.path", "/nothing");
    assert.match(await failure(), /The job app-go-connection-test failed(.|\n)*HTTP Error 404: Not Found/);
    await set("connectionTest.path", "/status");
    await project.up();
    await project.pulumi("up", "--yes", "--expect-no-changes");
  });

  it("run again after the pods when a change that failed is taken back", async () => {
    await set("image", "localhost/app-go:missing");
    await set("progressDeadlineSeconds", soonDeadline);
    await failure();
    await project.pulumi("config", "rm", "--path", "apps.app-go.progressDeadlineSeconds");
    await set("image", "localhost/app-go:1.0.0");
    const before = await uids();
    await project.up();
    const after = await uids();
    for (const name of ["app-go-announce", "app-go-connection-test"]) assert.notEqual(after[name], before[name], name);
    await project.pulumi("up", "--yes", "--expect-no-changes");
  });

  it("do not run again when somebody has deleted the finished Jobs, nor block another change", async () => {
    await project.kubectl("delete", "jobs", "--all", "--wait");
    await set("replicas", "2");
    assert.doesNotMatch(await project.pulumi("preview"), /batch\/v1:Job \S+ (create|replace)/);
    await project.up();
    await set("replicas", "1");
    await project.pulumi("up", "--yes", "--refresh");
    assert.deepEqual(await jobs(), {});
    await project.pulumi("up", "--yes", "--refresh", "--expect-no-changes");
  });

  it("do not run again by a refresh that misses them first", async () => {
    await set("podAnnotations.revision", "three");
    await project.up();
    assert.equal(Object.keys(await jobs()).length, 3);
    await project.kubectl("delete", "jobs", "--all", "--wait");
    await project.pulumi("up", "--yes", "--refresh");
    assert.deepEqual(await jobs(), {});
  });

  it("run again when their records are deleted too", async () => {
    await project.kubectl("annotate", "service", "app-go", "jobs.stateful-apps/app-go-migrate-");
    await project.up();
    const found = await jobs();
    assert.deepEqual(Object.keys(found), ["app-go-migrate"]);
    assert.equal(found["app-go-migrate"]?.status.succeeded, 1);
  });

  it("are repeated by the next up if somebody deletes one before it has ended", async () => {
    await set("jobs.before.migrate.command[2]", "sleep 20");
    const update = failure();
    const running = async () =>
      Object.entries(await jobs()).find(([name, { status }]) => name === "app-go-migrate" && !status.succeeded)?.[1];
    let job = await running();
    while (job === undefined) job = await running();
    await project.kubectl("delete", "job", job.metadata.name);
    assert.match(await update, /The job app-go-migrate failed: somebody deleted its Job/);
    await project.up();
    const { "app-go-migrate": migrate } = await jobs();
    assert.match(migrate?.metadata.name ?? "", /-2$/);
    assert.equal(migrate?.status.succeeded, 1);
  });

  it("go with the stack", async () => {
    await project.destroy();
    assert.equal(await project.kubectl("get", "jobs,pods", "-o", "name"), "");
  });
});
