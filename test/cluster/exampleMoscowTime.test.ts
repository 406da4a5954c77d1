import assert from "node:assert/strict";
import { byPython, created, example, names, ready, service } from "./example";
import { cluster } from "./sharedCluster";

example("moscow-time", { "app-python": 8000, "app-go": 8000 }, (time) => {
  const apps = ["app-python", "app-go"];

  it("preview shows every object and creates nothing", async () => {
    const output = await time.project.pulumi("preview");
    for (const app of apps) assert.match(output, new RegExp(`kubernetes:apps/v1:StatefulSet ${app} create`));
    assert.equal(await cluster.hasNamespace("moscow-time"), false);
  });

  it("starts four pods of each app at once, with Services on port 8000 and 512Mi claims", async () => {
    await time.project.up();
    for (const app of apps) {
      const pods = await time.pods(app);
      assert.deepEqual(
        pods.map(({ metadata }) => metadata.name),
        names(app, 4),
      );
      assert.ok(Math.max(...pods.map(created)) < Math.min(...pods.map(ready)), "all were made before one was ready");
      const { type, ports } = await service(time, `${app}-http`);
      assert.deepEqual([type, ports[0]?.name, ports[0]?.port], ["ClusterIP", "http", 8000]);
    }
    const claims = apps.flatMap((app) => names(`${app}-pvc-${app}`, 4)).map((name) => [name, "512Mi"]);
    assert.deepEqual(await time.claims(), Object.fromEntries(claims));
  });

  it("probes with the report's figures count nothing", async () => {
    for (const app of apps) {
      const [pod] = await time.pods(app);
      const httpGet = { port: "http", scheme: "HTTP" };
      const figures = { initialDelaySeconds: 30, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 };
      const probe = (path: string) => ({ httpGet: { ...httpGet, path }, ...figures, successThreshold: 1 });
      assert.deepEqual(pod?.spec.containers[0]?.livenessProbe, probe("/visits"));
      assert.deepEqual(pod.spec.containers[0].readinessProbe, probe("/ready"));
      assert.equal(Number(await time.project.get("pods", `${app}-0`, 8000, "/visits")), 0);
    }
  });

  it("gives the pods a ServiceAccount of their own, with its token", async () => {
    const [pod] = await time.pods("app-python");
    assert.equal(pod?.spec.serviceAccountName, "app-python");
    const token = await time.exec("app-python-0", "cat", "/var/run/secrets/kubernetes.io/serviceaccount/token");
    assert.match(token, /^ey.*\..*\./);
  });

  it("counts on each pod by itself", async () => {
    for (const [i, pod] of apps.flatMap((app) => names(app, 4)).entries()) await time.visit(pod, i + 1);
    await time.assertCounts();
    assert.equal(Number(await time.exec("app-python-3", "cat", "/app/data/visits.txt")), 4);
  });

  it("a deleted pod comes back with its count", async () => {
    await time.deletePod("app-python-0");
    await time.assertCounts();
  });

  it("pods are reached by their DNS names", async () => {
    await time.assertDnsName("app-python-0", "app-python-1", byPython);
    await time.assertDnsName("app-go-3", "app-python-1", byPython);
  });

  it("a change reaches ordinals from 1 upwards only", async () => {
    await time.project.pulumi("config", "set", "--path", "apps.app-go.podAnnotations.canary", "yes");
    assert.match(await time.project.up(), /holds back app-go-0 by the partition 1/);
    const changed = (await time.pods("app-go")).map(({ metadata }) => metadata.annotations?.canary);
    assert.deepEqual(changed, [undefined, "yes", "yes", "yes"]);
    await time.assertCounts();
  });
});
