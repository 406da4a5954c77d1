import type { V1Job } from "@kubernetes/client-node";
import type { types } from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { StatefulApp } from "../../components";
import { parseConfig } from "../../config";
import { appCronJobs } from "../../objects/cronJobs";
import { Identity, identityLabel } from "../../objects/identity";
import type { CronJobArgs, StatefulAppArgs } from "../../schema/args";
import { checkedAppArgs } from "../../schema/checkedArgs";
import { cronSchedule, timeZone } from "../../schema/schedule";
import { copiesHeldBack } from "../../stack/heldBack";
import { valueOf } from "../../stack/identity";
import { plannedObjects } from "../../stack/plannedObjects";
import { checkPodSecurity } from "../../stack/podSecurity";
import { useEngine } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";

const common = { namespace: "shop", partOf: "shop-dev", image: "cart:1" };

type CronJob = types.output.batch.v1.CronJob;

async function make(dump: Partial<CronJobArgs> = {}, app: Partial<StatefulAppArgs> = {}): Promise<CronJob> {
  const args = { ...common, ...app, cronJobs: { dump: { schedule: "@daily", ...dump } } };
  const [made] = appCronJobs("cart", checkedAppArgs("cart", args));
  return valueOf<CronJob>(pulumi.output(made?.object as object));
}

describe("the CronJob of an app", () => {
  it("has its settings, with the concurrency policy Forbid and without a deadline by default", async () => {
    const { metadata, spec } = await make({ schedule: "0 3 * * *" });
    const labels = {
      "app.kubernetes.io/name": "cart-dump",
      "app.kubernetes.io/instance": "cart",
      "app.kubernetes.io/part-of": "shop-dev",
      "app.kubernetes.io/managed-by": "pulumi",
    };
    assert.deepEqual([metadata.name, metadata.namespace, metadata.labels], ["cart-dump", "shop", labels]);
    assert.deepEqual([spec.schedule, spec.concurrencyPolicy], ["0 3 * * *", "Forbid"]);
    assert.deepEqual(spec.jobTemplate.metadata.labels, labels);
    assert.deepEqual(spec.jobTemplate.spec.template.metadata.labels, labels);
    assert.equal(spec.jobTemplate.spec.activeDeadlineSeconds, undefined);
    assert.equal(spec.jobTemplate.spec.backoffLimit, 0);

    const settings = {
      timeZone: "Europe/Berlin",
      concurrencyPolicy: "Replace",
      startingDeadlineSeconds: 200_000,
      suspend: true,
      successfulJobsHistoryLimit: 0,
      failedJobsHistoryLimit: 7,
    };
    const { spec: given } = await make({ ...settings, activeDeadlineSeconds: 200_000, backoffLimit: 3 });
    assert.deepEqual(given, { ...given, ...settings });
    assert.equal(given.jobTemplate.spec.activeDeadlineSeconds, 200_000);
    assert.equal(given.jobTemplate.spec.backoffLimit, 3);
  });

  it("has what a job gets from its app, and volumes of its own", async () => {
    const volumes = { data: { mountPath: "/data", persistentVolumeClaim: { claimName: "data-cart-0" } } };
    const app = { nodeSelector: { pool: "apps" }, podLabels: { team: "shop" }, imagePullPolicy: "Always" };
    const { spec } = await make({ volumes, command: ["dump"] }, app);
    const { metadata, spec: pod } = spec.jobTemplate.spec.template;
    assert.deepEqual([pod.nodeSelector, metadata.labels.team], [{ pool: "apps" }, "shop"]);
    assert.equal(pod.serviceAccountName, "cart");
    assert.equal(pod.automountServiceAccountToken, false);
    const [container] = pod.containers;
    assert.deepEqual(
      [container?.image, container?.imagePullPolicy, container?.command],
      ["cart:1", "Always", ["dump"]],
    );
    assert.deepEqual(pod.volumes, [{ name: "data", persistentVolumeClaim: { claimName: "data-cart-0" } }]);
    assert.deepEqual(
      container?.volumeMounts.map(({ mountPath }) => mountPath),
      ["/data"],
    );
  });

  it("is created with the app, and is among the objects that are checked", async () => {
    const cronJobs = { dump: { schedule: "@daily", securityContext: { privileged: true } } };
    const made = await useEngine();
    new StatefulApp("cart", { ...common, cronJobs });
    await pulumi.runtime.disconnect();
    const found = made.filter(({ type }) => type === "kubernetes:batch/v1:CronJob");
    assert.deepEqual(
      found.map(({ name }) => name),
      ["cart-dump"],
    );

    const apps = { cart: { image: "cart:1", replicas: 1, cronJobs } };
    const config = { namespace: "shop", apps, stores: {}, configMaps: {}, secrets: {}, objects: {} };
    const planned = plannedObjects(config as unknown as Parameters<typeof plannedObjects>[0], "shop-dev");
    const path = ["apps", "cart", "cronJobs", "dump"];
    assert.ok(planned.some(({ path: own, object }) => object.kind === "CronJob" && own.join() === path.join()));
    assert.throws(() => {
      checkPodSecurity(planned, "shop", { level: "restricted", isOfStack: true });
    }, /apps\.cart\.cronJobs\.dump\.securityContext\.privileged is true/);
  });

  it("has the variables of the store of its app", () => {
    const cronJobs = { dump: { schedule: "@daily", env: { REDIS_KEY: "mine" } } };
    const config = {
      "shop:stores": JSON.stringify({ redis: {} }),
      "shop:apps": JSON.stringify({ cart: { image: "cart", store: "redis", cronJobs } }),
    };
    const { cart } = parseConfig(config, () => false, "shop").apps;
    assert.deepEqual(cart?.cronJobs?.dump?.env, { ...cart?.env, REDIS_KEY: { value: "mine" } });
  });

  it("can be created by the Role of the docs", () => {
    const [role] = parseAllDocuments(readFileSync("docs/role.yaml", "utf8")).map(
      (document) =>
        document.toJS() as {
          rules: { resources: string[]; verbs: string[] }[];
        },
    );
    const verbs = (resource: string) => role?.rules.find(({ resources }) => resources.includes(resource))?.verbs;
    assert.deepEqual(verbs("cronjobs"), verbs("jobs"));
  });
});

describe("the copies that a run of a CronJob reads", () => {
  const identity = new Identity("one", "shop-dev");

  it("are kept until the run has ended", async () => {
    const cluster = new MemoryCluster();
    const labels = { "app.kubernetes.io/name": "cart-dump", "app.kubernetes.io/instance": "cart" };
    const putRun = (type?: string) => {
      const volumes = [{ name: "scripts", configMap: { name: "scripts-0123456789" } }];
      cluster.put("Job", {
        metadata: { namespace: "shop", name: "cart-dump-29123456", labels },
        spec: { template: { spec: { containers: [], volumes } } },
        status: { conditions: type === undefined ? [] : [{ type, status: "True" }] },
      } as unknown as V1Job);
    };
    cluster.put("ConfigMap", {
      metadata: {
        namespace: "shop",
        name: "scripts-0123456789",
        labels: { [identityLabel]: "one" },
        annotations: { "stateful-apps/copy-of": "scripts" },
      },
    });
    const apps = { cart: { cronJobs: { dump: {} } } };
    const held = async () => {
      const config = { namespace: "shop", apps } as unknown as Parameters<typeof copiesHeldBack>[0];
      return (await copiesHeldBack(config, identity, cluster)).map(({ name }) => name);
    };
    putRun();
    assert.deepEqual(await held(), ["scripts-0123456789"]);
    for (const type of ["Complete", "Failed"]) {
      putRun(type);
      assert.deepEqual(await held(), []);
    }
  });
});

describe("the schedule of a CronJob", () => {
  const accepted = (kind: typeof cronSchedule, text: unknown) => kind().safeParse(text).success;

  for (const text of [
    "0 3 * * *",
    "*/15 0-6,22-23 1,15 * mon-FRI",
    "59 23 31 12 6",
    "0 0 1 jan ?",
    " 5/10  4 *  2-6/2 0 ",
    "@daily",
    "@midnight",
    "@hourly",
    "@annually",
  ]) {
    it(`can be ${text}`, () => {
      assert.ok(accepted(cronSchedule, text));
    });
  }

  for (const text of [
    "",
    "* * * *",
    "* * * * * *",
    "60 * * * *",
    "* 24 * * *",
    "* * 0 * *",
    "* * 32 * *",
    "* * * 13 *",
    "* * * 0 *",
    "* * * * 7",
    "* * * * mon-sun",
    "30-20 * * * *",
    "*/0 * * * *",
    "1-2-3 * * * *",
    "jan * * * *",
    "a * * * *",
    "-1 * * * *",
    "1, * * * *",
    "@often",
    "daily",
    "TZ=UTC 0 3 * * *",
    5,
  ]) {
    it(`cannot be ${JSON.stringify(text)}`, () => {
      assert.ok(!accepted(cronSchedule, text));
    });
  }

  it("has a time zone by its name", () => {
    for (const text of ["UTC", "Europe/Berlin", "Etc/GMT+1", "America/Argentina/Buenos_Aires", "EST5EDT"]) {
      assert.ok(accepted(timeZone, text), text);
    }
    for (const text of ["", "Local", "local", "+01:00", "Europe/", "/UTC", "Europe Berlin", "../UTC"]) {
      assert.ok(!accepted(timeZone, text), text);
    }
  });
});
