import type { V1Secret } from "@kubernetes/client-node";
import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../config";
import { NoAnswer } from "../../live/requests";
import { identityLabel } from "../../objects/identity";
import { stackLabels } from "../../objects/labels";
import { checkStack } from "../../stack/checks";
import { capturedLog, useEngine } from "./support/engine";
import { apiError, MemoryCluster } from "./support/memoryCluster";

/** What a stack with one app asks for, and what else is given. */
const config = (settings: Record<string, unknown> = {}) => {
  const { app, ...others } = settings;
  const apps = { cart: { image: "cart:1", replicas: 1, ...(app as object | undefined) } };
  const given = { namespace: "shop", apps: JSON.stringify(apps), ...others };
  const entries = Object.entries<unknown>(given).flatMap(([key, value]) =>
    value === undefined ? [] : [[`shop:${key}`, value]],
  );
  return parseConfig(Object.fromEntries(entries) as Record<string, string>, () => false, "shop");
};

const last = (clusterId?: string) => ({
  apps: { cart: { namespace: "shop", claimNames: ["data-cart-0"] } },
  clusterId,
  stackId: "one",
});
const identity = { id: "one", partOf: "shop-test" };

describe("the checks before anything is made", () => {
  const log = capturedLog();
  let cluster: MemoryCluster;
  const putClusterId = (uid: string) => cluster.put("Namespace", { metadata: { name: "kube-system", uid } });
  const putStatefulSet = (id: string, partOf = "shop-test") =>
    cluster.put("StatefulSet", {
      metadata: { namespace: "shop", name: "cart", labels: { ...stackLabels(partOf), [identityLabel]: id } },
    });

  beforeEach(() => {
    cluster = new MemoryCluster();
    putClusterId("A");
  });

  async function refusal(settings: Record<string, unknown> = {}): Promise<string> {
    try {
      await checkStack(config(settings), cluster);
    } catch (error) {
      assert.ok(pulumi.RunError.isInstance(error), String(error));
      return error.message;
    }
    return assert.fail("nothing was refused");
  }

  it("give a new stack an identity, and remember its cluster", async () => {
    const made = await useEngine();
    const { identity, clusterIdentifier, namespaceLabels } = await checkStack(config(), cluster);
    assert.match(identity.id ?? "", /^[0-9a-f-]{36}$/);
    assert.equal(identity.partOf, "shop-test");
    assert.equal(clusterIdentifier, "A");
    assert.equal(namespaceLabels, undefined);
    assert.deepEqual(
      made.map(({ name }) => name),
      ["identity", "cluster"],
    );
  });

  it("keep the identity that the state remembers", async () => {
    await useEngine({ lastOutputs: last("A"), remembered: { identity } });
    putStatefulSet("one");
    assert.equal((await checkStack(config(), cluster)).identity.id, "one");
  });

  it("give no identity to a preview of a new stack", async () => {
    await useEngine({ preview: true });
    assert.equal((await checkStack(config(), cluster)).identity.id, "new");
  });

  it("use the name of the objects that are taken over, so that no pod restarts", async () => {
    await useEngine();
    putStatefulSet("two", "shop-before");
    process.env.STATEFUL_APPS_TAKE_OVER = "two";
    try {
      assert.equal((await checkStack(config(), cluster)).identity.partOf, "shop-before");
    } finally {
      delete process.env.STATEFUL_APPS_TAKE_OVER;
    }
  });

  it("refuse another cluster than the last update's", async () => {
    await useEngine({ lastOutputs: last("B"), remembered: { identity } });
    assert.match(await refusal(), /leads to the cluster A, but the stack belongs to B; nothing was changed/);
  });

  it("refuse another cluster than that of a first update which has failed", async () => {
    await useEngine({ remembered: { identity, cluster: "B" } });
    assert.match(await refusal(), /leads to the cluster A, but the stack belongs to B; nothing was changed/);
  });

  it("let a stack go to the cluster that the config names", async () => {
    await useEngine({ lastOutputs: last("B"), remembered: { identity, cluster: "B" } });
    assert.equal((await checkStack(config({ clusterId: "A" }), cluster)).clusterIdentifier, "A");
  });

  it("warn if the cluster hides what tells it from others", async () => {
    await useEngine({ lastOutputs: last("A"), remembered: { identity } });
    cluster.hidden.add("Namespace");
    await checkStack(config(), cluster);
    assert.match(log.warnings[0] ?? "", /cannot determine whether the context "memory" leads to the stack's cluster/);
  });

  it("compare nothing with a cluster that cannot be read", async () => {
    await useEngine({ preview: true, lastOutputs: last("B"), remembered: { identity } });
    cluster.isReadable = false;
    assert.equal((await checkStack(config(), cluster)).clusterIdentifier, "B");
  });

  it("warn of claims that no app uses any more", async () => {
    await useEngine({ lastOutputs: last("A"), remembered: { identity } });
    await checkStack(config(), cluster);
    assert.deepEqual(log.warnings, [
      "No app uses these claims any longer: shop/data-cart-0. They are kept with their data. An app or a claim with a new name starts empty.",
    ]);
  });

  it("refuse what somebody else made", async () => {
    await useEngine({ remembered: { identity } });
    putStatefulSet("two");
    assert.match(await refusal(), /requires a StatefulSet cart, but one exists already/);
  });

  describe("of Vault's injector", () => {
    const app = {
      automountServiceAccountToken: true,
      vault: { role: "shop", secrets: { password: { path: "internal/data/shop" } } },
    };

    it("refuse a cluster that has none", async () => {
      await useEngine();
      assert.match(await refusal({ app }), /^Vault's injector is not in the cluster/);
      cluster.webhooks.push("vault.hashicorp.com");
      await checkStack(config({ app }), cluster);
    });

    it("refuse nothing if they are hidden, or if the cluster does not answer", async () => {
      await useEngine();
      cluster.hidden.add("MutatingWebhookConfiguration");
      await checkStack(config({ app }), cluster);
      cluster.mutatingWebhooks = () => Promise.resolve(undefined);
      await checkStack(config({ app }), cluster);
      assert.deepEqual(log.warnings, []);
    });
  });

  describe("of the Pod Security Standards", () => {
    const usb = { hostPath: { path: "/dev/ttyUSB0" }, mountPath: "/dev/ttyUSB0" };
    const app = {
      volumes: { usb },
      podSecurityContext: { runAsNonRoot: null },
      podAnnotations: { "container.apparmor.security.beta.kubernetes.io/cart": "unconfined" },
      initContainers: [{ name: "first", image: "first", securityContext: { privileged: true } }],
      containers: [{ name: "second", image: "second", ports: [{ containerPort: 1, hostPort: 1 }] }],
      jobs: { before: { migrate: { securityContext: { runAsUser: 0 } } } },
    };
    const putNamespace = (level: string) =>
      cluster.put("Namespace", { metadata: { name: "shop", labels: { "pod-security.kubernetes.io/enforce": level } } });

    beforeEach(() => useEngine());

    it("refuse what the stack's namespace would, naming the settings, and say how to allow it", async () => {
      assert.deepEqual((await refusal({ app })).split("\n"), [
        "The namespace shop enforces the level restricted of the Pod Security Standards, and would refuse pods of the stack; nothing was changed.",
        "  shop:apps.cart.initContainers.0.securityContext.privileged is true; it must be false (privileged)",
        "  shop:apps.cart.volumes.usb.hostPath is not allowed as the source of a volume (restricted volume types)",
        "  shop:apps.cart.containers.0.ports.0.hostPort is 1; it must not be set (hostPort)",
        '  shop:apps.cart.podAnnotations.container.apparmor.security.beta.kubernetes.io/cart is "unconfined"; it must be runtime/default or localhost/PROFILE (forbidden AppArmor profile)',
        "  shop:apps.cart.initContainers.0.securityContext.allowPrivilegeEscalation must be false (allowPrivilegeEscalation != false)",
        "  shop:apps.cart.podSecurityContext.runAsNonRoot must be true (runAsNonRoot != true)",
        "  shop:apps.cart.jobs.before.migrate.securityContext.runAsUser is 0; it must not be 0 (runAsUser=0)",
        "  Change these settings; or, to allow them, set shop:podSecurity: privileged",
      ]);
    });

    it("name the override that a field comes from, in an app and in a store", async () => {
      const overrides = {
        pod: { spec: { hostNetwork: true, securityContext: { runAsNonRoot: null } } },
        container: { securityContext: { capabilities: { drop: ["KILL"] } } },
      };
      const stores = JSON.stringify({ redis: { overrides: { pod: { spec: { hostPID: true } } } } });
      assert.deepEqual((await refusal({ app: { overrides }, stores })).split("\n").slice(1, -1), [
        "  shop:stores.redis.overrides.pod.spec.hostPID is true; it must be false (host namespaces)",
        "  shop:apps.cart.overrides.pod.spec.hostNetwork is true; it must be false (host namespaces)",
        '  shop:apps.cart.overrides.container.securityContext.capabilities.drop is ["KILL"]; it must contain ALL (unrestricted capabilities)',
        "  shop:apps.cart.overrides.pod.spec.securityContext.runAsNonRoot must be true (runAsNonRoot != true)",
      ]);
    });

    it("name the strictest level that would do", async () => {
      const volumes = { share: { nfs: { server: "nas", path: "/" }, mountPath: "/share" } };
      assert.match(await refusal({ app: { volumes } }), /to allow them, set shop:podSecurity: baseline$/);
      await checkStack(config({ app: { volumes }, podSecurity: "baseline" }), cluster);
    });

    it("refuse nothing at the level privileged", async () => {
      await checkStack(config({ app, podSecurity: "privileged" }), cluster);
    });

    it("follow the label of a namespace that the stack did not create", async () => {
      putNamespace("baseline");
      assert.match(
        await refusal({ app: { volumes: { usb } }, podSecurity: "privileged" }),
        /enforces the level baseline .*kubectl label --overwrite namespace shop pod-security\.kubernetes\.io\/enforce=privileged$/s,
      );
      putNamespace("privileged");
      await checkStack(config({ app }), cluster);
    });

    describe("in a namespace that the stack created with another level", () => {
      const enforce = "pod-security.kubernetes.io/enforce";
      const putOwn = (level: string) =>
        cluster.put("Namespace", { metadata: { name: "shop", labels: { [identityLabel]: "one", [enforce]: level } } });
      const [warn, audit] = ["warn", "audit"].map((mode) => `pod-security.kubernetes.io/${mode}`) as [string, string];
      const label = (level: string) =>
        `labels shop ${JSON.stringify({ [enforce]: level, [warn]: level, [audit]: level })}`;

      beforeEach(() => useEngine({ remembered: { identity } }));

      it("change the level when the setting allows the pods, and say so", async () => {
        putOwn("restricted");
        assert.match(await refusal({ app }), /enforces the level restricted/);
        await checkStack(config({ app, podSecurity: "privileged" }), cluster);
        assert.deepEqual(cluster.writes, [label("privileged")]);
        assert.deepEqual(log.infos, [
          "the namespace shop enforces the level privileged of the Pod Security Standards instead of restricted",
        ]);
      });

      it("change nothing in a preview, and nothing if the level is the same", async () => {
        putOwn("restricted");
        await checkStack(config(), cluster);
        assert.deepEqual(log.infos, []);
        await useEngine({ preview: true, remembered: { identity } });
        await checkStack(config({ podSecurity: "baseline" }), cluster);
        assert.equal(log.infos.length, 1);
        assert.deepEqual(cluster.writes, []);
      });

      it("go by the level that stays if the user is not allowed to change it", async () => {
        cluster.hidden.add("patch Namespace");
        putOwn("restricted");
        assert.match(
          await refusal({ app, podSecurity: "privileged" }),
          /enforces the level restricted .*label the namespace: kubectl label --overwrite namespace shop/s,
        );
        assert.deepEqual(log.warnings, []);
        putOwn("privileged");
        await checkStack(config(), cluster);
        assert.deepEqual(log.warnings, [
          "The namespace shop still enforces the level privileged: the user is not allowed to change its label pod-security.kubernetes.io/enforce.",
        ]);
      });
    });

    it("are not known if the cluster does not answer", async () => {
      cluster.isReadable = false;
      await checkStack(config({ app }), cluster);
    });

    it("are those of the rendered namespace if there is no cluster", async () => {
      await useEngine({ preview: true, remembered: { identity: { partOf: "shop-test" } } });
      cluster.isReadable = false;
      assert.match(await refusal({ app }), /enforces the level restricted/);
    });
  });

  describe("of a first install", () => {
    const settings = {
      app: { service: { type: "NodePort", nodePort: 30080 }, jobs: { before: { migrate: {} } }, connectionTest: {} },
      configMaps: JSON.stringify({ settings: { level: "1" } }),
      stores: JSON.stringify({ redis: {} }),
    };

    beforeEach(() => useEngine());

    it("have every object validated that the stack would create in its namespace", async () => {
      await checkStack(config(settings), cluster);
      assert.deepEqual(
        cluster.validated.map(
          ({ kind, metadata }) => `${kind ?? ""} ${metadata?.namespace ?? ""}/${metadata?.name ?? ""}`,
        ),
        [
          "ConfigMap shop/settings",
          "Secret shop/redis",
          "Service shop/redis",
          "NetworkPolicy shop/redis",
          "StatefulSet shop/redis",
          "ServiceAccount shop/cart",
          "Service shop/cart",
          "Service shop/cart-http",
          "NetworkPolicy shop/cart",
          "NetworkPolicy shop/cart.jobs",
          "PodDisruptionBudget shop/cart",
          "StatefulSet shop/cart",
          "Job shop/cart-migrate-0000000000",
          "Job shop/cart-connection-test-0000000000",
        ],
      );
      assert.deepEqual(log.warnings, []);
    });

    it("refuse what the API server would, in its words, in a preview and in an update", async () => {
      cluster.verdicts.set("Service cart-http", { invalid: 'Service "cart-http" is invalid: port is taken' });
      cluster.verdicts.set("StatefulSet redis", { invalid: 'StatefulSet.apps "redis" is invalid: no size' });
      const expected = [
        "The API server would refuse objects of the stack; nothing was changed.",
        '  shop:stores.redis: StatefulSet shop/redis: StatefulSet.apps "redis" is invalid: no size',
        '  shop:apps.cart: Service shop/cart-http: Service "cart-http" is invalid: port is taken',
      ];
      assert.deepEqual((await refusal(settings)).split("\n"), expected);
      await useEngine({ preview: true });
      assert.deepEqual((await refusal(settings)).split("\n"), expected);
    });

    it("warn once of what the API server did not validate", async () => {
      for (const object of ["StatefulSet cart", "Service cart", "Service cart-http"]) {
        cluster.verdicts.set(object, { unchecked: "forbidden" });
      }
      await checkStack(config(settings), cluster);
      assert.deepEqual(log.warnings, [
        "Not validated by the API server: shop:apps.cart: Service shop/cart and 2 more (forbidden).",
      ]);
    });

    it("send no value of a Secret, only its length", async () => {
      const given = config(settings);
      given.secrets.credentials = { token: { value: "hunter2" }, password: { generate: 24 } };
      await checkStack(given, cluster);
      const secret = cluster.validated.find(({ metadata }) => metadata?.name === "credentials") as V1Secret;
      const values = Object.values(secret.data ?? {}).map((value) => Buffer.from(value, "base64").toString());
      assert.deepEqual(values, ["{}     ", `{}${" ".repeat(22)}`]);
      assert.ok(!JSON.stringify(cluster.validated).includes("hunter2"));
    });

    it("leave out node ports that the stack can have in its former namespace", async () => {
      const nodePorts = () => JSON.stringify(cluster.validated).match(/"nodePort":30080/g)?.length ?? 0;
      await checkStack(config(settings), cluster);
      assert.equal(nodePorts(), 1);
      const all = cluster.validated.length;
      cluster.validated.length = 0;
      await useEngine({ lastOutputs: last("A"), remembered: { identity } });
      await checkStack(config(settings), cluster);
      assert.equal(cluster.validated.length, all);
      assert.equal(nodePorts(), 0);
    });

    it("leave out the node ports of pods and of health checks too", async () => {
      const app = {
        service: { type: "LoadBalancer", externalTrafficPolicy: "Local", healthCheckNodePort: 30081 },
        podServices: { type: "NodePort", ports: { http: { nodePorts: [30082] } } },
      };
      const numbers = () => JSON.stringify(cluster.validated).match(/3008\d/g);
      await checkStack(config({ app }), cluster);
      assert.deepEqual(numbers(), ["30081", "30082"]);
      assert.ok(cluster.validated.some(({ metadata }) => metadata?.name === "cart-0"));
      cluster.validated.length = 0;
      await useEngine({ lastOutputs: last("A"), remembered: { identity } });
      await checkStack(config({ app }), cluster);
      assert.equal(numbers(), null);
    });

    it("validate nothing if the cluster does not answer", async () => {
      cluster.isReadable = false;
      await checkStack(config(settings), cluster);
      assert.deepEqual(cluster.validated, []);
    });
  });

  describe("in a namespace that exists", () => {
    const objects = { peers: { apiVersion: "rbac.authorization.k8s.io/v1", kind: "Role", rules: [] } };
    const settings = {
      app: {
        service: { type: "NodePort", nodePort: 30080 },
        jobs: { before: { migrate: {} } },
        cronJobs: { dump: { schedule: "@daily" } },
      },
      configMaps: JSON.stringify({ settings: { level: "1" } }),
      stores: JSON.stringify({ redis: {} }),
      objects: JSON.stringify(objects),
    };
    const validated = () => cluster.validated.map(({ kind, metadata }) => `${kind ?? ""} ${metadata?.name ?? ""}`);

    beforeEach(async () => {
      await useEngine();
      cluster.put("Namespace", { metadata: { name: "shop" } });
    });

    it("have the API server look for unknown fields where a stack file can set them", async () => {
      cluster.kinds.set("rbac.authorization.k8s.io/v1 Role", true);
      await checkStack(config(settings), cluster);
      assert.deepEqual(validated(), [
        "StatefulSet redis",
        "StatefulSet cart",
        "Job cart-migrate-0000000000",
        "CronJob cart-dump",
        "Role peers",
      ]);
    });

    it("have all objects of an app validated whose overrides can change them, without the node ports that it has", async () => {
      const overrides = { service: { spec: { sessionAffinity: "ClientIP" } } };
      await checkStack(config({ app: { ...settings.app, overrides } }), cluster);
      assert.ok(validated().includes("Service cart-http"));
      assert.ok(!JSON.stringify(cluster.validated).includes("30080"));
    });

    it("refuse what the API server would, and leave to the provider what it did not validate", async () => {
      cluster.verdicts.set("StatefulSet redis", { unchecked: "forbidden" });
      await checkStack(config({ stores: settings.stores }), cluster);
      assert.deepEqual(log.warnings, []);
      cluster.verdicts.set("StatefulSet cart", { invalid: 'unknown field "spec.replica"' });
      assert.match(
        await refusal(),
        /nothing was changed\.\n {2}shop:apps\.cart: StatefulSet shop\/cart: unknown field/,
      );
    });
  });

  for (const question of ["namespace", "objects", "statefulSets", "claims"] as const) {
    it(`say that nothing was changed if there is no answer about ${question}`, async () => {
      await useEngine();
      const noAnswer = (): Promise<never> => Promise.reject(new NoAnswer("memory", apiError(503, "not ready")));
      cluster[question] = noAnswer;
      assert.equal(
        await refusal(),
        'The cluster of the context "memory" does not answer (not ready); nothing was changed.',
      );
    });
  }
});
