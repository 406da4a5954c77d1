import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { settingKey } from "../../schema/settingKey";
import { Identity, identityLabel } from "../../objects/identity";
import { stackLabels } from "../../objects/labels";
import { checkOwnership, keepServiceAccounts } from "../../stack/ownership";
import { capturedLog } from "./support/engine";
import { MemoryCluster } from "./support/memoryCluster";

const name = stackLabels("shop-dev");
const own = { ...name, [identityLabel]: "one" };
const identity = new Identity("one", "shop-dev", ["zero"]);

const config = {
  namespace: "shop",
  apps: {
    cart: {
      replicas: 2,
      ordinals: { start: 1 },
      podServices: {},
      jobs: { before: { migrate: {} } },
      cronJobs: { dump: {} },
      connectionTest: {},
    },
  },
  stores: { redis: {} },
  configMaps: { settings: {} },
  secrets: { credentials: {} },
  objects: { ingress: { apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: { name: "web" }, spec: {} } },
};

let cluster: MemoryCluster;
const put = (kind: string, name: string, labels: Record<string, string>, rest: object = {}) =>
  cluster.put(kind, { metadata: { namespace: "shop", name, labels }, ...rest });

beforeEach(() => {
  cluster = new MemoryCluster();
});

/** The error for the user. */
async function refusal(check: Promise<unknown>): Promise<string> {
  try {
    await check;
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    return error.message;
  }
  return assert.fail("nothing was refused");
}

describe("objects of the names that a config asks for", () => {
  const check = (of = identity) => checkOwnership(config, of, cluster);

  it("are the stack's own, or not there", async () => {
    await check();
    for (const kind of ["StatefulSet", "Service", "ServiceAccount", "NetworkPolicy", "PodDisruptionBudget"])
      put(kind, "cart", own);
    put("ConfigMap", "settings", own);
    put("Ingress", "web", own);
    put("Job", "cart-migrate-0123456789-2", own);
    await check();
  });

  for (const [kind, object, key] of [
    ["StatefulSet", "cart", "apps.cart"],
    ["Service", "cart-http", "apps.cart"],
    ["Service", "cart-2", "apps.cart"],
    ["ServiceAccount", "cart", "apps.cart"],
    ["PodDisruptionBudget", "cart", "apps.cart"],
    ["NetworkPolicy", "cart", "apps.cart"],
    ["NetworkPolicy", "cart.jobs", "apps.cart"],
    ["NetworkPolicy", "redis", "stores.redis"],
    ["StatefulSet", "redis", "stores.redis"],
    ["ConfigMap", "settings", "configMaps.settings"],
    ["Secret", "credentials", "secrets.credentials"],
    ["Ingress", "web", "objects.ingress"],
    ["Job", "cart-migrate-0123456789-2", "apps.cart.jobs.before.migrate"],
    ["Job", "cart-connection-test-0123456789", "apps.cart.connectionTest"],
    ["CronJob", "cart-dump", "apps.cart.cronJobs.dump"],
  ] as const) {
    it(`are refused if they are another's: ${kind} ${object}`, async () => {
      put(kind, object, { ...name, [identityLabel]: "two" });
      const message = await refusal(check());
      assert.match(
        message,
        /^The namespace shop contains objects that the stack did not create; nothing was changed\./,
      );
      assert.ok(
        message.includes(
          `${settingKey(key)} requires ${/^[AEIOU]/.test(kind) ? "an" : "a"} ${kind} ${object}, but one exists already, created by the stack shop-dev whose identity is two`,
        ),
        message,
      );
      assert.match(message, /npm run recover -- --take-over two/);
    });
  }

  it("are no business of the stack's under other names and in other namespaces", async () => {
    put("StatefulSet", "basket", {});
    put("Job", "cart-migrate", {});
    put("Job", "cart-other-0123456789", {});
    cluster.put("StatefulSet", { metadata: { namespace: "store", name: "cart" } });
    cluster.remove("Job", "shop", "cart-migrate");
    cluster.put("Job", {
      metadata: {
        namespace: "shop",
        name: "cart-migrate-0123456789-29123456",
        ownerReferences: [{ apiVersion: "batch/v1", kind: "CronJob", name: "cart-migrate-0123456789", uid: "uid" }],
      },
    });
    await check();
  });

  describe("that npm run adopt takes over", () => {
    beforeEach(() => {
      put("StatefulSet", "cart", { "app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "store" });
      put("ServiceAccount", "cart", { "app.kubernetes.io/instance": "store" });
    });
    afterEach(() => {
      delete process.env.STATEFUL_APPS_ADOPT;
    });

    it("are refused otherwise, and the error names the command", async () => {
      const message = await refusal(check());
      assert.match(message, /: npm run adopt -- cart$/);
      assert.doesNotMatch(message, /give it the labels/);
      put("ConfigMap", "settings", {});
      assert.match(await refusal(check()), /give it the labels/);
    });

    it("are allowed, but neither those of another app nor of another stack", async () => {
      process.env.STATEFUL_APPS_ADOPT = "cart,other";
      await check();
      put("StatefulSet", "redis", {});
      const message = await refusal(check());
      assert.match(message, /stores\.redis requires a StatefulSet redis/);
      assert.doesNotMatch(message, /apps\.cart|npm run adopt/);
      cluster.remove("StatefulSet", "shop", "redis");
      put("Service", "cart", { ...name, [identityLabel]: "two" });
      assert.match(await refusal(check()), /apps\.cart requires a Service cart/);
    });
  });

  it("are refused with the way to take them up, if nobody's or left without an identity", async () => {
    put("Service", "cart", { "app.kubernetes.io/managed-by": "Helm", "app.kubernetes.io/instance": "store" });
    assert.match(
      await refusal(check()),
      /created by Helm for store\n.*To let the stack adopt an object, give it the labels/s,
    );
    put("Service", "cart", name);
    const message = await refusal(check());
    assert.match(message, /created by a stack shop-dev without an identity\n/);
    assert.match(message, /To adopt objects that have the name of this stack and no identity: npm run recover$/);
    await check(new Identity("one", "shop-dev", [], [], true));
  });

  it("may be of an earlier identity only if they outlive a stack", async () => {
    put("Secret", "credentials", { ...name, [identityLabel]: "zero" });
    await check();
    put("Service", "cart", { ...name, [identityLabel]: "zero" });
    put("Ingress", "web", { ...name, [identityLabel]: "zero" });
    assert.match(await refusal(check()), /requires a Service cart.*requires an Ingress web/s);
  });

  it("do not pass from one app to another", async () => {
    put("StatefulSet", "cart", { ...own, "app.kubernetes.io/instance": "mail" });
    assert.match(
      await refusal(check()),
      /^An object cannot move from one app to another; nothing was changed\.\n {2}\S+:apps\.cart requires the StatefulSet cart, which belongs to mail/,
    );
  });
});

describe("replicas that an autoscaler has set", () => {
  const putScaled = (manager: string, subresource?: string) =>
    cluster.put("StatefulSet", {
      metadata: { namespace: "shop", name: "cart", labels: own, managedFields: [{ manager, subresource }] },
      spec: { replicas: 3 },
    } as object);
  const check = (replicas: number) => checkOwnership({ ...config, apps: { cart: { replicas } } }, identity, cluster);

  it("are not changed", async () => {
    putScaled("kube-controller-manager", "scale");
    assert.match(await refusal(check(2)), /apps\.cart\.replicas is 2, and an autoscaler has set 3/);
    await check(3);
  });

  it("are not those that somebody set by kubectl", async () => {
    putScaled("kubectl", "scale");
    await check(2);
  });

  it("are not those of a manager that sets other fields", async () => {
    putScaled("kube-controller-manager", "status");
    await check(2);
  });

  it("belong to no app of the name of something else", async () => {
    cluster.put("StatefulSet", {
      metadata: { namespace: "shop", name: "constructor", managedFields: [{ manager: "hpa", subresource: "scale" }] },
      spec: { replicas: 3 },
    } as object);
    await check(2);
  });
});

describe("a ServiceAccount that the stack made", () => {
  const log = capturedLog();
  const account = { ...own, "app.kubernetes.io/instance": "cart" };
  const uses = { serviceAccount: { name: "cart", create: false } };
  const keep = (apps: Record<string, { serviceAccount?: { name?: string; create?: boolean } }>) =>
    keepServiceAccounts({ namespace: "shop", apps }, identity, cluster);

  it("is kept where its app goes on to use it", async () => {
    put("ServiceAccount", "cart", account);
    assert.deepEqual(await keep({ cart: uses }), { cart: { serviceAccount: { name: "cart", create: true } } });
    assert.deepEqual(log.infos, ["cart keeps the ServiceAccount cart, which this stack created, because pods use it"]);
  });

  it("is not taken from an app that goes on to make it", async () => {
    put("ServiceAccount", "cart", account);
    const apps = { cart: {}, mail: uses };
    assert.deepEqual(await keep(apps), apps);
  });

  it("must not go while another app uses it", async () => {
    put("ServiceAccount", "cart", account);
    assert.match(
      await refusal(keep({ mail: uses })),
      /^\S+:apps\.mail uses the ServiceAccount cart, which was created for the app cart and would be deleted/,
    );
  });

  it("is not one that somebody else made", async () => {
    put("ServiceAccount", "cart", {});
    assert.deepEqual(await keep({ cart: uses }), { cart: uses });
  });

  it("is not asked for if every app makes its own", async () => {
    cluster.objects = () => assert.fail("the cluster was asked");
    await keep({ cart: {} });
  });
});
