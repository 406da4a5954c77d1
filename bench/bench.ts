/*
 * `npm run bench`: medians of interleaved runs, on a local cluster of its own.
 *
 *   preview    against a plain JavaScript program with one ConfigMap: what no program can go below
 *   render     against `helm template` of a chart with the same objects
 *   up         until every pod is ready, against `helm upgrade --install --wait`
 *   per object what a preview takes for each registered object, above the plain program, with 1, 50 and 200 apps
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { printTable } from "../tools/lib/commands";
import { Project, root, run, TestCluster } from "../test/cluster/support";
import { helm } from "../test/helm";

const seconds = async (job: () => Promise<unknown>) => {
  const started = performance.now();
  await job();
  return (performance.now() - started) / 1000;
};

const median = (values: number[]) =>
  [...values].sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;

/** Runs the jobs in turn, so that what slows the machine down for a while meets all of them; the first round warms up. */
async function compare(rounds: number, ...jobs: (() => Promise<unknown>)[]): Promise<number[]> {
  const times: number[][] = jobs.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [index, job] of jobs.entries()) {
      const time = await seconds(job);
      if (round > 0) times[index]?.push(time);
    }
  }
  return times.map(median);
}

/** The plain program, in a folder that the engine takes for a project. */
async function floorProject(env: NodeJS.ProcessEnv): Promise<{ preview: () => Promise<unknown>; remove: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), "stateful-apps-floor-"));
  mkdirSync(join(folder, ".state"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  writeFileSync(
    join(folder, "Pulumi.yaml"),
    'name: floor\nruntime: nodejs\nmain: index.js\nbackend: { url: "file://./.state" }\n',
  );
  const { dependencies } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { dependencies: unknown };
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "floor", main: "index.js", dependencies }));
  writeFileSync(
    join(folder, "index.js"),
    `const k8s = require("@pulumi/kubernetes");
new k8s.core.v1.ConfigMap("one", { metadata: { name: "one", namespace: "default" }, data: { a: "b" } });
`,
  );
  const pulumi = (...args: string[]) =>
    run("pulumi", [...args, "--stack", "test", "--non-interactive"], { cwd: folder, env });
  await pulumi("stack", "init");
  return {
    preview: () => pulumi("preview"),
    remove: () => {
      rmSync(folder, { recursive: true });
    },
  };
}

const devConfig = () => {
  const { config } = parse(readFileSync(join(root, "Pulumi.dev.yaml"), "utf8")) as { config: Record<string, unknown> };
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace("stateful-apps:", ""), value]));
};

const render = (project: Project) =>
  run("npm", ["run", "--silent", "render", "--", "--stack", "test", "--config-file", project.stackFile]);

async function main() {
  const helmProgram = await helm();
  const cluster = new TestCluster("bench");
  await cluster.up();
  const projects: Project[] = [];
  const newProject = async (namespace: string, config: Record<string, unknown>) => {
    const project = new Project(cluster, namespace, config);
    projects.push(project);
    await project.init();
    return project;
  };
  const rows: string[][] = [];
  const row = (what: string, ours: number, other: number, otherName: string) =>
    rows.push([what, `${ours.toFixed(2)} s`, `${other.toFixed(2)} s`, otherName, `${(ours / other).toFixed(2)} ×`]);
  try {
    const dev = await newProject("bench", devConfig());
    const floor = await floorProject(dev.env);

    const [preview = 0, floorPreview = 0] = await compare(5, () => dev.pulumi("preview"), floor.preview);
    row("preview", preview, floorPreview, "plain program");

    // Helm makes no namespace from a template; it gets the same objects in another one.
    const charted = await newProject("bench-helm", devConfig());
    const chart = join(charted.folder, "chart");
    mkdirSync(join(chart, "templates"), { recursive: true });
    writeFileSync(join(chart, "Chart.yaml"), "apiVersion: v2\nname: bench\nversion: 1.0.0\n");
    const [, ...objects] = (await render(charted)).split(/^---\n/m).filter(Boolean);
    objects.forEach((text, index) => {
      writeFileSync(join(chart, "templates", `${String(index)}.yaml`), text);
    });
    const runHelm = (...args: string[]) =>
      run(helmProgram, [...args, "--namespace", "bench-helm"], { env: cluster.env });
    const [rendering = 0, templating = 0] = await compare(
      5,
      () => render(dev),
      () => runHelm("template", "bench", chart),
    );
    row("render", rendering, templating, "helm template");

    await cluster.kubectl("create", "namespace", "bench-helm");
    const times: { up: number[]; install: number[] } = { up: [], install: [] };
    for (let round = 0; round <= 3; round++) {
      const up = await seconds(() => dev.up());
      const install = await seconds(() => runHelm("upgrade", "--install", "bench", chart, "--wait"));
      if (round > 0) {
        times.up.push(up);
        times.install.push(install);
      }
      await dev.destroy();
      await runHelm("uninstall", "bench", "--wait");
    }
    row("up until ready", median(times.up), median(times.install), "helm upgrade --install --wait");

    for (const count of [1, 50, 200]) {
      const [sample] = Object.values(devConfig().apps as Record<string, unknown>);
      const apps = Array.from({ length: count }, (_, index) => [`app-${String(index)}`, sample]);
      const config = { replicas: 1, apps: Object.fromEntries(apps) as unknown };
      const project = await newProject(`bench-${String(count)}`, config);
      let objectCount = 0;
      const [time = 0] = await compare(3, async () => {
        objectCount = Number(/\+ (\d+) to create/.exec(await project.pulumi("preview"))?.[1]);
      });
      const perObject = ((time - floorPreview) * 1000) / objectCount;
      rows.push([
        `preview, ${String(count)} apps`,
        `${time.toFixed(2)} s`,
        "",
        `${String(objectCount)} objects`,
        `${perObject.toFixed(1)} ms each`,
      ]);
    }
    floor.remove();
  } finally {
    for (const project of projects) project.remove();
    await cluster.remove();
  }
  printTable([["", "stateful-apps", "other", "", ""], ...rows], "");
}

void main();
