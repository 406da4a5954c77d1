import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { needsCluster } from "../skip";
import { run, TestCluster } from "./support";

/** What a cluster could leave behind on the machine that it ran on. */
async function traces() {
  return {
    processes: (await run("ps", ["-eo", "args"]))
      .split("\n")
      .filter((line) => /kube|etcd|containerd|node\.sh/.test(line)),
    mounts: await run("cat", ["/proc/self/mounts"]),
    links: await run("ip", ["-brief", "link"]),
    routes: await run("ip", ["route"]),
    firewall: await run("iptables-save", []).then((rules) => rules.replace(/^#.*$|\[\d+:\d+\]/gm, "")),
    controlGroups: (await run("find", ["/sys/fs/cgroup", "-type", "d"])).split("\n").sort(),
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
    const before = await traces();
    const cluster = new TestCluster("purge");
    await cluster.up();
    const during = await traces();
    assert.notDeepEqual(during.processes, before.processes);
    assert.notDeepEqual(during.links, before.links);
    await cluster.remove();
    assert.deepEqual(await traces(), before);
    assert.equal(existsSync(cluster.cache), false);
  });

  it("says that a cluster is not running, and refuses a name it cannot use", async () => {
    const script = ["local-cluster/cluster.sh", "status", "--name"];
    await assert.rejects(run("bash", [...script, "nobody"]), /cluster "nobody" is not running/);
    await assert.rejects(run("bash", [...script, "No body"]), /"No body" is not 1 to 12 lower-case letters and digits/);
  });
});
