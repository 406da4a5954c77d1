import assert from "node:assert/strict";
import { created, example, names, ready, service } from "./example";
import { until } from "./support";

example("shared-redis", { "app-python": 8000, "app-javascript": 3000 }, (shared) => {
  const apps = { "app-python": 8000, "app-javascript": 3000 };
  const visits = async (pod: string, port: number) =>
    (JSON.parse(await shared.project.get("pods", pod, port, "/status")) as { visits: number }).visits;
  /** What every replica is to show from now on. */
  const note = (app: string, count: number) => {
    for (const pod of names(app, 2)) shared.counts.set(pod, count);
  };

  it("goes up with all pods at once, and with a claim for redis alone", async () => {
    await shared.project.up();
    for (const app of Object.keys(apps)) {
      const pods = await shared.pods(app);
      assert.ok(Math.max(...pods.map(created)) < Math.min(...pods.map(ready)), "all were made before one was ready");
    }
    assert.deepEqual(await shared.claims(), { "data-redis-0": "256Mi" });
    const { type, ports } = await service(shared, "redis");
    assert.deepEqual([type, ports[0]?.name, ports[0]?.port], ["ClusterIP", "redis", 6379]);
  });

  it("spreads requests over the replicas, which all show the same count", async () => {
    for (const [app, port] of Object.entries(apps)) {
      for (let i = 0; i < 30; i++) await shared.project.get("services", `${app}-http`, "http");
      for (const pod of names(app, 2)) {
        assert.equal(await visits(pod, port), 30);
        const log = await shared.project.kubectl("logs", pod);
        assert.ok((log.match(/"GET \/" 200/g) ?? []).length > 0, `${pod} answered none`);
      }
      note(app, 30);
    }
  });

  it("asks for a password", async () => {
    const answer = await shared.exec("redis-0", "env", "-u", "REDISCLI_AUTH", "redis-cli", "get", "visits:app-python");
    assert.match(answer, /NOAUTH/);
    assert.equal((await shared.exec("redis-0", "redis-cli", "get", "visits:app-python")).trim(), "30");
  });

  it("loses no acknowledged visit when redis is killed under load", async () => {
    const load = { isOver: false };
    const acknowledged: number[] = [];
    const client = async () => {
      while (!load.isOver) {
        const answer = await shared.project.get("services", "app-python-http", "http").catch(() => "");
        const [, count] = /visits (\d+)/.exec(answer) ?? [];
        if (count !== undefined) acknowledged.push(Number(count));
      }
    };
    const clients = Promise.all([client(), client(), client(), client()]);
    for (const restarts of [1, 2]) {
      const before = acknowledged.length;
      await until(() => Promise.resolve(acknowledged.length > before + 20));
      await shared.signal("redis-0", "redis-server", "SIGKILL");
      const jsonPath = "jsonpath={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}";
      await until(
        async () =>
          (await shared.project.kubectl("get", "pod", "redis-0", "-o", jsonPath)) === `${String(restarts)} true`,
      );
    }
    const before = acknowledged.length;
    await until(() => Promise.resolve(acknowledged.length > before + 20));
    load.isOver = true;
    await clients;
    const count = await visits("app-python-0", 8000);
    assert.equal(new Set(acknowledged).size, acknowledged.length, "no count was given twice");
    assert.ok(
      count >= Math.max(...acknowledged),
      `${String(count)} visits, ${String(Math.max(...acknowledged))} acknowledged`,
    );
    note("app-python", count);
  });
});
