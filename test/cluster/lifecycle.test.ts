import assert from "node:assert/strict";
import { cluster, useCluster } from "./sharedCluster";
import { Project } from "./support";

interface Pod {
  metadata: { name: string; creationTimestamp: string; uid: string };
  status: { conditions: { type: string; status: string; lastTransitionTime: string }[] };
}

const probe = { httpGet: { path: "/healthcheck" }, initialDelaySeconds: 2, periodSeconds: 1 };
const claims = { data: { size: "16Mi", mountPath: "/app/data" } };
const ports = { "app-python": 8000, "app-go": 8080 };
const apps = {
  "app-python": {
    image: "localhost/app-python:1.0.0",
    containerPort: ports["app-python"],
    podManagementPolicy: "Parallel",
    readinessProbe: probe,
    claims,
  },
  "app-go": {
    image: "localhost/app-go:1.0.0",
    containerPort: ports["app-go"],
    podManagementPolicy: "OrderedReady",
    readinessProbe: probe,
    claims,
  },
};

describe("the life of two apps on a cluster", function () {
  this.timeout("20m");
  const project = new Project(cluster, "visits", { replicas: 2, apps });
  /** The counts that each pod has acknowledged. */
  const counts = new Map<string, number>();

  const pods = (replicas: number) =>
    Object.entries(ports).flatMap(([app, port]) =>
      Array.from({ length: replicas }, (_, ordinal) => ({ name: `${app}-${String(ordinal)}`, port })),
    );

  async function visit(name: string, port: number, times: number) {
    for (let i = 0; i < times; i++) await project.get("pods", name, port);
    counts.set(name, (counts.get(name) ?? 0) + times);
  }

  async function assertCounts(replicas: number) {
    for (const { name, port } of pods(replicas)) {
      assert.equal(Number(await project.get("pods", name, port, "/visits")), counts.get(name), name);
    }
  }

  async function readPods(app: string): Promise<Pod[]> {
    const selector = `app.kubernetes.io/name=${app}`;
    const list = JSON.parse(await project.kubectl("get", "pods", "-l", selector, "-o", "json")) as { items: Pod[] };
    return list.items.sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  }

  const created = (pod: Pod) => Date.parse(pod.metadata.creationTimestamp);
  const ready = (pod: Pod) => {
    const condition = pod.status.conditions.find(({ type }) => type === "Ready");
    assert.equal(condition?.status, "True", pod.metadata.name);
    return Date.parse(condition.lastTransitionTime);
  };

  useCluster([project]);

  it("preview shows every object and creates nothing", async () => {
    const output = await project.pulumi("preview", "--diff");
    for (const kind of [
      "apps/v1:StatefulSet",
      "core/v1:Service",
      "core/v1:ServiceAccount",
      "core/v1:Namespace",
      "policy/v1:PodDisruptionBudget",
    ]) {
      assert.match(output, new RegExp(`kubernetes:${kind}`));
    }
    assert.equal(await cluster.hasNamespace("visits"), false);
  });

  it("up brings every pod up ready, with a count of its own", async () => {
    await project.upWithPreview();
    for (const [i, { name, port }] of pods(2).entries()) await visit(name, port, i + 1);
    await assertCounts(2);
    assert.equal(new Set(counts.values()).size, 4);
  });

  it("starts Parallel pods together", async () => {
    const parallel = await readPods("app-python");
    assert.equal(parallel.length, 2);
    assert.ok(Math.max(...parallel.map(created)) < Math.min(...parallel.map(ready)));
  });

  it("starts OrderedReady pods one by one", async () => {
    const [first, second, ...others] = await readPods("app-go");
    assert.ok(first && second && others.length === 0);
    assert.ok(created(second) >= ready(first));
  });

  it("a visit through the client Service counts on one pod, in an image that has nothing but the app", async () => {
    const answer = await project.get("services", "app-go-http", "http");
    const [, name = ""] = /^pod (.*)$/m.exec(answer) ?? [];
    assert.ok(counts.has(name), answer);
    counts.set(name, (counts.get(name) ?? 0) + 1);
    await assertCounts(2);
  });

  it("probes and looks at /visits, /healthcheck and /status count nothing", async () => {
    for (const path of ["/visits", "/healthcheck", "/status"]) await project.get("pods", "app-go-0", 8080, path);
    await assertCounts(2);
  });

  it("the visits file is on the claim, as exec shows where the image has a shell", async () => {
    const file = await project.kubectl("exec", "app-python-1", "--", "cat", "/app/data/visits.txt");
    assert.equal(Number(file), counts.get("app-python-1"));
  });

  it("pod names resolve from inside another pod", async () => {
    const resolveName = (name: string) =>
      project.kubectl(
        "exec",
        "app-python-0",
        "--",
        "python3",
        "-c",
        `import socket; print(socket.gethostbyname("${name}"))`,
      );
    for (const { name } of pods(2)) {
      const dnsName = `${name}.${name.replace(/-\d+$/, "")}.visits.svc.cluster.local`;
      const address = await project.kubectl("get", "pod", name, "-o", "jsonpath={.status.podIP}");
      assert.equal((await resolveName(dnsName)).trim(), address);
    }
  });

  it("the namespace that the stack made turns away a pod that is not restricted", async () => {
    await assert.rejects(
      project.kubectl("run", "intruder", "--image", "localhost/app-go:1.0.0", "--privileged"),
      /violates PodSecurity "restricted/,
    );
  });

  it("replicas 4, then 1, then 4 again: the old counts return", async () => {
    await project.pulumi("config", "set", "replicas", "4");
    await project.up();
    for (const { name, port } of pods(4)) await visit(name, port, 1);
    await project.pulumi("config", "set", "replicas", "1");
    await project.up();
    assert.equal((await readPods("app-python")).length + (await readPods("app-go")).length, 2);
    await assertCounts(1);
    await project.pulumi("config", "set", "replicas", "4");
    await project.up();
    await assertCounts(4);
  });

  it("a deleted pod comes back with its count", async () => {
    const before = await readPods("app-python");
    await project.kubectl("delete", "pod", "app-python-2");
    await project.kubectl("wait", "--for=create", "pod/app-python-2", "--timeout=10m");
    await project.kubectl("wait", "--for=condition=Ready", "pod/app-python-2", "--timeout=10m");
    const after = await readPods("app-python");
    assert.notEqual(after[2]?.metadata.uid, before[2]?.metadata.uid);
    await assertCounts(4);
  });

  it("destroy removes the apps, and neither the claims nor the namespace", async () => {
    const claimsBefore = await project.kubectl("get", "pvc", "-o", "name");
    assert.equal(claimsBefore.trim().split("\n").length, 8);
    await project.destroy();
    assert.equal(
      await project.kubectl(
        "get",
        "statefulsets,services,serviceaccounts,networkpolicies,poddisruptionbudgets,pods",
        "-o",
        "name",
      ),
      "serviceaccount/default\n",
    );
    assert.equal(await project.kubectl("get", "pvc", "-o", "name"), claimsBefore);
  });

  it("up after destroy brings every count back", async () => {
    await project.up();
    await assertCounts(4);
  });

  it("a second up changes nothing", async () => {
    assert.match(await project.pulumi("up", "--yes", "--expect-no-changes"), /20 unchanged/);
  });

  it("a namespace that was there before is used as it is, and stays", async () => {
    await cluster.kubectl("create", "namespace", "theirs");
    const labels = () => cluster.kubectl("get", "namespace", "theirs", "-o", "jsonpath={.metadata.labels}");
    const labelsBefore = await labels();
    const guest = new Project(cluster, "theirs", { replicas: 1, apps: { "app-go": apps["app-go"] } });
    await guest.init();
    await guest.up();
    assert.equal(await labels(), labelsBefore);
    await guest.destroy();
    assert.equal(await labels(), labelsBefore);
    guest.remove();
  });
});
