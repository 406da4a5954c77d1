import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { cluster, useCluster } from "./sharedCluster";
import { assertUnchanged, Project } from "./support";

const image = "localhost/busybox:built";

const app = {
  image,
  replicas: 2,
  podManagementPolicy: "Parallel",
  command: ["sh", "-c", "exec httpd -f -p 8080 -h /"],
  podSecurityContext: { runAsUser: 65532 },
  readinessProbe: { httpGet: { path: "/etc/hosts" }, periodSeconds: 1 },
  terminationGracePeriodSeconds: 2,
};

const reading = {
  env: {
    VARIABLE: { valueFrom: { configMapKeyRef: { name: "settings", key: "variable" } } },
    PASSWORD: { valueFrom: { secretKeyRef: { name: "login", key: "password" } } },
  },
  volumes: { files: { mountPath: "/files", configMap: { name: "settings" } } },
};

const canary = { updateStrategy: { rollingUpdate: { partition: 1 } } };
const byHand = { updateStrategy: { type: "OnDelete" } };

/** A job that fails while `fails` is true. */
const job = (fails: boolean) => ({
  jobs: { before: { check: { image, command: [fails ? "false" : "true"] } } },
});

describe("config of a change that is held back", function () {
  this.timeout("20m");
  const projects = ["held-by-partition", "held-by-on-delete", "held-by-job"].map(
    (namespace) => new Project(cluster, namespace, { apps: {} }),
  ) as [Project, Project, Project];
  const [partitioned, onDelete, failing] = projects;
  useCluster(projects);

  /** Gives a stack another app, and another value everywhere in what pods read; without a value, there is nothing to read. */
  async function set(project: Project, web: Record<string, unknown>, value?: string): Promise<void> {
    const { stackFile, namespace } = project;
    const { config: _, ...rest } = parse(readFileSync(stackFile, "utf8")) as Record<string, unknown>;
    const objects = value === undefined ? {} : { configMaps: { settings: { "file.txt": value, variable: value } } };
    const settings = Object.entries({ namespace, apps: { web }, ...objects });
    const config = Object.fromEntries(settings.map(([key, value]) => [`stateful-apps:${key}`, value]));
    writeFileSync(stackFile, stringify({ ...rest, config }));
    if (value !== undefined)
      await project.pulumi("config", "set", "--secret", "--path", "secrets.login.password", value);
  }

  const uid = (project: Project, pod: string) =>
    project.kubectl("get", "pod", pod, "--ignore-not-found", "-o", "jsonpath={.metadata.uid}");

  /** Deletes a pod, and waits until another one is ready in its place. */
  async function restart(project: Project, pod: string): Promise<void> {
    const before = await uid(project, pod);
    await project.kubectl("delete", "pod", pod);
    while (["", before].includes(await uid(project, pod))) await setTimeout(200);
    await project.kubectl("wait", "--for=condition=Ready", `pod/${pod}`, "--timeout=10m");
  }

  /** What a pod has in its file, in its variable, and in the variable from a Secret. */
  async function configOf(project: Project, pod: string): Promise<string> {
    const script = 'echo "$(cat /files/file.txt) $VARIABLE $PASSWORD"';
    return (await project.kubectl("exec", pod, "--", "sh", "-c", script)).trim();
  }

  /** The number of the copies that pods read. */
  async function copies(project: Project): Promise<number> {
    const names = await project.kubectl("get", "configmaps,secrets", "-o", "name");
    return names.split("\n").filter((name) => /-[0-9a-f]{10}$/.test(name)).length;
  }

  it("stays as it was in a pod below the partition, also when the pod restarts", async () => {
    await set(partitioned, { ...app, ...reading, ...canary }, "one");
    await partitioned.up();
    await set(partitioned, { ...app, ...reading, ...canary }, "two");
    assert.match(await partitioned.upWithPreview(), /updates web-1; holds back web-0 by the partition 1/);
    assert.equal(await configOf(partitioned, "web-1"), "two two two");
    await restart(partitioned, "web-0");
    assert.equal(await configOf(partitioned, "web-0"), "one one one");
    assertUnchanged(await partitioned.up());
  });

  it("stays there too when nothing in the config names it", async () => {
    await set(partitioned, { ...app, ...canary });
    await partitioned.up();
    await restart(partitioned, "web-0");
    assert.equal(await configOf(partitioned, "web-0"), "one one one");
    assertUnchanged(await partitioned.up());
    assert.equal(await copies(partitioned), 2);
  });

  it("is the old one again after a roll-back, without a restart of the pod that has it", async () => {
    const before = await uid(partitioned, "web-0");
    // The number of a Secret's change is another one, its value is the same.
    await set(partitioned, { ...app, ...reading, ...canary }, "one");
    await partitioned.up();
    assert.equal(await configOf(partitioned, "web-1"), "one one one");
    assert.equal(await uid(partitioned, "web-0"), before);
  });

  it("is removed by the update that leaves no pod with it", async () => {
    await set(partitioned, { ...app, ...reading }, "two");
    await partitioned.up();
    assert.equal(await configOf(partitioned, "web-0"), "two two two");
    assert.equal(await copies(partitioned), 2);
    assertUnchanged(await partitioned.up());
  });

  it("stays as it was until a pod is deleted under OnDelete", async () => {
    await set(onDelete, { ...app, ...reading, ...byHand }, "one");
    await onDelete.up();
    await set(onDelete, { ...app, ...reading, ...byHand }, "two");
    assert.match(await onDelete.upWithPreview(), /leaves web-0 and web-1 as they are until they are deleted/);
    assert.equal(await configOf(onDelete, "web-0"), "one one one");
    assert.equal(await copies(onDelete), 4);
    for (const pod of ["web-0", "web-1"]) {
      await restart(onDelete, pod);
      assert.equal(await configOf(onDelete, pod), "two two two");
    }
    await onDelete.up();
    assert.equal(await copies(onDelete), 2);
  });

  it("stays as it was if a job before the change fails", async () => {
    await set(failing, { ...app, ...reading, ...job(false) }, "one");
    await failing.up();
    const before = await uid(failing, "web-1");
    await set(failing, { ...app, ...reading, ...job(true) }, "two");
    await assert.rejects(failing.up(), /The job web-check failed/);
    await restart(failing, "web-0");
    assert.equal(await configOf(failing, "web-0"), "one one one");
    await set(failing, { ...app, ...reading, ...job(false) }, "two");
    await failing.up();
    assert.equal(await configOf(failing, "web-0"), "two two two");
    assert.notEqual(await uid(failing, "web-1"), before);
    assert.equal(await copies(failing), 2);
  });

  it("goes with the stack", async () => {
    await onDelete.destroy();
    assert.equal(await copies(onDelete), 0);
  });
});
