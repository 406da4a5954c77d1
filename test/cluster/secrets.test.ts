import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { cluster, useCluster } from "./sharedCluster";
import { Project, soonDeadline } from "./support";

const settings = {
  replicas: 1,
  stores: {
    redis: {
      image: "localhost/redis:7.0",
      size: "16Mi",
      resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "64Mi" } },
    },
  },
  apps: {
    web: {
      image: "localhost/app-go:1.0.0",
      readinessProbe: { httpGet: { path: "/healthcheck" }, periodSeconds: 1 },
      volumes: { data: { mountPath: "/app/data", emptyDir: {} } },
      env: Object.fromEntries(
        ["typed", "generated"].map((key) => [
          `${key.toUpperCase()}_VALUE`,
          { valueFrom: { secretKeyRef: { name: "credentials", key } } },
        ]),
      ),
    },
  },
};

const typed = 'imacat-Yq3-"quoted"-\\n-it\'s-#-$HOME';
const typedLater = 'imadog-Zk8-"quoted"-\\n-it\'s-#-$HOME';
const password = '--imafox Wp5 "quoted" \\n it\'s # $HOME $(id) `id` %s';

/** A text as a file or an output could hold it: as it is, quoted, and in base64, alone or with other text around it. */
function forms(text: string): string[] {
  const json = JSON.stringify(text).slice(1, -1);
  const base64 = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]).toString("base64");
    // The first and the last characters depend on the text around it.
    return encoded.slice(offset === 0 ? 0 : 4, -4);
  });
  return [text, json, JSON.stringify(json).slice(1, -1), text.replaceAll("'", "''"), ...base64];
}

function* filesUnder(folder: string): Iterable<string> {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* filesUnder(path);
    else yield path;
  }
}

/** The arguments of all processes of this machine, and so of the cluster's containers, for as long as it watches. */
class ProcessWatch {
  readonly seen = new Set<string>();
  private readonly since = new Map<string, number>();
  private isOver = false;
  private readonly watching = this.watch();

  async end(): Promise<void> {
    this.isOver = true;
    await this.watching;
  }

  private async watch(): Promise<void> {
    let last = "";
    for (let round = 0; !this.isOver; round++) {
      // The number of the newest process, which says whether there is a new one.
      const newest = readFileSync("/proc/loadavg", "utf8").split(" ").at(-1) ?? "";
      if (newest !== last || round % 200 === 0) this.find();
      last = newest;
      for (const [pid, since] of this.since) {
        // A process that has been there for a while changes its arguments no more.
        if (Date.now() - since < 2000 || round % 200 === 0) this.read(pid);
      }
      await sleep(2);
    }
  }

  private find() {
    for (const pid of readdirSync("/proc")) {
      if (/^\d+$/.test(pid) && !this.since.has(pid)) this.since.set(pid, Date.now());
    }
  }

  private read(pid: string) {
    try {
      this.seen.add(readFileSync(`/proc/${pid}/cmdline`, "utf8"));
    } catch {
      // It has ended, and its number can pass to another one.
      this.since.delete(pid);
    }
  }
}

describe("secrets", function () {
  this.timeout("20m");
  const project = new Project(cluster, "secrets", settings);
  /** By what they are. */
  const secrets = new Map([
    ["the value that the user set", typed],
    ["the value that the user set later", typedLater],
    ["the store's password", password],
  ]);
  const outputs = new Map<string, string>();
  let watch: ProcessWatch | undefined;

  /** Runs a pulumi command, keeps all it printed, and gives that with its exit code. Only the config leads to the cluster. */
  async function pulumi(args: string[], input = "") {
    const command = spawn("pulumi", [...args, "--stack", "test", "--non-interactive"], {
      cwd: project.folder,
      env: { ...project.env, KUBECONFIG: "/nowhere" },
    });
    let output = "";
    for (const stream of [command.stdout, command.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    command.stdin.end(input);
    const [code] = (await once(command, "close")) as [number];
    outputs.set(`${String(outputs.size)}: pulumi ${args.join(" ")}`, output);
    return { code, output };
  }

  async function succeed(args: string[], input?: string): Promise<string> {
    const { code, output } = await pulumi(args, input);
    assert.equal(code, 0, output);
    return output;
  }

  const setSecret = (key: string, value: string) => succeed(["config", "set", "--secret", "--path", key], value);

  useCluster([project]);

  before(async () => {
    const kubeconfig = readFileSync(cluster.env.KUBECONFIG ?? "", "utf8");
    const { users } = parse(kubeconfig) as { users: { user: Record<string, string> }[] };
    for (const field of ["client-key-data", "client-certificate-data"]) {
      const data = users[0]?.user[field];
      assert.ok(data);
      secrets.set(`the kubeconfig's ${field}`, data.slice(-80, -10));
      const lines = Buffer.from(data, "base64").toString().trim().split("\n");
      secrets.set(`the kubeconfig's ${field}, decoded`, lines.at(-3) ?? "");
    }
    watch = new ProcessWatch();
    await succeed(["config", "set", "--secret", "kubernetes:kubeconfig"], kubeconfig);
    await setSecret("secrets.credentials.typed", typed);
    await setSecret("secrets.redis.password", password);
    await succeed(["config", "set", "--path", "secrets.credentials.generated.generate", "24"]);
  });

  after(async () => {
    await watch?.end();
  });

  it("reach what they are for", async () => {
    await succeed(["preview"]);
    await succeed(["preview", "--json"]);
    await succeed(["up", "--yes"]);
    const value = async (name: string, key: string) =>
      Buffer.from(await project.kubectl("get", "secret", name, "-o", `jsonpath={.data.${key}}`), "base64").toString();
    assert.equal(await value("credentials", "typed"), typed);
    assert.equal(await value("redis", "password"), password);
    const generated = await value("credentials", "generated");
    assert.match(generated, /^[a-zA-Z0-9]{24}$/);
    secrets.set("the generated value", generated);
  });

  it("protect redis, which knows the password as it was set", async () => {
    const answer = await project.kubectl(
      "exec",
      "redis-0",
      "--",
      "redis-cli",
      "--json",
      "config",
      "get",
      "requirepass",
    );
    assert.deepEqual(JSON.parse(answer), { requirepass: password });
    assert.match(
      await project.kubectl("exec", "redis-0", "--", "env", "-u", "REDISCLI_AUTH", "redis-cli", "ping"),
      /NOAUTH/,
    );
  });

  it("are handed on by an update that changes them, and by one that fails", async () => {
    await setSecret("secrets.credentials.typed", typedLater);
    await succeed(["preview", "--diff"]);
    await succeed(["preview", "--json"]);
    await succeed(["up", "--yes", "--diff"]);
    await succeed(["config", "set", "--path", "apps.web.env.PORT", "99999", "--type", "string"]);
    await succeed(["config", "set", "--path", "apps.web.progressDeadlineSeconds", soonDeadline]);
    const { code, output } = await pulumi(["up", "--yes"]);
    assert.notEqual(code, 0);
    assert.match(output, /invalid port/);
    for (const setting of ["env.PORT", "progressDeadlineSeconds"])
      await succeed(["config", "rm", "--path", `apps.web.${setting}`]);
    await succeed(["up", "--yes"]);
  });

  it("are not shown by an error about a kubeconfig that cannot be read", async () => {
    const kubeconfig = readFileSync(cluster.env.KUBECONFIG ?? "", "utf8");
    await succeed(
      ["config", "set", "--secret", "kubernetes:kubeconfig"],
      kubeconfig.replace(/(client-key-data: .*)/, "$1\n\t- ["),
    );
    const { code, output } = await pulumi(["preview"]);
    assert.notEqual(code, 0);
    assert.match(output, /The kubeconfig cannot be read: line \d+ is not valid YAML\./);
    await succeed(["config", "set", "--secret", "kubernetes:kubeconfig"], kubeconfig);
  });

  it("are hidden by everything that shows a stack", async () => {
    for (const args of [
      ["stack"],
      ["stack", "export"],
      ["stack", "output", "--json"],
      ["stack", "history", "--json"],
    ]) {
      await succeed(args);
    }
    for (const args of [["config"], ["config", "--json"], ["preview", "--show-config"], ["preview", "--refresh"]]) {
      await succeed(args);
    }
  });

  it("are in no output, no file of the project and no process's arguments", async () => {
    await succeed(["destroy", "--yes"]);
    await watch?.end();
    const files = [...filesUnder(join(project.folder, ".state")), project.stackFile];
    assert.ok(files.some((file) => file.includes("history")) && files.some((file) => file.includes("backups")));
    const seen = [...(watch?.seen ?? [])];
    assert.ok(seen.some((args) => args.includes("redis-server")));
    assert.ok(seen.some((args) => args.includes("pulumi-language-nodejs")));
    const places = new Map([
      ...outputs,
      ...files.map((file) => [file, readFileSync(file, "utf8")] as const),
      ["the arguments of processes", seen.join("\n")],
    ]);
    const found = [...places].flatMap(([place, text]) =>
      [...secrets]
        .filter(([, secret]) => forms(secret).some((form) => text.includes(form)))
        .map(([secret]) => `${secret} is in ${place}`),
    );
    assert.deepEqual(found, []);
    console.log(
      `      ${String(secrets.size)} secrets, ${String(outputs.size)} outputs, ${String(files.length)} files, ${String(seen.length)} different arguments`,
    );
  });
});
