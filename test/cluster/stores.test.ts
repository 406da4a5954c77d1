import assert from "node:assert/strict";
import { cluster, useCluster } from "./sharedCluster";
import { Project } from "./support";

const image = "localhost/redis:7.0";

describe("an app and what it depends on", function () {
  this.timeout("20m");
  const project = new Project(cluster, "stores", {
    replicas: 1,
    stores: { cache: { image, size: "16Mi" } },
    apps: {
      "app-go": {
        image: "localhost/app-go:1.0.0",
        store: "cache",
        readinessProbe: { httpGet: { path: "/healthcheck" }, periodSeconds: 1 },
        jobs: {
          before: {
            // REDISCLI_AUTH is how redis-cli reads a password.
            ping: {
              image,
              command: [
                "sh",
                "-c",
                'REDISCLI_AUTH=$REDIS_PASSWORD redis-cli -h "${REDIS_ADDRESS%:*}" ping | grep PONG',
              ],
            },
          },
        },
      },
    },
  });

  const ordered = new Project(cluster, "ordered", {
    replicas: 1,
    apps: {
      // The names are in another order than the dependencies.
      api: { image: "localhost/app-go:1.0.0", dependsOn: ["db"], readinessProbe: { tcpSocket: {} } },
      db: {
        image: "localhost/busybox:built",
        command: ["sh", "-c", "exec httpd -f -p 5432 -h /"],
        ports: { sql: 5432, metrics: 9187 },
        podSecurityContext: { runAsUser: 65532 },
        terminationGracePeriodSeconds: 1,
        readinessProbe: { exec: { command: ["true"] }, initialDelaySeconds: 3 },
        livenessProbe: { tcpSocket: { port: "sql" } },
      },
    },
  });

  useCluster([project, ordered]);

  it("are installed in their order: a job before the app's pods reaches the store at the first attempt", async () => {
    await project.up();
    const jobs = await project.kubectl("get", "jobs", "-o", "jsonpath={.items[*].status.succeeded}");
    assert.equal(jobs, "1");
  });

  it("get another password in one update: the job and the pods after it read the new one", async () => {
    await project.pulumi("config", "set", "--secret", "--path", "secrets.cache.password", "another");
    await project.up();
    assert.match(await project.kubectl("exec", "cache-0", "--", "redis-cli", "ping"), /PONG/);
  });

  it("is created when the app that it depends on is ready, by whatever probe", async () => {
    await ordered.up();
    const path = "{.status.conditions[?(@.type=='Ready')].lastTransitionTime}";
    const ready = await ordered.kubectl("get", "pod", "db-0", "-o", `jsonpath=${path}`);
    const created = await ordered.kubectl("get", "statefulset", "api", "-o", "jsonpath={.metadata.creationTimestamp}");
    assert.ok(new Date(created) >= new Date(ready), `${created}, and not after ${ready}`);
  });

  it("can get other ports", async () => {
    await ordered.pulumi("config", "set", "--path", "apps.db.ports.metrics", "9188");
    await ordered.pulumi("config", "set", "--path", "apps.db.ports.replication", "5433");
    await ordered.up();
    for (const service of ["db", "db-http"]) {
      const ports = await ordered.kubectl("get", "service", service, "-o", "jsonpath={.spec.ports[*].port}");
      assert.equal(ports, "9188 5433 5432");
    }
    const path = "jsonpath={.spec.containers[0].ports[*].containerPort}";
    assert.equal(await ordered.kubectl("get", "pod", "db-0", "-o", path), "9188 5433 5432");
  });
});
