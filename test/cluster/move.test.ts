import assert from "node:assert/strict";
import { needsCluster } from "../skip";
import { Project, TestCluster } from "./support";

describe("a stack and two clusters", function () {
  this.timeout("5m");
  const here = new TestCluster("here");
  const there = new TestCluster("there");
  const claims = { data: { size: "16Mi", mountPath: "/app/data" } };
  const project = new Project(here, "moving", { apps: { "app-go": { image: "localhost/app-go:1.0.0", claims } } });

  before("clusters of its own", async function () {
    this.timeout("60m");
    needsCluster(this, { engine: true });
    await here.up();
    await there.up();
    await project.init();
    await project.up();
  });
  after(async () => {
    await here.remove();
    await there.remove();
    project.remove();
  });

  it("stays on its cluster when the context leads to another", async () => {
    project.cluster = there;
    await assert.rejects(project.up(), /leads to the cluster \S+, and the stack's is \S+; nothing was changed/);
    assert.doesNotMatch(await there.kubectl("get", "namespaces", "-o", "name"), /moving/);
  });

  it("moves when it is told to, and leaves its volumes where they are", async () => {
    const uid = await there.kubectl("get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}");
    await project.pulumi("config", "set", "clusterId", uid);
    await project.up();
    const objects = (cluster: TestCluster) =>
      cluster.kubectl("get", "statefulsets,persistentvolumeclaims", "--namespace", "moving", "-o", "name");
    assert.equal(await objects(there), "statefulset.apps/app-go\npersistentvolumeclaim/data-app-go-0\n");
    assert.equal(await objects(here), "persistentvolumeclaim/data-app-go-0\n");
  });
});
