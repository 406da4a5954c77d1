import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { devDependencies } from "../../package.json";
import { clusterShell, type ClusterShell } from "../../tools/lib/clusters";

/**
 * The `progressDeadlineSeconds` of an update that must fail: much less than the default of 600, but enough for a busy
 * machine to create a container and see it crash.
 */
export const soonDeadline = "60";

export const root = resolve(__dirname, "../..");

/** The folder of the engine itself: the npm package's command is only what starts it. */
const engineFolder = join(
  process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"),
  `versions/${devDependencies.pulumi}/bin`,
);
export const engine = join(engineFolder, "pulumi");

/** Runs a command and gives what it printed. A failure carries both of its outputs. */
export async function run(
  command: string,
  args: string[],
  { input, ...options }: { env?: NodeJS.ProcessEnv; cwd?: string; input?: string } = {},
) {
  const running = promisify(execFile)(command, args, { cwd: root, maxBuffer: 1 << 26, ...options });
  running.child.stdin?.end(input);
  const { stdout } = await running.catch((error: unknown) => {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${[command, ...args].join(" ")} failed:\n${stdout}\n${stderr}`);
  });
  return stdout;
}

/** Fails if a preview or an update made, changed or removed anything, other than what `allowed` names. */
export function assertUnchanged(output: string, allowed = /^(?!)/): void {
  const changes = [...output.matchAll(/^ {4}[-+~]+ (\d+ .+)$/gm)].map(([, words = ""]) => words);
  assert.match(output, /\d+ unchanged/);
  assert.deepEqual(
    changes.filter((words) => !allowed.test(words)),
    [],
  );
}

/** What an update changes after a run with an option of its own, as `recover` has: the providers lose it. */
export const providersUpdated = /^[12] (to update|updated)$/;

/** Waits for something that takes a while. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await setTimeout(500);
}

/** A file of a process, or nothing if it has ended. */
export const readProcess = (id: string, file: string) => {
  try {
    return readFileSync(`/proc/${id}/${file}`, "utf8");
  } catch {
    return "";
  }
};

/** A process in a pod, as the machine sees it: other pods, of other clusters too, run the same program. */
export async function processIn(podUid: string, program: string): Promise<number> {
  for (const id of (await run("pgrep", ["-x", program])).trim().split("\n")) {
    if (readFileSync(`/proc/${id}/cgroup`, "utf8").includes(podUid)) return Number(id);
  }
  throw new Error(`${program} does not run in the pod ${podUid}`);
}

/** What a suite knows of the cluster that it uses. */
export class Cluster {
  /** What a shell needs to use the cluster. */
  env: NodeJS.ProcessEnv = {};

  protected reachBy({ kubeconfig, programs = "" }: ClusterShell): void {
    const path = [engineFolder, process.env.PATH, programs, join(root, "node_modules/.bin")];
    this.env = { ...process.env, KUBECONFIG: kubeconfig, PATH: path.join(delimiter) };
  }

  kubectl(...args: string[]): Promise<string> {
    return run("kubectl", args, { env: this.env });
  }

  /** The name by which its kubeconfig knows it. */
  async context(): Promise<string> {
    return (await this.kubectl("config", "current-context")).trim();
  }

  async hasNamespace(name: string): Promise<boolean> {
    return (await this.kubectl("get", "namespace", name, "--ignore-not-found", "-o", "name")) !== "";
  }
}

/**
 * A local cluster. It has a cache folder of its own, in which only the built programs and images are shared, so
 * that removing the cluster removes nothing else.
 */
export class TestCluster extends Cluster {
  private readonly clusterEnv: NodeJS.ProcessEnv;
  /** The machine's links and control groups carry it, so that clusters of other test runs must have other names. */
  readonly name: string;

  constructor(
    name: string,
    readonly cache = mkdtempSync(join(tmpdir(), "stateful-apps-cache-")),
  ) {
    super();
    this.name = name + createHash("sha256").update(cache).digest("hex").slice(0, 6);
    this.clusterEnv = { ...process.env, XDG_CACHE_HOME: cache };
  }

  /** Uses folders of the machine's cache. The last cluster's removal takes the links away. */
  private share(): void {
    for (const folder of ["programs", "images"]) {
      const shared = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "stateful-apps", folder);
      mkdirSync(shared, { recursive: true });
      mkdirSync(join(this.cache, "stateful-apps"), { recursive: true });
      if (!existsSync(join(this.cache, "stateful-apps", folder)))
        symlinkSync(shared, join(this.cache, "stateful-apps", folder));
    }
  }

  async up(...options: string[]): Promise<ClusterShell> {
    this.share();
    await this.command("up", ...options);
    const shell = clusterShell(await this.command("env"));
    this.reachBy(shell);
    return shell;
  }

  /** Builds images that the examples of databases name, if they are missing, and loads them into the node. */
  async load(images: string[]): Promise<void> {
    await this.command("load", ...images);
  }

  /** Kills a node, all of it at once, or brings it back. The first one has the number 1, and stays. */
  async node(action: "kill" | "start", number: number): Promise<void> {
    await this.command("node", action, String(number));
  }

  async down(): Promise<void> {
    await this.command("down");
  }

  /** The processes of a program that the cluster itself runs, on all its nodes, as the machine counts them. */
  async processes(program: string): Promise<string[]> {
    const found = await run("pgrep", ["-x", program]).catch(() => "");
    return found.split("\n").filter((id) => id !== "" && readProcess(id, "environ").includes(this.cache));
  }

  /** Kills these processes, each of which the node starts again. One can have ended meanwhile. */
  async kill(program: string): Promise<string[]> {
    const ids = await this.processes(program);
    await run("kill", ["-9", ...ids]).catch(() => undefined);
    return ids;
  }

  /** Removes the cluster and makes another one of its name. */
  async renew(): Promise<void> {
    await this.command("down", "--purge");
    await this.up();
  }

  async remove(): Promise<void> {
    if (existsSync(join(this.cache, "stateful-apps/clusters"))) await this.command("down", "--purge");
    rmSync(this.cache, { recursive: true });
  }

  /** Runs a command of the cluster's script and lets its progress be seen, for the first start takes minutes. */
  private async command(...args: string[]): Promise<string> {
    const script = spawn("bash", ["local-cluster/cluster.sh", ...args, "--name", this.name], {
      cwd: root,
      env: this.clusterEnv,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    script.stderr.on("data", (words: Buffer) => {
      process.stderr.write(words);
      output += words.toString();
    });
    for await (const line of createInterface(script.stdout)) {
      if (line.startsWith("[")) console.log(`    ${line}`);
      output += `${line}\n`;
    }
    if (script.exitCode === null) await once(script, "exit");
    if (script.exitCode !== 0) throw new Error(`cluster.sh ${args.join(" ")} failed:\n${output}`);
    return output;
  }
}

/** The program in a folder of its own, with state of its own: what a user has after a clone. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), "stateful-apps-project-"));

  constructor(
    public cluster: Cluster,
    readonly namespace: string,
    config: Record<string, unknown>,
  ) {
    for (const file of ["Pulumi.yaml", "index.ts", "package.json", "tsconfig.json", "node_modules", "tools"]) {
      symlinkSync(join(root, file), join(this.folder, file));
    }
    mkdirSync(join(this.folder, ".state"));
    const settings = { namespace, ...config };
    const qualified = Object.entries(settings).map(([key, value]) => [`stateful-apps:${key}`, value]);
    writeFileSync(this.stackFile, stringify({ config: Object.fromEntries(qualified) as unknown }));
  }

  /** A stack whose file is one of the examples, with the files of the folder of its name. */
  static ofExample(cluster: Cluster, name: string): Project {
    const file = readFileSync(join(root, `examples/${name}.yaml`), "utf8");
    const { config } = parse(file) as { config: Record<string, unknown> };
    const project = new Project(cluster, String(config["stateful-apps:namespace"]), {});
    writeFileSync(project.stackFile, file);
    if (existsSync(join(root, "examples", name))) {
      cpSync(join(root, "examples", name), join(project.folder, "examples", name), { recursive: true });
    }
    return project;
  }

  get stackFile(): string {
    return join(this.folder, "Pulumi.test.yaml");
  }

  get env(): NodeJS.ProcessEnv {
    return { ...this.cluster.env, PULUMI_CONFIG_PASSPHRASE: "test", PULUMI_SKIP_UPDATE_CHECK: "true" };
  }

  /** Runs a pulumi command on the stack `test`. */
  pulumi(...args: string[]): Promise<string> {
    return this.pulumiOf("test", ...args);
  }

  /** The same on another stack of the project. */
  pulumiOf(stack: string, ...args: string[]): Promise<string> {
    return run("pulumi", [...args, "--stack", stack, "--non-interactive"], { cwd: this.folder, env: this.env });
  }

  /** `npm run recover` of the stack `test`, unless the arguments name another one. */
  recover(...args: string[]): Promise<string> {
    const command = ["run", "recover", "--", "--yes", "--non-interactive", "--stack", "test", ...args];
    return run("npm", command, { cwd: this.folder, env: this.env });
  }

  /** `npm run claims` for the stack `test`. */
  claims(...args: string[]): Promise<string> {
    const command = ["run", "--silent", "claims", "--", "--stack", "test", ...args];
    return run("npm", command, { cwd: this.folder, env: this.env });
  }

  /** `npm run snapshot` of an app of the stack `test`. */
  snapshot(app: string, ...args: string[]): Promise<string> {
    const command = ["run", "--silent", "snapshot", "--", app, "--stack", "test", ...args];
    return run("npm", command, { cwd: this.folder, env: this.env });
  }

  init(): Promise<string> {
    return this.pulumi("stack", "init");
  }

  /** Without the preview, which would take as long again. */
  up(): Promise<string> {
    return this.pulumi("up", "--yes", "--skip-preview");
  }

  /** As a user runs it, who sees the preview first. */
  upWithPreview(): Promise<string> {
    return this.pulumi("up", "--yes");
  }

  /** An update by an engine that can be killed, and its end. */
  startUpdate() {
    const engineProcess = spawn(engine, ["up", "--yes", "--skip-preview", "--stack", "test", "--non-interactive"], {
      cwd: this.folder,
      env: this.env,
      stdio: "ignore",
    });
    return { engineProcess, ended: once(engineProcess, "exit") as Promise<[number | null]> };
  }

  destroy(): Promise<string> {
    return this.pulumi("destroy", "--yes");
  }

  kubectl(...args: string[]): Promise<string> {
    return this.cluster.kubectl("--namespace", this.namespace, ...args);
  }

  /** The same with something to read. */
  kubectlWithInput(input: string, ...args: string[]): Promise<string> {
    return run("kubectl", args, { env: this.env, input });
  }

  /**
   * A pod's or a Service's answer over HTTP, as any client in the cluster gets it. On a machine so busy that the kubelet
   * restarts a program that is late, the request is sent again until the program listens again.
   */
  async get(kind: "pods" | "services", name: string, port: number | string, path = "/"): Promise<string> {
    const url = `/api/v1/namespaces/${this.namespace}/${kind}/${name}:${String(port)}/proxy${path}`;
    const deadline = Date.now() + 60_000;
    for (;;) {
      try {
        return await this.cluster.kubectl("get", "--raw", url);
      } catch (error) {
        const isUnheard = (error as Error).message.includes("connect: connection refused");
        if (!isUnheard || Date.now() > deadline) throw error;
        await setTimeout(1000);
      }
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
