import assert from "node:assert/strict";
import * as fc from "fast-check";
import * as pulumi from "@pulumi/pulumi";
import { parseConfig } from "../../config";
import { inDependencyOrder } from "../../config/dependencies";

const app = { image: "localhost/app:1.0.0" };

const parse = (settings: Record<string, unknown>, ...secretKeys: string[]) =>
  parseConfig(
    Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [
        `stateful-apps:${key}`,
        typeof value === "string" ? value : JSON.stringify(value),
      ]),
    ),
    (key) => secretKeys.includes(key.replace("stateful-apps:", "")),
    "stateful-apps",
  );

/** The lines that the error has for these settings. */
function mistakes(settings: Record<string, unknown>, ...secretKeys: string[]): string[] {
  try {
    parse(settings, ...secretKeys);
  } catch (error) {
    assert.ok(pulumi.RunError.isInstance(error), String(error));
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
  assert.fail("these settings were accepted");
}

describe("config", () => {
  it("has a default for everything but the apps", () => {
    assert.deepEqual(parse({}), {
      namespace: "stateful-apps",
      podSecurity: "restricted",
      apps: {},
      configMaps: {},
      existingConfigMaps: [],
      existingSecrets: [],
      secrets: {},
      secretTypes: {},
      stores: {},
      objects: {},
      adoptClaims: [],
      giveUpClaims: [],
      unsaid: ["apps", "stores"],
      cluster: { context: undefined, kubeconfig: undefined, isSecret: false },
    });
  });

  it("gives every app the stack's replicas, and lets an app have its own, zero included", () => {
    const { apps } = parse({ replicas: "4", apps: { one: app, two: { ...app, replicas: 0 } } });
    assert.equal(apps.one?.replicas, 4);
    assert.equal(apps.two?.replicas, 0);
  });

  it("takes numbers as YAML has them and as `pulumi config set` writes them", () => {
    for (const containerPort of [8000, "8000"]) {
      assert.equal(parse({ apps: { one: { ...app, containerPort } } }).apps.one?.containerPort, 8000);
    }
  });

  it("reads the context that Pulumi's own key names", () => {
    assert.equal(parseConfig({ "kubernetes:context": "kind" }, () => false, "stateful-apps").cluster.context, "kind");
  });

  it("tells what the config does not mention from what it says is empty", () => {
    assert.deepEqual(parse({ apps: {} }).unsaid, ["stores"]);
    assert.deepEqual(parse({ stores: {}, apps: { one: app } }).unsaid, []);
  });

  for (const [key, words] of [
    ["statefulapps:apps", /^statefulapps:apps must have the prefix stateful-apps:/],
    ["stateful-app:replicas", /must have the prefix stateful-apps:/],
    ["kubernetes:namespace", /^kubernetes:namespace is not used by this program/],
    ["aws:region", /must have the prefix/],
  ] as const) {
    it(`refuses the key ${key}, which would be ignored`, () => {
      assert.throws(
        () => parseConfig({ [key]: "x" }, () => false, "stateful-apps"),
        (error: Error) => {
          assert.match(error.message.split("\n")[1]?.trim() ?? "", words);
          return true;
        },
      );
    });
  }

  it("goes by the project's name, and leaves Pulumi's own keys alone", () => {
    const config = { "shop:replicas": "3", "shop:apps": '{"web":{"image":"a"}}', "pulumi:tags": "{}" };
    assert.equal(parseConfig(config, () => false, "shop").apps.web?.replicas, 3);
    assert.throws(() => parseConfig(config, () => false, "stateful-apps"), /shop:apps must have the prefix/);
  });

  it("gives a store a password, and an app the way to its store, unless the user sets them", () => {
    const stores = { redis: {}, cache: {} };
    const env = { REDIS_KEY: "mine" };
    const { apps, secrets } = parse({
      stores,
      apps: { one: { ...app, store: "redis" }, two: { ...app, store: "cache", env } },
      secrets: { cache: { password: { generate: 64 }, user: { generate: 8 } } },
    });
    assert.deepEqual(secrets, {
      redis: { password: { generate: 32 } },
      cache: { password: { generate: 64 }, user: { generate: 8 } },
    });
    assert.deepEqual(apps.one?.env, {
      REDIS_ADDRESS: { value: "redis:6379" },
      REDIS_KEY: { value: "visits:one" },
      REDIS_PASSWORD: { valueFrom: { secretKeyRef: { name: "redis", key: "password" } } },
    });
    assert.equal(apps.two?.env?.REDIS_KEY?.value, "mine");
  });

  it("gives the jobs of an app the way to its store too", () => {
    const jobs = { before: { migrate: { env: { REDIS_KEY: "mine" } } }, after: { warm: {} } };
    const { apps } = parse({ stores: { redis: {} }, apps: { one: { ...app, store: "redis", jobs } } });
    assert.deepEqual(apps.one?.jobs?.after.warm?.env, apps.one?.env);
    assert.deepEqual(apps.one?.jobs?.before.migrate?.env, { ...apps.one?.env, REDIS_KEY: { value: "mine" } });
  });

  it("lists every mistake at once", () => {
    assert.deepEqual(mistakes({ replicas: "4abc", namespace: "A", apps: { one: { containerPort: 0 } } }).length, 4);
  });

  const port = "an integer from 1 to 65535";
  const replicas = "an integer from 0 to 1000";
  const cases: [string, Record<string, unknown>, string][] = [
    ["text for a number", { replicas: "4abc" }, `replicas is "4abc"; it must be ${replicas}`],
    ["a negative number", { replicas: "-1" }, `replicas is "-1"; it must be ${replicas}`],
    ["a fraction", { replicas: "1.5" }, `replicas is "1.5"; it must be ${replicas}`],
    ["an unknown key", { replcas: "1" }, "replcas is not a known setting; did you mean replicas?"],
    [
      "an unknown key of an app",
      { apps: { one: { ...app, contianerPort: 1 } } },
      "apps.one.contianerPort is not a known setting; did you mean containerPort?",
    ],
    [
      "a port out of range",
      { apps: { one: { ...app, containerPort: 65536 } } },
      `apps.one.containerPort is 65536; it must be ${port}`,
    ],
    [
      "a missing image",
      { apps: { one: {} } },
      "apps.one.image is missing; it must be an image name, such as registry.example/team/app:1.0.0",
    ],
    [
      "an unknown policy",
      { apps: { one: { ...app, podManagementPolicy: "All" } } },
      'apps.one.podManagementPolicy is "All"; it must be one of OrderedReady, Parallel',
    ],
    ["an app that is no map", { apps: { one: 1 } }, "apps.one is 1; it must be a map"],
    ["apps that are no map", { apps: "[]" }, "apps is []; it must be a map"],
  ];
  for (const [name, settings, line] of cases) {
    it(`refuses ${name}`, () => {
      assert.deepEqual(mistakes(settings), [`stateful-apps:${line}`]);
    });
  }

  const data = { size: "1Gi", mountPath: "/data" };
  const withApp = (settings: Record<string, unknown>) => ({ apps: { one: { ...app, ...settings } } });
  const combinations: [string, Record<string, unknown>, string][] = [
    [
      "a variable with two sources",
      withApp({ env: { A: { value: "1", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } } } }),
      "env.A must have exactly one of value and valueFrom",
    ],
    [
      "a variable without a source",
      withApp({ env: { A: { valueFrom: {} } } }),
      "env.A.valueFrom must have exactly one of configMapKeyRef, secretKeyRef, fieldRef and resourceFieldRef",
    ],
    [
      "an envFrom without a source",
      withApp({ envFrom: [{ prefix: "A" }] }),
      "envFrom.0 must have exactly one of configMapRef and secretRef",
    ],
    [
      "a success threshold that Kubernetes does not allow",
      withApp({ livenessProbe: { httpGet: { path: "/" }, successThreshold: 2 } }),
      "livenessProbe.successThreshold is 2; it must be 1 in this probe",
    ],
    [
      "a relative mount path",
      withApp({ claims: { data: { ...data, mountPath: "data" } } }),
      'claims.data.mountPath is "data"; it must be an absolute path other than /, without a colon and without `..`',
    ],
    [
      "two volumes on one path",
      withApp({ claims: { data }, volumes: { more: { mountPath: "/data/", emptyDir: {} } } }),
      'volumes.more.mountPath is "/data/"; it must differ from the path of claims.data',
    ],
    [
      "a volume without a source",
      withApp({ volumes: { more: { mountPath: "/more" } } }),
      "volumes.more must have exactly one source, such as configMap, secret or emptyDir",
    ],
    [
      "a volume with the name of a claim",
      withApp({ claims: { data }, volumes: { data: { mountPath: "/more", emptyDir: {} } } }),
      "volumes.data has the name of a claim; each volume needs a name of its own",
    ],
    [
      "requests above limits",
      withApp({ resources: { requests: { memory: "1Gi" }, limits: { memory: "128Mi" } } }),
      'resources.requests.memory is "1Gi"; it must not exceed the limit, 128Mi',
    ],
    [
      "a partition above the replicas",
      withApp({ replicas: 2, updateStrategy: { rollingUpdate: { partition: 3 } } }),
      "updateStrategy.rollingUpdate.partition is 3; it must not exceed the number of replicas, 2",
    ],
    [
      "a deadline that leaves no time to become available",
      withApp({ minReadySeconds: 60, progressDeadlineSeconds: 20 }),
      "progressDeadlineSeconds is 20; it must be more than minReadySeconds, 60",
    ],
    [
      "a store that nobody declares",
      withApp({ store: "redis" }),
      'store is "redis"; it must be a name in stores, which is empty',
    ],
    [
      "a job named like one of the other list",
      withApp({ jobs: { before: { migrate: {} }, after: { migrate: {} } } }),
      "jobs.after.migrate must have another name than jobs.before.migrate",
    ],
    [
      "a job that reads a ConfigMap that nobody declares",
      withApp({ jobs: { before: { migrate: { envFrom: [{ configMapRef: { name: "nobody" } }] } } } }),
      'jobs.before.migrate.envFrom.0.configMapRef.name is "nobody"; it must be a name in configMaps, which is empty, or, if the stack does not create it, in existingConfigMaps, which is empty',
    ],
    [
      "a job named like the connection test",
      withApp({ jobs: { after: { "connection-test": {} } } }),
      "jobs.after.connection-test has the name of the connection test; choose another name",
    ],
    [
      "a job whose name leaves no place for a digest",
      withApp({ jobs: { before: { ["m".repeat(46)]: {} } } }),
      `jobs.before.${"m".repeat(46)} is too long: with the name of the app, one-${"m".repeat(46)} has 50 characters; at most 49 are allowed`,
    ],
    [
      "Vault without a token to log in by",
      withApp({ vault: { role: "cart", secrets: {} } }),
      "automountServiceAccountToken must be true if vault is set: Vault's agent logs in with the token of the pod",
    ],
    [
      "a Vault secret with a name too long for an annotation",
      withApp({
        vault: { role: "cart", secrets: { ["a".repeat(42)]: { path: "cart" } } },
        automountServiceAccountToken: true,
      }),
      `vault.secrets.${"a".repeat(42)} has a name that must be at most 41 letters, digits, dashes, underscores and dots, starting and ending with a letter or a digit`,
    ],
    [
      "rollingUpdate under OnDelete",
      withApp({ updateStrategy: { type: "OnDelete", rollingUpdate: {} } }),
      "updateStrategy.rollingUpdate is only allowed with updateStrategy.type RollingUpdate",
    ],
    [
      "a probe on a port nobody serves",
      withApp({ readinessProbe: { httpGet: { path: "/", port: 9090 } } }),
      'readinessProbe.httpGet.port is "9090"; it must be a port that the container listens on: 8080, http',
    ],
    [
      "a node port on a ClusterIP",
      withApp({ service: { nodePort: 30080 } }),
      "service.nodePort is 30080; it is only allowed with service.type NodePort or LoadBalancer",
    ],
    [
      "a ConfigMap that nobody declares",
      withApp({ envFrom: [{ configMapRef: { name: "nobody" } }] }),
      'envFrom.0.configMapRef.name is "nobody"; it must be a name in configMaps, which is empty, or, if the stack does not create it, in existingConfigMaps, which is empty',
    ],
    [
      "an image without a name",
      withApp({ image: ":1.0" }),
      'image is ":1.0"; it must be an image name, such as registry.example/team/app:1.0.0',
    ],
    [
      "a claim with too long a name",
      withApp({ claims: { ["d".repeat(60)]: data } }),
      `claims.${"d".repeat(60)} is too long: the name of the claim ${"d".repeat(60)}-one-0 would have 66 characters; at most 63 are allowed`,
    ],
  ];
  for (const [name, settings, line] of combinations) {
    it(`refuses ${name}`, () => {
      assert.deepEqual(mistakes(settings), [`stateful-apps:apps.one.${line}`]);
    });
  }

  for (const name of ["constructor", "to-string", "has-own-property", "value-of"]) {
    it(`takes ${name} as the name of anything`, () => {
      const settings = {
        apps: {
          [name]: { ...app, claims: { [name]: data }, jobs: { before: { [name]: {} } }, store: `${name}-store` },
        },
        configMaps: { [name]: { [name]: "1" } },
        secrets: { [name]: { [name]: { generate: 8 } } },
        stores: { [`${name}-store`]: {} },
      };
      const parsed = parse(settings);
      assert.deepEqual(Object.keys(parsed.apps), [name]);
      assert.deepEqual(Object.keys(parsed.apps[name]?.claims ?? {}), [name]);
      assert.deepEqual(parsed.configMaps[name], { [name]: "1" });
      assert.deepEqual(parsed.secrets[name], { [name]: { generate: 8 } });
    });
  }

  it("does not take what every object has for something that is declared", () => {
    const envFrom = [{ configMapRef: { name: "constructor" } }];
    assert.match(mistakes(withApp({ envFrom })).join(), /"constructor"; it must be a name in configMaps/);
    const valueFrom = { configMapKeyRef: { name: "one", key: "constructor" } };
    const settings = { ...withApp({ env: { A: { valueFrom } } }), configMaps: { one: { two: "" } } };
    assert.match(mistakes(settings).join(), /"constructor"; it must be a key of configMaps.one: two/);
    assert.match(mistakes(withApp({ store: "constructor" })).join(), /must be a name in stores/);
    parse({ apps: { "constructor-http": app } });
  });

  for (const [path, json] of [
    ["apps", '{"__proto__":{"image":"a"}}'],
    ["apps.one", '{"one":{"image":"a","__proto__":{}}}'],
    ["apps.one.claims", '{"one":{"image":"a","claims":{"__proto__":{"size":"1Gi","mountPath":"/a"}}}}'],
    ["apps.one.env", '{"one":{"image":"a","env":{"__proto__":"a"}}}'],
    ["apps.one.affinity.podAffinity", '{"one":{"image":"a","affinity":{"podAffinity":{"__proto__":{}}}}}'],
  ] as const) {
    it(`refuses ${path}.__proto__, which would be dropped`, () => {
      assert.deepEqual(mistakes({ apps: json }), [`stateful-apps:${path}.__proto__ is not allowed as a name`]);
    });
  }

  it("compares quantities in whatever units they are written", () => {
    const memory = { requests: { cpu: "700m", memory: "1Mi" }, limits: { cpu: 0.7, memory: "1048576" } };
    parse(withApp({ resources: memory }));
    parse(
      withApp({
        resources: { requests: { cpu: 0, "example.org/disk": "1Ei" }, limits: { "example.org/disk": "1Ei" } },
      }),
    );
    assert.equal(
      mistakes(withApp({ resources: { requests: { memory: "1Ei" }, limits: { memory: "1e3" } } })).length,
      1,
    );
  });

  for (const image of [
    "nginx",
    "nginx:1.27",
    "team/app",
    "registry.example:5000/team/app_x:1.0-rc.1",
    "Registry.example/app",
    "[::1]:5000/app",
    `app@sha256:${"a".repeat(64)}`,
    `app:1@sha256:${"a".repeat(64)}`,
  ]) {
    it(`takes ${image} as an image`, () => {
      parse(withApp({ image }));
    });
  }
  for (const image of ["", "nginx:", "nginx:1:2", "a//b", "a-/b:1", "App", "app@sha256:12", "app name"]) {
    it(`refuses ${JSON.stringify(image)} as an image`, () => {
      assert.equal(mistakes(withApp({ image })).length, 1);
    });
  }

  it("refuses two apps that would use one claim, or make one job", () => {
    const claim = { size: "1Gi", mountPath: "/data" };
    const jobs = (name: string) => ({ before: { [name]: {} } });
    assert.deepEqual(
      mistakes({
        apps: {
          go: { ...app, claims: { "data-app": claim } },
          "app-go": { ...app, claims: { data: claim }, jobs: jobs("migrate") },
          app: { ...app, jobs: jobs("go-migrate") },
          redis: { ...app, claims: { "data-cache": claim } },
        },
        stores: { "cache-redis": {} },
      }),
      [
        "stateful-apps:apps.go.claims.data-app would use the claims data-app-go-0, …, as apps.app-go.claims.data does",
        "stateful-apps:stores.cache-redis would use the claims data-cache-redis-0, …, as apps.redis.claims.data-cache does",
        "stateful-apps:apps.app-go.jobs.before.migrate would have the name app-go-migrate, as apps.app.jobs.before.go-migrate has",
      ],
    );
  });

  it("lets a store's password be read by name", () => {
    const secretKeyRef = { name: "redis", key: "password" };
    const { apps } = parse({
      stores: { redis: {} },
      apps: { one: { ...app, env: { A: { valueFrom: { secretKeyRef } } } } },
    });
    assert.deepEqual(apps.one?.env?.A?.valueFrom?.secretKeyRef, secretKeyRef);
  });

  it("refuses two apps on one node port", () => {
    const service = { type: "NodePort", nodePort: 30080 };
    assert.deepEqual(mistakes({ apps: { one: { ...app, service }, two: { ...app, service } } }), [
      "stateful-apps:apps.two.service.nodePort is 30080; it must differ from apps.one.service.nodePort",
    ]);
  });

  it("refuses two ports of one app on one node port", () => {
    const service = { type: "NodePort", ports: { a: { nodePort: 30080 }, b: { nodePort: 30080 } } };
    assert.deepEqual(mistakes({ apps: { one: { ...app, ports: { a: 1, b: 2 }, service } } }), [
      "stateful-apps:apps.one.service.ports.b.nodePort is 30080; it must differ from apps.one.service.ports.a.nodePort",
    ]);
  });

  it("refuses apps that wait for each other, and for what does not exist", () => {
    const waiting = (dependsOn: Record<string, string[]>) => ({
      stores: { cache: {} },
      apps: Object.fromEntries(
        Object.entries(dependsOn).map(([name, others]) => [name, { ...app, dependsOn: others }]),
      ),
    });
    const leadsBack = "leads back to the app, directly or by other apps";
    assert.deepEqual(mistakes(waiting({ a: ["b", "cache"], b: ["c"], c: ["a"], d: ["a"] })), [
      `stateful-apps:apps.a.dependsOn ${leadsBack}`,
      `stateful-apps:apps.b.dependsOn ${leadsBack}`,
      `stateful-apps:apps.c.dependsOn ${leadsBack}`,
    ]);
    assert.deepEqual(mistakes(waiting({ a: ["a"] })), [`stateful-apps:apps.a.dependsOn ${leadsBack}`]);
    assert.deepEqual(mistakes(waiting({ a: ["constructor"], b: [] })), [
      'stateful-apps:apps.a.dependsOn.0 is "constructor"; it must be the name of an app or of a store: b, cache',
    ]);
  });

  it("puts every app after those that it depends on", () => {
    const order = fc.uniqueArray(fc.constantFrom(..."abcdefgh"), { minLength: 1 }).chain((names) =>
      fc.tuple(
        fc.constant(names),
        // Each app depends on some of those before it.
        fc.tuple(...names.map((_, i) => fc.subarray(names.slice(0, i)))),
        fc.shuffledSubarray(names, { minLength: names.length }),
      ),
    );
    fc.assert(
      fc.property(order, ([names, dependsOn, shuffled]) => {
        const apps = Object.fromEntries(
          shuffled.map((name) => [name, { dependsOn: dependsOn[names.indexOf(name)] ?? [] }]),
        );
        const ordered = inDependencyOrder(apps).map(([name]) => name);
        assert.deepEqual([...ordered].sort(), [...names].sort());
        for (const [name, { dependsOn }] of Object.entries(apps))
          for (const other of dependsOn) assert.ok(ordered.indexOf(other) < ordered.indexOf(name));
      }),
    );
  });

  it("refuses an app whose name is another one's Service", () => {
    assert.deepEqual(mistakes({ apps: { one: app, "one-http": app } }), [
      "stateful-apps:apps.one-http is not allowed as the name of an app: one-http is the Service of the app one",
    ]);
  });

  it("refuses an app or a store whose name is that of the Service of another app's pod, whatever the replicas are", () => {
    const one = { ...app, podServices: {} };
    const problem = "has the name of a Service of apps.one.podServices; choose another name";
    assert.deepEqual(mistakes({ apps: { one, "one-0": app, "one-12": app }, stores: { "one-1": {} } }), [
      `stateful-apps:apps.one-0 ${problem}`,
      `stateful-apps:apps.one-12 ${problem}`,
      `stateful-apps:stores.one-1 ${problem}`,
    ]);
    parse({ apps: { one, "one-01": app, "one-x": app, "two-0": app, "one-x-0": one } });
    parse({ apps: { one: app, "one-0": app } });
    parse({ apps: { "constructor-0": app } });
  });

  it("refuses one node port for two things, also for pods and for health checks", () => {
    const ports = { http: { nodePorts: [30001, 30002] } };
    const service = { type: "LoadBalancer", externalTrafficPolicy: "Local", healthCheckNodePort: 30002 };
    const differ = "it must differ from";
    assert.deepEqual(
      mistakes({
        apps: {
          one: { ...app, podServices: { type: "NodePort", ports } },
          two: { ...app, service: { ...service, nodePort: 30001 } },
        },
      }),
      [
        `stateful-apps:apps.two.service.nodePort is 30001; ${differ} apps.one.podServices.ports.http.nodePorts.0`,
        `stateful-apps:apps.two.service.healthCheckNodePort is 30002; ${differ} apps.one.podServices.ports.http.nodePorts.1`,
      ],
    );
  });

  it("refuses two apps that make one ServiceAccount", () => {
    const serviceAccount = { name: "internal-app" };
    assert.equal(mistakes({ apps: { one: { ...app, serviceAccount }, two: { ...app, serviceAccount } } }).length, 1);
    parse({
      apps: { one: { ...app, serviceAccount }, two: { ...app, serviceAccount: { ...serviceAccount, create: false } } },
    });
  });

  for (const [name, problem] of [
    ["App", "1 to 52 lower-case letters, digits and dashes, starting with a letter and not ending with a dash"],
    [
      "a".repeat(53),
      "1 to 52 lower-case letters, digits and dashes, starting with a letter and not ending with a dash",
    ],
  ] as const) {
    it(`refuses ${name} as an app's name`, () => {
      assert.deepEqual(mistakes({ apps: { [name]: app } }), [
        `stateful-apps:apps.${name} has a name that must be ${problem}`,
      ]);
    });
  }

  const secretRef = (key: string) =>
    withApp({ env: { PASSWORD: { valueFrom: { secretKeyRef: { name: "credentials", key } } } } });

  it("refuses a Secret key that nobody sets, without a word of what is set", () => {
    const settings = { ...secretRef("pasword"), secrets: { credentials: { password: "hunter2" } } };
    assert.deepEqual(mistakes(settings, "secrets"), [
      'stateful-apps:apps.one.env.PASSWORD.valueFrom.secretKeyRef is "pasword"; it must be a key of secrets.credentials: password',
    ]);
  });

  it("never shows a secret's value", () => {
    const lines = mistakes({ secrets: { credentials: { password: ["hunter2"] } } }, "secrets");
    assert.deepEqual(lines, ["stateful-apps:secrets.credentials.password must be a map"]);
    assert.doesNotMatch(mistakes({ secrets: "hunter2" }, "secrets").join(), /hunter2/);
  });

  for (const credentials of [
    { password: ["hunter2"] },
    { password: { value: ["hunter2"] } },
    { password: { generate: "hunter2" } },
    { files: { value: ["hunter2"] } },
    { files: { generate: "hunter2" } },
  ]) {
    it(`never shows what is under secrets in plain text: ${JSON.stringify(credentials)}`, () => {
      const lines = mistakes({ secrets: { credentials } });
      assert.equal(lines.length, 1);
      assert.doesNotMatch(lines.join(), /hunter2/);
    });
  }

  it("refuses a secure value among the apps, and says where it belongs", () => {
    assert.deepEqual(mistakes({ apps: { one: app } }, "apps"), [
      "stateful-apps:apps contains a secure value, which hides the whole setting; put the value under secrets and refer to it",
    ]);
  });

  const marker = "hunter2-7";
  for (const [key, value] of Object.entries({
    namespace: `${marker}/`,
    replicas: marker,
    clusterId: [marker],
    apps: { one: { image: marker, replicas: marker, containerPort: marker }, two: marker },
    configMaps: { one: { key: [marker] }, two: marker },
    stores: { redis: { size: marker, image: [marker] }, two: marker },
    secrets: { redis: { password: `${marker}\n` }, one: { key: { generate: marker } }, two: marker },
    unknown: marker,
  })) {
    it(`does not show ${key} in a mistake when it is set as a secret`, () => {
      assert.doesNotMatch(mistakes({ [key]: value }, key).join("\n"), /hunter2/);
    });
  }

  it("does not quote a setting that is secret in a mistake of another", () => {
    const partitioned = { ...app, updateStrategy: { rollingUpdate: { partition: 950 } } };
    assert.deepEqual(mistakes({ replicas: "949", apps: { one: partitioned } }, "replicas"), [
      "stateful-apps:replicas contains a secure value, which hides the whole setting; put the value under secrets and refer to it",
    ]);
    const claims = { ["v".repeat(57)]: { size: "1Gi", mountPath: "/data" } };
    assert.equal(mistakes({ replicas: "949", apps: { one: { ...app, claims } } }, "replicas").length, 1);
    const resources = { requests: { cpu: 2 }, limits: { cpu: 1 } };
    assert.equal(mistakes({ apps: { one: { ...app, resources, store: "redis" } } }, "apps", "stores").length, 1);
    assert.equal(mistakes({ stores: { redis: {} }, apps: { one: { ...app, store: "redis" } } }, "stores").length, 1);
  });

  it("refuses a context that is set as a secret, beside all other mistakes", () => {
    const config = { "kubernetes:context": "hunter2", "stateful-apps:replicas": "x" };
    assert.throws(
      () => parseConfig(config, (key) => key === "kubernetes:context", "stateful-apps"),
      ({ message }: Error) => {
        assert.doesNotMatch(message, /hunter2/);
        assert.match(message, /has 2 mistakes/);
        assert.match(
          message,
          /^ {2}kubernetes:context is set as a secret, .*`pulumi config set --plaintext kubernetes:context NAME`$/m,
        );
        return true;
      },
    );
  });

  it("knows whether the kubeconfig is a secret", () => {
    const isSecret = (...secretKeys: string[]) =>
      parseConfig({ "kubernetes:kubeconfig": "/a" }, (key) => secretKeys.includes(key), "stateful-apps").cluster
        .isSecret;
    assert.equal(isSecret("kubernetes:kubeconfig"), true);
    assert.equal(isSecret(), false);
  });

  for (const [name, password] of [
    ["two lines", "hunter2\nhunter3"],
    ["a line break at its end", "hunter2\n"],
    ["a carriage return", "hunter2\r"],
    ["nothing in it", ""],
  ] as const) {
    it(`refuses a store's password with ${name}`, () => {
      const settings = { stores: { redis: {} }, secrets: { redis: { password }, other: { password } } };
      assert.deepEqual(mistakes(settings, "secrets"), [
        "stateful-apps:secrets.redis.password is the password of a store; it must be one line of text, and not empty",
      ]);
    });
  }

  it("refuses a secret in plain text, and takes one to generate", () => {
    assert.match(
      mistakes({ secrets: { credentials: { password: "hunter2" } } }).join(),
      /contains a value in plain text/,
    );
    parse({ secrets: { credentials: { password: { generate: "24" } } } });
  });

  it("finds what does not fit together beside what is wrong by itself", () => {
    const settings = { replicas: "x", apps: { one: { ...app, service: { nodePort: 30080 } }, two: {} } };
    assert.equal(mistakes(settings).length, 3);
  });

  for (const size of ["0", "big", "-1Gi", "1gb", "0Mi"]) {
    it(`refuses ${size} as a size`, () => {
      const [line] = mistakes({ apps: { one: { ...app, claims: { data: { size, mountPath: "/data" } } } } });
      assert.match(line ?? "", /^stateful-apps:apps.one.claims.data.size is ".*"; it must be a Kubernetes quantity/);
    });
  }

  it("ends every config in settings or in an error for the user", function () {
    this.timeout("5m");
    const key = fc.constantFrom(
      "replicas",
      "apps",
      "one",
      "namespace",
      "image",
      "claims",
      "env",
      "data",
      "configMaps",
      "secrets",
      "files",
      "volumes",
      "projected",
      "sources",
      "containers",
      "__proto__",
      "",
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof({ maxDepth: 4 }, fc.jsonValue({ maxDepth: 1 }), fc.dictionary(key, tie("tree"))),
    }));
    fc.assert(
      fc.property(fc.dictionary(key, tree), (settings) => {
        try {
          parse(settings);
        } catch (error) {
          assert.ok(pulumi.RunError.isInstance(error), String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});
