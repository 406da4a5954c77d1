import assert from "node:assert/strict";
import { cluster, useCluster } from "./sharedCluster";
import { Project } from "./support";

const ports = { "app-go": 8080, "app-javascript": 3000, "app-python": 8000 };
const apps = Object.fromEntries(
  Object.entries(ports).map(([name, containerPort]) => [
    name,
    {
      image: `localhost/${name}:1.0.0`,
      containerPort,
      env: { STOP_DELAY: 3 },
      readinessProbe: { httpGet: { path: "/ready" }, periodSeconds: 1 },
      claims: { data: { size: "16Mi", mountPath: "/app/data" } },
    },
  ]),
);
const client = {
  image: "localhost/app-javascript:1.0.0",
  containerPort: 3000,
  replicas: 1,
  volumes: { data: { emptyDir: {}, mountPath: "/app/data" } },
};

/** Asks every app again and again, over connections that are kept or not, until a file appears. */
const asking = `
const { existsSync } = require("node:fs");
const { Agent, get } = require("node:http");
const requests = {}, failures = [];
async function ask(host, port, agent) {
  while (!existsSync("/app/data/enough")) {
    requests[host] = (requests[host] ?? 0) + 1;
    await new Promise((fulfil, reject) => {
      const asked = get({ host, port, agent, path: "/visits", timeout: 5000 }, (response) => {
        response.resume().once("error", reject);
        response.once("end", () => response.statusCode === 200 ? fulfil() : reject(Error(response.statusCode)));
      });
      asked.once("timeout", () => asked.destroy(Error("timeout")));
      asked.once("error", reject);
    }).catch((error) => failures.push(host + ": " + error.message));
    await new Promise((fulfil) => setTimeout(fulfil, 20));
  }
}
const clients = Object.entries(${JSON.stringify(ports)}).flatMap(([app, port]) =>
  [true, false].map((keepAlive) => ask(app + "-http", port, new Agent({ keepAlive }))));
Promise.all(clients).then(() => { console.log(JSON.stringify({ requests, failures })); process.exit(); });`;

describe("a rolling update under constant requests", function () {
  this.timeout("20m");
  const project = new Project(cluster, "steady", { replicas: 2, apps: { ...apps, client } });

  useCluster([project]);

  it("fails no request of clients in the cluster", async () => {
    await project.up();
    const node = (script: string) => project.kubectl("exec", "client-0", "--", "node", "-e", script);
    const asked = node(asking);
    for (const app of Object.keys(ports))
      await project.pulumi("config", "set", "--path", `apps.${app}.env.CHANGED`, "once");
    await project.up();
    await node('require("node:fs").writeFileSync("/app/data/enough", "")');
    const { requests, failures } = JSON.parse(await asked) as { requests: Record<string, number>; failures: string[] };
    console.log(`      requests during the update: ${JSON.stringify(requests)}, failed: ${String(failures.length)}`);
    assert.deepEqual(failures, []);
    assert.deepEqual(Object.keys(requests).length, 3);
  });
});
