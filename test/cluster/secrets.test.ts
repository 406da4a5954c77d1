import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Project, run, TestCluster, useCluster } from "./support";

describe("what came in as a secret", function () {
  this.timeout("5m");
  const cluster = new TestCluster("secrets");
  const project = new Project(cluster, "secrets", {
    apps: { web: { image: "localhost/app-go:1.0.0", store: "cache", replicas: 1 } },
    stores: { cache: { image: "localhost/redis:7.0", size: "16Mi" } },
    secrets: { made: { token: { generate: 24 } } },
  });
  useCluster(cluster, [project]);

  const password = `a "b" \\c $d --e #f`;
  const own = "imacat-Yq3-vErySecret";
  /** Everything that was printed, and the arguments of every process that was seen. */
  const seen: string[] = [];

  const pulumi = async (...args: string[]) => seen.push(await project.pulumi(...args));
  /** Sets a value without its being an argument of a process of ours. */
  const set = (input: string, ...args: string[]) =>
    run("pulumi", ["config", "set", "--secret", ...args, "--stack", "test", "--non-interactive"], {
      cwd: project.folder,
      env: project.env,
      input,
    });

  function lookAtArguments(): void {
    for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
      try {
        seen.push(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
      } catch {
        // It has ended.
      }
    }
  }

  it("is neither in the state, its history and backups, nor in what is printed, nor in the arguments of a process", async () => {
    const kubeconfig = readFileSync(cluster.env.KUBECONFIG ?? "", "utf8");
    const key = /client-key-data: (\S+)/.exec(kubeconfig)?.[1] ?? "";
    assert.ok(key.length > 100);
    await set(kubeconfig, "kubernetes:kubeconfig");
    await set(own, "--path", "secrets.made.own");
    await set(password, "--path", "secrets.cache.password");
    const looking = setInterval(lookAtArguments, 20);
    try {
      await pulumi("preview", "--diff");
      await pulumi("preview", "--json");
      await pulumi("up", "--yes");
      await pulumi("config", "set", "--path", "apps.web.env.A", "b");
      await pulumi("up", "--yes", "--diff");
    } finally {
      clearInterval(looking);
    }
    await pulumi("stack", "export");
    await pulumi("stack", "output", "--json");
    await pulumi("stack", "history");

    const secret = await project.kubectl("get", "secret", "made", "-o", "jsonpath={.data.token}");
    const generated = Buffer.from(secret, "base64").toString();
    const auth = await project.kubectl("exec", "cache-0", "--", "redis-cli", "config", "get", "requirepass");
    assert.equal(auth, `requirepass\n${password}\n`);

    const files = readdirSync(join(project.folder, ".state"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
    const all = [...seen, ...files, readFileSync(project.stackFile, "utf8")].join("\n");
    for (const [what, value] of Object.entries({ kubeconfig: key, own, password, generated })) {
      const forms = [value, JSON.stringify(value).slice(1, -1), Buffer.from(value).toString("base64")];
      for (const form of forms) assert.ok(!all.includes(form), `${what} is in the open`);
    }
    await project.destroy();
  });

  it("is not in the words about a kubeconfig that cannot be read", async () => {
    await set(`users:\n- token: ${own}\n bad: [`, "kubernetes:kubeconfig");
    await assert.rejects(project.pulumi("preview"), (error: Error) => {
      assert.match(error.message, /The kubeconfig cannot be read: it is not the YAML of a kubeconfig/);
      assert.ok(!error.message.includes(own));
      return true;
    });
  });
});
