import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { parse, stringify } from "yaml";
import { needsCluster } from "../skip";
import { Writer } from "./database";
import { Example, type Pod } from "./example";
import { run, TestCluster, until } from "./support";

interface StackFile {
  config: { "stateful-apps:apps": Record<string, { claims: Record<string, { size: string }> }> };
}

describe("a cluster of three nodes", function () {
  this.timeout("20m");
  const cluster = new TestCluster("nodes");
  const nodes = [1, 2, 3];
  const nodeName = (number: number) => `stateful-apps-${cluster.name}${number === 1 ? "" : `-${String(number)}`}`;

  /** With volumes that can be filled. */
  const small = (example: Example, app: string) => {
    const file = parse(readFileSync(example.project.stackFile, "utf8")) as StackFile;
    for (const claim of Object.values(file.config["stateful-apps:apps"][app]?.claims ?? {})) claim.size = "512Mi";
    writeFileSync(example.project.stackFile, stringify(file));
    return example;
  };
  const etcd = small(new Example("etcd", {}, cluster), "etcd");
  const postgres = small(new Example("postgres", {}, cluster), "postgres");
  const etcdWriter = new Writer(etcd, { name: "etcd", address: "http://etcd-http:2379" });
  const postgresWriter = new Writer(postgres, {
    name: "postgres",
    address: "postgres://postgres:$(PASSWORD)@postgres-http/postgres",
    password: { name: "postgres", key: "password" },
  });
  /** A quorum of members goes on before Kubernetes knows, after 50 s, that a node is dead. A single server waits. */
  const during = (title: string, action: () => Promise<unknown>, limit?: number) =>
    etcdWriter.during(title, () => postgresWriter.during(title, action, limit), 45);

  before("a cluster of its own", async function () {
    this.timeout("60m");
    needsCluster(this, { engine: true });
    await cluster.up("--nodes", "3");
    await cluster.load(["etcd", "postgres", "busybox", "writer"]);
    await Promise.all([etcd, postgres].map(({ project }) => project.init()));
  });
  after(async () => {
    await cluster.remove();
    for (const { project } of [etcd, postgres]) project.remove();
  });

  const nodeOf = async (example: Example, app: string) =>
    Object.fromEntries((await example.pods(app)).map(({ metadata, spec }) => [metadata.name, spec.nodeName]));
  const allReady = ({ project }: Example, app: string) =>
    project.kubectl("rollout", "status", `statefulset/${app}`, "--timeout=10m");

  /** The test's own pods stay. */
  const drain = (node: string) => {
    const pods = "--pod-selector=app.kubernetes.io/name in (etcd, postgres)";
    return cluster.kubectl("drain", node, pods, "--delete-emptydir-data", "--timeout=10m");
  };

  describe("has a network", () => {
    const pods = (role: string) => nodes.map((number) => ({ name: `${role}-${String(number)}`, role, number }));
    const servers = pods("server");
    const clients = pods("client");
    const apply = (...objects: object[]) =>
      run("kubectl", ["apply", "-f", "-"], {
        env: cluster.env,
        input: objects.map((object) => stringify(object)).join("---\n"),
      });
    const address = (pod: string) => cluster.kubectl("get", "pod", pod, "-o", "jsonpath={.status.podIP}");
    /** What each client gets of each server: its name, or nothing. */
    const answers = async () => {
      const addresses = await Promise.all(servers.map(({ name }) => address(name)));
      const asked = clients.flatMap(({ name }) =>
        addresses.map((server) =>
          cluster
            .kubectl("exec", name, "--", "timeout", "3", "wget", "-q", "-O-", `http://${server}:8080/`)
            .then((words) => words.trim())
            .catch(() => ""),
        ),
      );
      return Promise.all(asked);
    };
    const all = clients.flatMap(() => servers.map(({ name }) => name));

    before(async () => {
      await apply(
        ...[...servers, ...clients].map(({ name, role, number }) => ({
          apiVersion: "v1",
          kind: "Pod",
          metadata: { name, labels: { role } },
          spec: {
            nodeName: nodeName(number),
            terminationGracePeriodSeconds: 1,
            containers: [
              {
                name: "shell",
                image: "localhost/busybox:built",
                imagePullPolicy: "Never",
                command: ["sh", "-c", `mkdir /www; echo ${name} >/www/index.html; exec httpd -f -p 8080 -h /www`],
              },
            ],
          },
        })),
      );
      await cluster.kubectl("wait", "--for=condition=Ready", "pod", "--all", "--timeout=5m");
    });
    after(() => cluster.kubectl("delete", "pod,networkpolicy", "--all", "--wait=false"));

    it("in which the pods of each node reach those of all nodes, and names are found", async () => {
      assert.deepEqual(await answers(), all);
      for (const { name } of clients) {
        const found = await cluster.kubectl("exec", name, "--", "nslookup", "kubernetes.default.svc.cluster.local");
        assert.match(found, /10\.96\.0\.1/);
      }
    });

    it("that enforces NetworkPolicies, on every node", async () => {
      await apply({
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name: "servers" },
        spec: {
          podSelector: { matchLabels: { role: "server" } },
          ingress: [{ from: [{ podSelector: { matchLabels: { of: "servers" } } }] }],
        },
      });
      await until(async () => (await answers()).every((words) => words === ""));
      await cluster.kubectl("label", "pod", "client-2", "of=servers");
      const wanted = clients.flatMap(({ name }) => servers.map((server) => (name === "client-2" ? server.name : "")));
      await until(async () => JSON.stringify(await answers()) === JSON.stringify(wanted));
    });
  });

  it("runs the pods of an app on a node each", async () => {
    await Promise.all([etcd, postgres].map(({ project }) => project.up()));
    await Promise.all([etcdWriter, postgresWriter].map((writer) => writer.start(nodeName(1))));
    assert.equal(new Set(Object.values(await nodeOf(etcd, "etcd"))).size, 3);
  });

  it("loses no acknowledged write when each node in turn is drained, and volumes go with their pods", async () => {
    for (const number of nodes) {
      const name = nodeName(number);
      await during(`drain of node ${String(number)}`, async () => {
        await drain(name);
        await Promise.all([allReady(etcd, "etcd"), allReady(postgres, "postgres")]);
        for (const [example, app] of [[etcd, "etcd"] as const, [postgres, "postgres"] as const]) {
          assert.ok(!Object.values(await nodeOf(example, app)).includes(name), name);
        }
      });
      await cluster.kubectl("uncordon", name);
    }
  });

  it("loses no acknowledged write in a rolling change during a drain", async () => {
    await etcd.project.pulumi("config", "set", "--path", "apps.etcd.env.TZ", "UTC");
    const name = nodeName(3);
    await during("rolling change during a drain", async () => {
      await Promise.all([etcd.project.up(), drain(name)]);
      await Promise.all([allReady(etcd, "etcd"), allReady(postgres, "postgres")]);
    });
    assert.ok(!Object.values(await nodeOf(etcd, "etcd")).includes(name), name);
    await cluster.kubectl("uncordon", name);
  });

  it("loses no acknowledged write when a node dies, and says which pods wait for it and what frees them", async () => {
    // A drained node gets no pod back by itself, and two of three members on one node do not survive it.
    await until(async () => {
      const pods = Object.entries(await nodeOf(etcd, "etcd"));
      const [second] = pods.find(([, node], i) => pods.findIndex(([, other]) => other === node) < i) ?? [];
      if (second === undefined) return true;
      await etcd.deletePod(second);
      return false;
    });
    const { "postgres-0": before = "" } = await nodeOf(postgres, "postgres");
    if (before === nodeName(1)) {
      await cluster.kubectl("cordon", before);
      await postgres.project.kubectl("delete", "pod", "postgres-0");
      await until(async () => (await nodeOf(postgres, "postgres"))["postgres-0"] !== before);
      await allReady(postgres, "postgres");
      await cluster.kubectl("uncordon", before);
    }
    const { "postgres-0": dead = "" } = await nodeOf(postgres, "postgres");
    const number = nodes.find((number) => nodeName(number) === dead) ?? 0;
    const taint = "node.kubernetes.io/out-of-service";
    await during(
      `death of node ${String(number)}`,
      async () => {
        await cluster.node("kill", number);
        await cluster.kubectl("wait", "--for=condition=Ready=Unknown", `node/${dead}`, "--timeout=10m");
        const words = await postgres.project.pulumi("preview");
        assert.match(words, new RegExp(`postgres-0 is not ready, because its node ${dead} does not answer`));
        assert.match(words, new RegExp(taint));
        await cluster.kubectl("taint", "node", dead, `${taint}=nodeshutdown:NoExecute`);
        await until(async () => (await nodeOf(postgres, "postgres"))["postgres-0"] !== dead);
        await Promise.all([allReady(etcd, "etcd"), allReady(postgres, "postgres")]);
      },
      600,
    );
    await cluster.node("start", number);
    await cluster.kubectl("taint", "node", dead, `${taint}-`);
    await cluster.kubectl("wait", "--for=condition=Ready", `node/${dead}`, "--timeout=10m");
  });

  it("loses no acknowledged write when each kubelet is killed, and no pod restarts", async () => {
    const runs = async () => Promise.all([etcd.pods("etcd"), postgres.pods("postgres")]).then((pods) => pods.flat());
    const before = await runs();
    await during("kill -9 of every kubelet", async () => {
      const killed = await cluster.kill("kubelet");
      assert.equal(killed.length, 3);
      await until(async () => (await cluster.processes("kubelet")).filter((id) => !killed.includes(id)).length === 3);
    });
    const identity = ({ metadata, status }: Pod) => [metadata.uid, status.containerStatuses[0]?.restartCount];
    assert.deepEqual((await runs()).map(identity), before.map(identity));
  });

  it("loses no acknowledged write when the API server is gone for 30 s during an update", async () => {
    const { project } = postgres;
    await project.pulumi("config", "set", "--path", "apps.postgres.env.TZ", "UTC");
    const [before] = await postgres.pods("postgres");
    await during(
      "API server gone for 30 s during an update",
      async () => {
        const { ended } = project.startUpdate();
        await until(async () => (await postgres.pods("postgres"))[0]?.metadata.uid !== before?.metadata.uid);
        const back = Date.now() + 30_000;
        while (Date.now() < back) {
          await cluster.kill("kube-apiserver");
          await setTimeout(500);
        }
        const [code] = await ended;
        console.log(`    the update that the API server left ended with exit code ${String(code)}`);
        await until(() =>
          cluster.kubectl("get", "--raw", "/readyz").then(
            () => true,
            () => false,
          ),
        );
        if (code !== 0) await project.recover();
        await project.up();
      },
      600,
    );
    await project.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("loses no acknowledged write when a volume is full, until it grows", async () => {
    const { project } = postgres;
    await during(
      "full volume, which grows",
      async () => {
        const fill = "dd if=/dev/zero of=/var/lib/postgresql/data/large bs=1M";
        await assert.rejects(postgres.exec("postgres-0", "sh", "-c", fill), /No space left on device/);
        await project.pulumi("config", "set", "--path", "apps.postgres.claims.data.size", "768Mi");
        await project.up();
      },
      600,
    );
  });

  it("starts again with all nodes and volumes", async () => {
    await cluster.down();
    await cluster.up();
    const { items } = JSON.parse(await cluster.kubectl("get", "nodes", "-o", "json")) as { items: unknown[] };
    assert.equal(items.length, 3);
    await Promise.all([allReady(etcd, "etcd"), allReady(postgres, "postgres")]);
    assert.ok(
      Number(
        await etcd
          .exec("etcd-0", "etcdctl", "get", "numbers/", "--prefix", "--count-only", "--write-out=fields")
          .then((words) => /"Count" : (\d+)/.exec(words)?.[1]),
      ) > 100,
    );
  });
});
