import assert from "node:assert/strict";
import { cluster, useCluster } from "./sharedCluster";
import { Project } from "./support";

const image = "localhost/redis:7.0";

describe("a store and the app that uses it", function () {
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

  useCluster([project]);

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
});
