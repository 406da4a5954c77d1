import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { needsCluster } from "../skip";
import { Project, readProcess, run, TestCluster } from "./support";

/** The processes that were started for a cluster, or in its control groups. */
const processesOf = ({ cache, name }: TestCluster) =>
  readdirSync("/proc").filter(
    (id) =>
      /^\d+$/.test(id) &&
      (readProcess(id, "environ").includes(cache) || readProcess(id, "cgroup").includes(`stateful-apps-${name}`)),
  );

/** What a cluster could leave behind on the machine that it ran on. Other clusters run on it at the same time. */
async function traces(cluster: TestCluster) {
  const lines = async (word: string, command: string, ...args: string[]) =>
    (await run(command, args)).split("\n").filter((line) => line.includes(word));
  return {
    processes: processesOf(cluster),
    mounts: await lines("", "cat", "/proc/self/mounts"),
    links: await lines(`sa-${cluster.name}`, "ip", "-brief", "link"),
    routes: await lines(`sa-${cluster.name}`, "ip", "route"),
    firewall: await run("iptables-save", []).then((rules) => rules.replace(/^#.*$|\[\d+:\d+\]/gm, "")),
    controlGroups: await lines(`stateful-apps-${cluster.name}`, "find", "/sys/fs/cgroup", "-type", "d"),
    settings: await run("sysctl", ["vm.overcommit_memory", "vm.panic_on_oom", "kernel.panic", "kernel.panic_on_oops"]),
    folders: await run(
      "ls",
      ["/run", "/run/netns", "/var/lib", "/var/run", "/etc", "/opt", "/opt/containerd"].filter((path) =>
        existsSync(path),
      ),
    ),
  };
}

describe("the local cluster", function () {
  this.timeout("60m");

  before(function () {
    needsCluster(this, { engine: false });
  });

  it("leaves nothing behind when it is purged", async () => {
    const cluster = new TestCluster("purge");
    const before = await traces(cluster);
    assert.deepEqual(before.processes, []);
    await cluster.up();
    const during = await traces(cluster);
    assert.notDeepEqual(during.processes, []);
    assert.notDeepEqual(during.links, before.links);
    await cluster.remove();
    assert.deepEqual(await traces(cluster), before);
    assert.equal(existsSync(cluster.cache), false);
  });

  it("says that a cluster is not running, and refuses a name it cannot use", async () => {
    const script = ["local-cluster/cluster.sh", "status", "--name"];
    await assert.rejects(run("bash", [...script, "nobody"]), /cluster "nobody" is not running/);
    await assert.rejects(run("bash", [...script, "No body"]), /"No body" is not 1 to 12 lower-case letters and digits/);
  });
});

describe("a local cluster that was stopped", function () {
  this.timeout("60m");
  const cluster = new TestCluster("again");
  const app = (port: number, image: string) => ({
    image,
    containerPort: port,
    podManagementPolicy: "Parallel",
    readinessProbe: { httpGet: { path: "/healthcheck" }, periodSeconds: 1 },
    claims: { data: { size: "16Mi", mountPath: "/app/data" } },
  });
  const ports = { "app-python": 8000, "app-go": 8080 };
  const project = new Project(cluster, "again", {
    replicas: 2,
    apps: Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, app(port, `localhost/${name}:1.0.0`)])),
  });
  const pods = Object.entries(ports).flatMap(([app, port]) =>
    [0, 1].map((ordinal) => ({ name: `${app}-${String(ordinal)}`, port })),
  );
  const counts = () =>
    Promise.all(pods.map(({ name, port }) => project.get("pods", name, port, "/visits").then(Number)));

  before(async function () {
    needsCluster(this, { engine: true });
    await cluster.up();
    await project.init();
    await project.up();
  });
  after(async () => {
    await cluster.remove();
    project.remove();
  });

  it("starts again with every count", async () => {
    for (const [visits, { name, port }] of pods.entries()) {
      for (let visit = 0; visit <= visits; visit++) await project.get("pods", name, port);
    }
    assert.deepEqual(await counts(), [1, 2, 3, 4]);
    await cluster.down();
    await cluster.up();
    for (const app of Object.keys(ports)) {
      await project.kubectl("rollout", "status", `statefulset/${app}`, "--timeout=10m");
    }
    assert.deepEqual(await counts(), [1, 2, 3, 4]);
  });

  it("refuses to get volumes that grow while it runs", async () => {
    await assert.rejects(cluster.up("--csi"), /cluster.sh up --csi failed/);
  });
});
