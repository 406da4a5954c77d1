import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { needsCluster } from "../skip";
import { assertUnchanged, Cluster, Project, providersUpdated, run, TestCluster } from "./support";

describe("a stack and two clusters", function () {
  this.timeout("20m");
  const here = new TestCluster("here");
  const there = new TestCluster("there");
  const uidOf = (cluster: TestCluster) =>
    cluster.kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}");
  const claims = { data: { size: "16Mi", mountPath: "/app/data" } };
  const readinessProbe = { httpGet: { path: "/healthcheck" }, periodSeconds: 1 };
  const db = { image: "localhost/app-go:1.0.0", claims, readinessProbe };
  const project = new Project(here, "moving", {
    apps: { "app-go": db },
    configMaps: { settings: { greeting: "hello" } },
    secrets: { made: { token: { generate: 24 } } },
  });

  before("clusters of its own", async function () {
    this.timeout("60m");
    needsCluster(this, { engine: true });
    await here.up();
    await there.up();
    await project.init();
    await project.up();
    await project.get("pods", "app-go-0", 8080);
  });
  after(async () => {
    await here.remove();
    await there.remove();
    project.remove();
  });

  it("stays on its cluster when the context leads to another", async () => {
    project.cluster = there;
    await assert.rejects(project.up(), /leads to the cluster \S+, but the stack belongs to \S+; nothing was changed/);
    assert.equal(await there.hasNamespace("moving"), false);
  });

  it("remembers the cluster of a first update that failed", async () => {
    const jobs = { before: { fail: { image: "localhost/busybox:built", command: ["false"] } } };
    const failing = new Project(here, "failing", { apps: { db, web: { image: "localhost/app-go:1.0.0", jobs } } });
    await failing.init();
    await assert.rejects(failing.up(), /The job web-fail failed/);
    failing.cluster = there;
    await assert.rejects(failing.up(), /leads to the cluster \S+, but the stack belongs to \S+; nothing was changed/);
    failing.cluster = here;
    await failing.destroy();
    failing.remove();
  });

  it("moves when it is told to, and leaves its volumes where they are", async () => {
    await project.pulumi("config", "set", "clusterId", await uidOf(there));
    // What is in the old cluster can only be removed through its context.
    await assert.rejects(project.up(), /context \S+ does not exist/);
    const both = [there, here].map(({ env }) => env.KUBECONFIG).join(delimiter);
    project.cluster = Object.assign(new Cluster(), { env: { ...there.env, KUBECONFIG: both } });
    await project.up();
    const objects = (cluster: TestCluster) =>
      cluster.kubectl("get", "statefulsets,persistentvolumeclaims", "--namespace", "moving", "-o", "name");
    assert.equal(await objects(there), "statefulset.apps/app-go\npersistentvolumeclaim/data-app-go-0\n");
    assert.equal(await objects(here), "persistentvolumeclaim/data-app-go-0\n");
  });

  it("brings its data along by the commands in docs", async () => {
    const visits = async (replicas: string) => {
      await project.pulumi("config", "set", "--path", "apps.app-go.replicas", replicas);
      await project.up();
      return replicas === "0" ? "" : (await there.kubectl("get", "--raw", path)).trim();
    };
    const path = "/api/v1/namespaces/moving/pods/app-go-0:8080/proxy/visits";
    assert.equal(await visits("1"), "0");
    await visits("0");
    const [, commands = ""] =
      /Copy each volume.*?```sh\n(.*?)```/s.exec(readFileSync("docs/ownership.md", "utf8")) ?? [];
    const pod = join(project.folder, "copy-pod.yaml");
    const manifest = readFileSync("docs/copy-pod.yaml", "utf8");
    writeFileSync(pod, manifest.replace("busybox:1.37", "localhost/busybox:built"));
    const script = commands
      .replaceAll(/\bold\b/g, `stateful-apps-${here.name}`)
      .replaceAll(/\bnew\b/g, `stateful-apps-${there.name}`)
      .replaceAll("-n shop", "-n moving")
      .replace("data-db-1", "data-app-go-0")
      .replace("docs/copy-pod.yaml", pod);
    await run("bash", ["-euo", "pipefail", "-c", script], { env: project.env });
    assert.equal(await visits("1"), "1");
  });

  it("deletes nothing that it made when the cluster was made anew under the same name and access", async () => {
    await there.renew();
    project.cluster = there;
    await assert.rejects(project.up(), /leads to the cluster/);
    await project.pulumi("config", "set", "clusterId", await uidOf(there));
    await project.pulumi("up", "--yes", "--skip-preview");
    const kinds = "statefulsets,services,serviceaccounts,configmaps,secrets,persistentvolumeclaims";
    const selector = "stateful-apps/stack-id";
    const made = await there.kubectl("get", kinds, "--namespace", "moving", "--selector", selector, "-o", "name");
    assert.deepEqual(made.trim().split("\n").sort(), [
      "configmap/settings",
      "persistentvolumeclaim/data-app-go-0",
      "secret/made",
      "service/app-go",
      "service/app-go-http",
      "serviceaccount/app-go",
      "statefulset.apps/app-go",
    ]);
    assertUnchanged(await project.up());
  });

  it("asks about a cluster that does not answer, and makes everything when it is gone for good", async () => {
    const stack = new Project(here, "gone", { apps: { "app-go": db } });
    const access = (name: string, cluster: TestCluster) => {
      const file = join(stack.folder, name);
      copyFileSync(cluster.env.KUBECONFIG ?? "", file);
      return file;
    };
    const old = access("old", here);
    await stack.init();
    await stack.pulumi("config", "set", "kubernetes:kubeconfig", old);
    await stack.up();
    writeFileSync(old, readFileSync(old, "utf8").replace(/server: .*/, "server: https://127.0.0.1:1"));
    await stack.pulumi("config", "set", "kubernetes:kubeconfig", access("new", there));
    await stack.pulumi("config", "set", "clusterId", await uidOf(there));
    const up = ["up", "--yes", "--skip-preview", "--stack", "test", "--non-interactive"];
    await assert.rejects(stack.pulumi(...up.slice(0, 3)), /PULUMI_K8S_DELETE_UNREACHABLE/);
    const env = { ...stack.env, PULUMI_K8S_DELETE_UNREACHABLE: "true" };
    await run("pulumi", up, { cwd: stack.folder, env });
    // Only the providers keep the option of the run before.
    assertUnchanged(await stack.up(), providersUpdated);
    const made = await there.kubectl("get", "statefulsets,services", "--namespace", "gone", "-o", "name");
    assert.equal(made, "statefulset.apps/app-go\nservice/app-go\nservice/app-go-http\n");
    stack.remove();
  });
});
