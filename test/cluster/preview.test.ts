import assert from "node:assert/strict";
import { cluster, useCluster } from "./sharedCluster";
import { Project } from "./support";

describe("the preview of what happens to pods", function () {
  this.timeout("20m");
  const web = {
    image: "localhost/app-go:1.0.0",
    replicas: 2,
    env: { PORT: "8080", EXTRA: "1" },
    readinessProbe: { httpGet: { path: "/healthcheck" }, periodSeconds: 1 },
    podManagementPolicy: "Parallel",
  };
  const project = new Project(cluster, "preview", { apps: { web } });
  useCluster([project]);

  const set = (key: string, value: string) => project.pulumi("config", "set", "--path", `apps.web.${key}`, value);
  const uids = () =>
    project.kubectl("get", "pods", "-l", "app.kubernetes.io/name=web", "-o", "jsonpath={.items[*].metadata.uid}");

  /** Previews and updates, and gives what the preview said, and whether there are other pods now. */
  async function announced(): Promise<{ words: string; restarted: boolean }> {
    const before = await uids();
    const words = await project.pulumi("preview");
    await project.up();
    return { words, restarted: (await uids()) !== before };
  }

  before(async () => {
    await project.up();
  });

  it("leaves no field to the manager that created the objects", async () => {
    const kinds = "statefulset,service,serviceaccount";
    const objects = await project.kubectl("get", kinds, "-o", "json", "--show-managed-fields");
    assert.ok(objects.includes('"manager": "stateful-apps"') && !objects.includes('"pulumi-kubernetes"'), objects);
  });

  it("knows that a variable goes, at the first update after the creation", async () => {
    await project.pulumi("config", "rm", "--path", "apps.web.env.EXTRA");
    const { words, restarted } = await announced();
    assert.match(words, /updates web-1 and web-0, one at a time/);
    assert.ok(restarted);
  });

  it("does not announce what was changed by hand and stays", async () => {
    await project.kubectl("rollout", "restart", "statefulset/web");
    await project.kubectl("rollout", "status", "statefulset/web");
    const { words, restarted } = await announced();
    assert.doesNotMatch(words, /updates|starts|stops/);
    assert.ok(!restarted);
  });

  it("says that the replicas were changed by hand", async () => {
    await project.kubectl("scale", "statefulset/web", "--replicas=1");
    await project.kubectl("wait", "--for=delete", "pod/web-1");
    assert.match(await project.pulumi("preview"), /keeps 1 instead of 2 replicas, which somebody has set/);
    assert.match(await project.pulumi("preview", "--refresh"), /starts web-1/);
    await project.pulumi("up", "--yes", "--skip-preview", "--refresh");
    assert.equal((await uids()).split(" ").length, 2);
  });

  it("says that all pods keep running where the StatefulSet must be replaced", async () => {
    await set("podManagementPolicy", "OrderedReady");
    const { words, restarted } = await announced();
    assert.match(words, /replaces the StatefulSet, .* while web-0 and web-1 keep running/);
    assert.doesNotMatch(words, /updates|stops/);
    assert.ok(!restarted);
  });

  it("shows a changed port at the first update after the creation", async () => {
    await set("containerPort", "8081");
    await set("env.PORT", "8081");
    const { words, restarted } = await announced();
    assert.match(words, /updates web-1 and web-0/);
    assert.ok(restarted);
  });
});
