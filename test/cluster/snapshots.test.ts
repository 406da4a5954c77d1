import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { needsCluster } from "../skip";
import { Project, root, TestCluster, until } from "./support";

interface App {
  replicas: number;
  env: Record<string, unknown>;
  claims: Record<string, { size: string }>;
  cronJobs?: unknown;
  restoreFrom?: { snapshot: string; app?: string; namespace?: string };
}

interface StackFile {
  config: { "stateful-apps:apps": Record<string, App> };
}

describe("snapshots of the volumes of a database", function () {
  this.timeout("20m");
  const cluster = new TestCluster("snap");
  const example = parse(readFileSync(join(root, "examples/postgres.yaml"), "utf8")) as {
    config: StackFile["config"] & { "stateful-apps:secrets": unknown };
  };
  const apps = example.config["stateful-apps:apps"];
  const secrets = example.config["stateful-apps:secrets"];
  const postgres = apps.postgres as App;
  for (const claim of Object.values(postgres.claims)) claim.size = "512Mi";
  /** The server without its CronJob, which mounts the claims of the first one. */
  const { cronJobs: _, ...clone } = postgres;

  const project = new Project(cluster, "postgres", { apps, secrets });
  const other = new Project(cluster, "elsewhere", { apps: { postgres: clone }, secrets });

  before("a cluster of its own", async function () {
    this.timeout("60m");
    needsCluster(this, { engine: true });
    await cluster.up("--csi");
    await cluster.load(["postgres"]);
    await Promise.all([project.init(), other.init()]);
    await project.up();
    await sql(project, "postgres", "create table numbers (number int)");
    await insert(100);
  });
  after(async () => {
    await cluster.remove();
    for (const each of [project, other]) each.remove();
  });

  const sql = (of: Project, app: string, statement: string) =>
    of.kubectl("exec", `${app}-0`, "--", "psql", "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-qAtc", statement);
  const insert = (count: number) =>
    sql(project, "postgres", `insert into numbers select generate_series(1, ${String(count)})`);
  const rows = async (of: Project, app: string) => Number(await sql(of, app, "select count(*) from numbers"));
  const uid = (pod: string) => project.kubectl("get", "pod", pod, "-o", "jsonpath={.metadata.uid}");
  const snapshots = async () => (await project.kubectl("get", "volumesnapshots", "-o", "name")).trim().split("\n");
  const configure = (of: Project, change: (apps: Record<string, App>) => void) => {
    const file = parse(readFileSync(of.stackFile, "utf8")) as StackFile;
    change(file.config["stateful-apps:apps"]);
    writeFileSync(of.stackFile, stringify(file));
  };

  it("are taken of each claim", async () => {
    const output = await project.snapshot("postgres", "--name", "first");
    assert.match(output, /Takes the snapshots first of postgres in the namespace postgres/);
    assert.match(output, /^ {2}data-postgres-0-first +20\S+Z +512Mi$/m);
    assert.deepEqual(await snapshots(), [
      "volumesnapshot.snapshot.storage.k8s.io/backup-postgres-0-first",
      "volumesnapshot.snapshot.storage.k8s.io/data-postgres-0-first",
    ]);
    await insert(50);
    assert.equal(await rows(project, "postgres"), 150);
    await assert.rejects(project.snapshot("postgres", "--name", "first"), /There is a snapshot \S+-first already/);
  });

  it("start a clone beside the running server, which a preview says", async () => {
    const before = await uid("postgres-0");
    configure(project, (apps) => {
      apps.copy = { ...clone, restoreFrom: { snapshot: "fist", app: "postgres" } };
    });
    await assert.rejects(
      project.pulumi("preview"),
      /apps\.copy\.restoreFrom\.snapshot is fist; the namespace postgres has no such snapshots of postgres; it has first/,
    );
    await project.pulumi("config", "set", "--path", "apps.copy.restoreFrom.snapshot", "first");
    const output = await project.upWithPreview();
    assert.match(output, /makes data-copy-0 from the snapshot data-postgres-0-first of 20\S+Z/);
    assert.equal(await rows(project, "copy"), 100);
    assert.equal(await rows(project, "postgres"), 150);
    assert.equal(await uid("postgres-0"), before);
  });

  it("start a clone in another namespace, by another stack", async () => {
    configure(other, (apps) => {
      apps.postgres = { ...clone, restoreFrom: { snapshot: "first", namespace: "postgres" } };
    });
    await other.up();
    assert.equal(await rows(other, "postgres"), 100);
    await sql(other, "postgres", "insert into numbers values (0)");
    assert.equal(await rows(project, "postgres"), 150);
  });

  it("restore the server in its place", async () => {
    configure(project, (apps) => {
      delete apps.copy;
      apps.postgres = { ...postgres, replicas: 0, restoreFrom: { snapshot: "first" } };
    });
    await project.up();
    await project.kubectl("delete", "pvc", "data-postgres-0");
    await project.pulumi("config", "set", "--path", "apps.postgres.replicas", "1");
    const output = await project.up();
    assert.match(output, /makes data-postgres-0 from/);
    assert.doesNotMatch(output, /makes backup-postgres-0/);
    assert.equal(await rows(project, "postgres"), 100);
    await project.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
  });

  it("are removed when there are newer ones", async () => {
    const output = await project.snapshot("postgres", "--name", "second", "--keep", "1");
    assert.match(output, /Removed the older snapshots first$/m);
    const list = await project.snapshot("postgres", "--list");
    assert.match(list, /^ {2}second +2 +ready, of 20\S+Z$/m);
    assert.doesNotMatch(list, /first/);
    await until(async () => (await snapshots()).length === 2);
    assert.deepEqual(await snapshots(), [
      "volumesnapshot.snapshot.storage.k8s.io/backup-postgres-0-second",
      "volumesnapshot.snapshot.storage.k8s.io/data-postgres-0-second",
    ]);
  });
});
