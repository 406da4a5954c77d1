import assert from "node:assert/strict";
import { cluster, useCluster } from "./sharedCluster";
import { Project, until } from "./support";

describe("the claims of a stack", function () {
  this.timeout("20m");
  const project = new Project(cluster, "claims", {
    apps: {
      db: {
        image: "localhost/app-go:1.0.0",
        replicas: 3,
        podManagementPolicy: "Parallel",
        readinessProbe: { httpGet: { path: "/healthcheck" }, periodSeconds: 1 },
        claims: { data: { size: "32Mi", mountPath: "/app/data" } },
      },
    },
  });
  useCluster([project]);
  const set = (path: string, value: string) => project.pulumi("config", "set", "--path", path, value);
  const uids = async (kind: string) => {
    const path = '{range .items[*]}{.metadata.name} {.metadata.uid}{"\\n"}{end}';
    return (await project.kubectl("get", kind, "-o", `jsonpath=${path}`)).trim().split("\n");
  };
  const names = async () => (await uids("pvc")).map((line) => line.split(" ")[0]);
  /** The first column, and the last one. */
  const rows = (output: string) =>
    output
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.trim().split(/ {2,}/))
      .map((cells) => [cells[0], cells.at(-1)]);

  it("are listed with what it takes to remove them", async () => {
    await project.up();
    const output = await project.claims();
    assert.match(output, /^claim +app +ordinal +size +used +class +age +pod +to remove it$/m);
    assert.match(output, /^data-db-2 +db +2 +32Mi +\S.* local-path +\d+m?\d*s +db-2 +in use/m);
    assert.deepEqual(rows(output), [
      ["data-db-0", "in use: set stateful-apps:apps.db.replicas to 0"],
      ["data-db-1", "in use: set stateful-apps:apps.db.replicas to 1 or less"],
      ["data-db-2", "in use: set stateful-apps:apps.db.replicas to 2 or less"],
    ]);
  });

  it("are orphans beyond the replicas", async () => {
    await set("apps.db.replicas", "1");
    await project.up();
    const output = await project.claims("--orphans");
    assert.deepEqual(rows(output), [
      ["data-db-1", "--delete data-db-1"],
      ["data-db-2", "--delete data-db-2"],
    ]);
  });

  it("are not deleted while a pod uses one of them, nor without an answer", async () => {
    await assert.rejects(
      project.claims("--delete", "data-db-0", "data-db-1", "--yes"),
      /nothing was changed\.\n {2}data-db-0 is used by db-0 \(in use: set /,
    );
    await assert.rejects(project.claims("--delete", "data-db-1"), /nothing was changed\. Add --yes\./);
    assert.deepEqual(await names(), ["data-db-0", "data-db-1", "data-db-2"]);
  });

  it("are deleted if they are orphans, and no others", async () => {
    const output = await project.claims("--orphans", "--delete", "--yes");
    assert.match(output, /^ {2}data-db-1 +32Mi .* deleted with its data$.*^Deleted data-db-1\nDeleted data-db-2$/ms);
    assert.deepEqual(await names(), ["data-db-0"]);
    assert.match(await project.claims("--orphans", "--delete", "--yes"), /no orphaned claims/);
  });

  it("go with their pods if the app says so, which a preview says, and only then", async () => {
    await set("apps.db.persistentVolumeClaimRetentionPolicy.whenScaled", "Delete");
    await set("apps.db.replicas", "2");
    await project.up();
    const [claims, pods] = await Promise.all([uids("pvc"), uids("pods")]);
    await project.kubectl("delete", "statefulset", "db", "--cascade=orphan");
    await project.pulumi("up", "--yes", "--skip-preview", "--refresh");
    assert.deepEqual([await uids("pvc"), await uids("pods")], [claims, pods]);
    await set("apps.db.replicas", "1");
    const preview = await project.pulumi("preview");
    assert.match(preview, /stops db-1 and deletes its claims with all data \(whenScaled\): data-db-1/);
    await project.up();
    await until(async () => (await names()).length === 1);
    assert.deepEqual(await uids("pvc"), claims.slice(0, 1));
  });

  it("outlive a destruction, after which they can be deleted by their names", async () => {
    await project.destroy();
    const output = await project.claims();
    assert.deepEqual(rows(output), [["data-db-0", "--delete data-db-0; `pulumi up` would use it again"]]);
    assert.match(await project.claims("--orphans"), /no such claims/);
    await project.pulumi("stack", "rm", "--yes", "--preserve-config");
    await project.claims("--delete", "data-db-0", "--yes");
    assert.deepEqual(await names(), [""]);
  });
});
