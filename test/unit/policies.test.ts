import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import * as proxy from "@pulumi/policy/proxy";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { policies } from "../../policy/policies";

/** How the engine's values reach a policy. The SDK does not declare it. */
const { unknownCheckingProxy: asPassed, unknownStringValue: unknown } = proxy as unknown as {
  unknownCheckingProxy: (props: object) => Record<string, unknown>;
  /** A value that a preview does not know: to read it is an error. */
  unknownStringValue: string;
};

interface Made {
  type: string;
  name?: string;
  parent?: string;
  props: object;
}

/** A resource of the stack shop, whose parent is the app db if nothing else is said. */
const resource = ({ type, name = "db", parent = "stateful-apps:index:StatefulApp::db", props }: Made) => ({
  type,
  name,
  urn: `urn:pulumi:shop::stateful-apps::${type}::${name}`,
  props: asPassed(props),
  opts: { parent: `urn:pulumi:shop::stateful-apps::${parent}` },
});

const ofStack = { parent: "pulumi:pulumi:Stack::stateful-apps-shop" };

/** What a policy says of resources. */
function found(name: string, made: Made[], config: object = {}): string[] {
  const policy = policies.find((policy) => policy.name === name) ?? assert.fail(name);
  const messages: string[] = [];
  const report = (message: string) => messages.push(message);
  const getConfig = () => config;
  const resources = made.map(resource);
  if ("validateStack" in policy) {
    const { validateStack } = policy as { validateStack: (args: object, report: unknown) => void };
    validateStack({ resources, getConfig } satisfies Partial<Record<keyof StackArgs, unknown>>, report);
  } else {
    const { validateResource } = policy as { validateResource: (args: object, report: unknown) => void };
    for (const one of resources) {
      validateResource({ ...one, getConfig } satisfies Partial<Record<keyof ResourceArgs, unknown>>, report);
    }
  }
  return messages;
}

type StackArgs = Parameters<StackValidationPolicy["validateStack"]>[0];
type ResourceArgs = Parameters<Extract<ResourceValidationPolicy["validateResource"], (...args: never) => unknown>>[0];

const metadata = { namespace: "shop", name: "db" };
const types = {
  StatefulSet: "kubernetes:apps/v1:StatefulSet",
  PersistentVolumeClaim: "kubernetes:core/v1:PersistentVolumeClaim",
  PodDisruptionBudget: "kubernetes:policy/v1:PodDisruptionBudget",
};

const statefulSet = (spec: object, others: Partial<Made> = {}): Made => ({
  type: types.StatefulSet,
  props: { metadata, spec },
  ...others,
});

/** A StatefulSet whose pods have these containers. */
const withContainers = (containers: unknown, others: object = {}, made: Partial<Made> = {}) =>
  statefulSet({ template: { spec: { containers, ...others } } }, made);

const main = (container: object) => withContainers([container]);

/** The fields that messages name. */
const fields = (messages: string[]) => messages.map((message) => /: (\S+) is /.exec(message)?.[1]);

/** What each policy must stop, with the fields, and what it must let pass. */
const tables: Record<string, Record<string, { made: Made; config?: object; stops?: string[] }>> = {
  "privileged-container": {
    "a privileged container": {
      made: main({ securityContext: { privileged: true } }),
      stops: ["spec.template.spec.containers[0].securityContext.privileged"],
    },
    "a container that can gain rights": {
      made: main({ securityContext: { allowPrivilegeEscalation: true } }),
      stops: ["spec.template.spec.containers[0].securityContext.allowPrivilegeEscalation"],
    },
    "the capability SYS_ADMIN, and all of them, in any spelling": {
      made: main({ securityContext: { capabilities: { add: ["CHOWN", "CAP_SYS_ADMIN", "all"] } } }),
      stops: [1, 2].map((i) => `spec.template.spec.containers[0].securityContext.capabilities.add[${String(i)}]`),
    },
    "a second container, an init container and a sidecar": {
      made: withContainers([{}, { securityContext: { privileged: true } }], {
        initContainers: [
          { securityContext: { privileged: true } },
          { restartPolicy: "Always", securityContext: { privileged: true } },
        ],
      }),
      stops: ["initContainers[0]", "initContainers[1]", "containers[1]"].map(
        (container) => `spec.template.spec.${container}.securityContext.privileged`,
      ),
    },
    "a container without these rights": {
      made: main({
        securityContext: {
          privileged: false,
          allowPrivilegeEscalation: false,
          capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] },
        },
      }),
    },
    "a container without a security context": { made: main({}) },
    "rights that are unknown": {
      made: main({ securityContext: { privileged: unknown, capabilities: { add: [unknown] } } }),
    },
    "containers that are unknown": { made: withContainers(unknown) },
    "a known right beside one that is unknown": {
      made: withContainers([unknown, { securityContext: { privileged: unknown, allowPrivilegeEscalation: true } }]),
      stops: ["spec.template.spec.containers[1].securityContext.allowPrivilegeEscalation"],
    },
    "a patch": {
      made: { ...main({ securityContext: { privileged: true } }), type: "kubernetes:apps/v1:StatefulSetPatch" },
      stops: ["spec.template.spec.containers[0].securityContext.privileged"],
    },
    "an object of another group with the same kind": {
      made: { ...main({ securityContext: { privileged: true } }), type: "kubernetes:example.org/v1:StatefulSet" },
    },
    "a resource that is not of Kubernetes": {
      made: { ...main({ securityContext: { privileged: true } }), type: "random:index/randomPassword:RandomPassword" },
    },
  },

  "mutable-image-tag": {
    ...Object.fromEntries(
      ["app", "app:latest", "registry.example:5000/team/app", "registry.example:5000/team/app:latest"].map((image) => [
        image,
        { made: main({ image }), stops: ["spec.template.spec.containers[0].image"] },
      ]),
    ),
    ...Object.fromEntries(
      ["app:1", "registry.example:5000/app:1.0.0", "app@sha256:00", "app:latest@sha256:00", "app:latest-2"].map(
        (image) => [image, { made: main({ image }) }],
      ),
    ),
    "a tag, if only a digest is allowed": {
      made: main({ image: "app:1.0.0" }),
      config: { mutableTags: "withoutDigest" },
      stops: ["spec.template.spec.containers[0].image"],
    },
    "a digest, if only a digest is allowed": {
      made: main({ image: "app:1.0.0@sha256:00" }),
      config: { mutableTags: "withoutDigest" },
    },
    "an image that is unknown": { made: main({ image: unknown }) },
    "a patch without an image": {
      made: { ...main({ name: "db" }), type: "kubernetes:apps/v1:StatefulSetPatch" },
    },
  },

  "missing-probe": {
    "a container without probes": {
      made: main({}),
      stops: ["readinessProbe", "livenessProbe"].map((probe) => `spec.template.spec.containers[0].${probe}`),
    },
    "a container without a liveness probe": {
      made: main({ readinessProbe: {}, startupProbe: {} }),
      stops: ["spec.template.spec.containers[0].livenessProbe"],
    },
    "a sidecar without probes, but not an init container": {
      made: withContainers([{ readinessProbe: {}, livenessProbe: {} }], {
        initContainers: [{ name: "first" }, { name: "side", restartPolicy: "Always", readinessProbe: {} }],
      }),
      stops: ["spec.template.spec.initContainers[1].livenessProbe"],
    },
    "both probes": { made: main({ readinessProbe: {}, livenessProbe: {} }) },
    "probes that are unknown": { made: main({ readinessProbe: unknown, livenessProbe: unknown }) },
    "a container that is unknown": { made: withContainers([unknown]) },
    "a pod template that is unknown": { made: statefulSet({ template: unknown }) },
    "a patch": { made: { ...main({}), type: "kubernetes:apps/v1:StatefulSetPatch" } },
  },

  "claim-without-class": {
    "a claim template without a class": {
      made: statefulSet({ volumeClaimTemplates: [{ metadata: { name: "data" }, spec: { storageClassName: null } }] }),
      stops: ["spec.volumeClaimTemplates[0].spec.storageClassName"],
    },
    "a claim without a class": {
      made: { type: types.PersistentVolumeClaim, props: { metadata, spec: {} } },
      stops: ["spec.storageClassName"],
    },
    "a class": {
      made: statefulSet({ volumeClaimTemplates: [{ metadata: { name: "data" }, spec: { storageClassName: "fast" } }] }),
    },
    "the empty class, which turns dynamic provisioning off": {
      made: { type: types.PersistentVolumeClaim, props: { metadata, spec: { storageClassName: "" } } },
    },
    "a class that is unknown": {
      made: { type: types.PersistentVolumeClaim, props: { metadata, spec: { storageClassName: unknown } } },
    },
    "claims that are unknown": {
      made: statefulSet({ volumeClaimTemplates: [unknown, { spec: unknown }] }),
    },
    "a patch of a claim": {
      made: { type: "kubernetes:core/v1:PersistentVolumeClaimPatch", props: { metadata, spec: {} } },
    },
    "no claims": { made: statefulSet({}) },
  },

  "deleted-claim": {
    "claims that go with the StatefulSet or with replicas": {
      made: statefulSet({ persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete", whenScaled: "Delete" } }),
      stops: ["whenDeleted", "whenScaled"].map((when) => `spec.persistentVolumeClaimRetentionPolicy.${when}`),
    },
    "claims that stay": {
      made: statefulSet({ persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" } }),
    },
    "an object of another kind with the same field": {
      made: {
        type: "kubernetes:example.org/v1:Database",
        props: { metadata, spec: { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete" } } },
      },
    },
    "no retention policy": { made: statefulSet({}) },
    "a retention policy that is unknown": {
      made: statefulSet({ persistentVolumeClaimRetentionPolicy: { whenDeleted: unknown } }),
    },
  },
};

describe("the policies", () => {
  it("have names in kebab-case, and say why they are there", () => {
    for (const { name, description } of policies) {
      assert.match(name, /^[a-z]+(-[a-z]+)*$/);
      assert.match(description, /^[A-Z].+\.$/);
    }
  });

  it("are all on their page of the docs", () => {
    const page = readFileSync("docs/policies.md", "utf8");
    const named = [...page.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name);
    assert.deepEqual(
      named,
      policies.map(({ name }) => name),
    );
  });

  for (const [name, cases] of Object.entries(tables)) {
    for (const [what, { made, config, stops = [] }] of Object.entries(cases)) {
      it(`${name} ${stops.length > 0 ? "stops" : "passes"} ${what}`, () => {
        assert.deepEqual(fields(found(name, [made], config)), stops);
      });
    }
  }

  it("look into the pods of each kind of workload", () => {
    const spec = { containers: [{ image: "app" }] };
    const template = { spec };
    const workloads: Record<string, object> = {
      "core/v1:Pod": { spec },
      "core/v1:PodTemplate": { template },
      "core/v1:ReplicationController": { spec: { template } },
      "apps/v1:ReplicaSet": { spec: { template } },
      "apps/v1:Deployment": { spec: { template } },
      "apps/v1:DaemonSet": { spec: { template } },
      "apps/v1:StatefulSet": { spec: { template } },
      "batch/v1:Job": { spec: { template } },
      "batch/v1:CronJob": { spec: { jobTemplate: { spec: { template } } } },
    };
    const lacking = Object.entries(workloads).map(([type, props]) => {
      const made = { type: `kubernetes:${type}`, props: { metadata, ...props } };
      assert.equal(found("mutable-image-tag", [made]).length, 1, type);
      return [type.split(":")[1], found("missing-probe", [made]).length];
    });
    assert.deepEqual(
      lacking.filter(([, count]) => count === 0).map(([kind]) => kind),
      ["Pod", "PodTemplate", "Job", "CronJob"],
    );
  });

  it("name the object, the field, its value, what is allowed, and the setting", () => {
    assert.deepEqual(found("privileged-container", [main({ securityContext: { privileged: true } })]), [
      "StatefulSet shop/db: spec.template.spec.containers[0].securityContext.privileged is true; only false is allowed. Change stateful-apps:apps.db.securityContext.privileged.",
    ]);
    assert.deepEqual(
      found("claim-without-class", [statefulSet({ volumeClaimTemplates: [{ metadata: { name: "data" } }] })]),
      [
        "StatefulSet shop/db: spec.volumeClaimTemplates[0].spec.storageClassName is not set; a claim must name its StorageClass. Change stateful-apps:apps.db.claims.data.storageClassName.",
      ],
    );
  });
});

describe("the setting that a policy names", () => {
  const settingIn = ([message = ""]: string[]) => / Change (.+)\.$/.exec(message)?.[1];
  const images = (made: Partial<Made>, props: object) =>
    settingIn(found("mutable-image-tag", [{ type: types.StatefulSet, props: { metadata, ...props }, ...made }]));
  const template = { spec: { containers: [{ image: "app" }] } };
  const store = { parent: "stateful-apps:index:RedisStore::sessions" };

  it("is that of an app's own container, or the one with its other containers", () => {
    const second = [{ image: "app:1" }, { image: "side" }];
    assert.equal(images({}, { spec: { template } }), "stateful-apps:apps.db.image");
    assert.equal(
      images({}, { spec: { template: { spec: { containers: second } } } }),
      "stateful-apps:apps.db.containers",
    );
    assert.equal(
      images({}, { spec: { template: { spec: { initContainers: [{ image: "first" }] } } } }),
      "stateful-apps:apps.db.initContainers",
    );
  });

  it("is that of an app in another component", () => {
    const nested = { parent: "example:index:Shop$stateful-apps:index:StatefulApp::cart" };
    assert.equal(images(nested, { spec: { template } }), "stateful-apps:apps.cart.image");
  });

  it("is that of an app's jobs or of its CronJob", () => {
    assert.equal(
      images({ type: "kubernetes:batch/v1:Job", name: "db-migrate" }, { spec: { template } }),
      "stateful-apps:apps.db.jobs or stateful-apps:apps.db.connectionTest",
    );
    assert.equal(
      images(
        { type: "kubernetes:batch/v1:CronJob", name: "db-dump" },
        { spec: { jobTemplate: { spec: { template } } } },
      ),
      "stateful-apps:apps.db.cronJobs.dump.image",
    );
  });

  it("is that of a store, or an override of what a store has no setting for", () => {
    assert.equal(images(store, { spec: { template } }), "stateful-apps:stores.sessions.image");
    const given = { ...statefulSet({ template }), ...store };
    assert.equal(
      settingIn(found("missing-probe", [given])),
      "stateful-apps:stores.sessions.overrides.container.readinessProbe",
    );
    assert.equal(
      settingIn(found("claim-without-class", [{ ...statefulSet({ volumeClaimTemplates: [{}] }), ...store }])),
      "stateful-apps:stores.sessions.storageClassName",
    );
  });

  it("is the list of further objects for one of them, and none for what is not of this program", () => {
    assert.equal(images({ ...ofStack, name: "object-db" }, { spec: { template } }), "stateful-apps:objects");
    assert.equal(images({ ...ofStack, name: "another" }, { spec: { template } }), undefined);
  });
});

describe("missing-disruption-budget", () => {
  const labels = { app: "db", tier: "data" };
  const app = (replicas: unknown = 3, others: object = {}) =>
    statefulSet({ replicas, template: { metadata: { labels } }, ...others });
  const budget = (selector: unknown, namespace: unknown = "shop"): Made => ({
    type: types.PodDisruptionBudget,
    name: "object-db",
    ...ofStack,
    props: { metadata: { name: "db", namespace }, spec: { selector } },
  });
  const expression = (key: string, operator: string, ...values: unknown[]) => ({
    matchExpressions: [{ key, operator, ...(values.length > 0 ? { values } : {}) }],
  });
  const isStopped = (...made: Made[]) => found("missing-disruption-budget", made).length > 0;

  it("stops several pods without a budget, and says what to change", () => {
    assert.deepEqual(found("missing-disruption-budget", [app()]), [
      "StatefulSet shop/db: spec.replicas is 3, and no PodDisruptionBudget of the stack selects the pods; an app with several pods must have one. Change stateful-apps:apps.db.podDisruptionBudget.create.",
    ]);
  });

  it("names no setting for a StatefulSet that is not of this program", () => {
    assert.deepEqual(found("missing-disruption-budget", [{ ...app(), ...ofStack }]), [
      "StatefulSet shop/db: spec.replicas is 3, and no PodDisruptionBudget of the stack selects the pods; an app with several pods must have one.",
    ]);
  });

  for (const [what, selector] of Object.entries({
    "the same labels": { matchLabels: labels },
    "some of the labels": { matchLabels: { app: "db" } },
    "no condition": {},
    "a label that is in a list": expression("app", "In", "web", "db"),
    "a label that is not in a list": expression("app", "NotIn", "web"),
    "a label that exists": expression("tier", "Exists"),
    "a label that does not exist": expression("job", "DoesNotExist"),
    "an unknown value": { matchLabels: { app: unknown } },
    "an unknown list": { matchExpressions: [{ key: "app", operator: "In", values: unknown }] },
    "an unknown selector": unknown,
  })) {
    it(`accepts a budget that selects by ${what}`, () => {
      assert.ok(!isStopped(app(), budget(selector)));
    });
  }

  for (const [what, selector] of Object.entries({
    "another value": { matchLabels: { app: "web" } },
    "a further label": { matchLabels: { ...labels, job: "dump" } },
    "a label that is not in its list": expression("app", "In", "web"),
    "a label that is in a list to leave out": expression("app", "NotIn", "db"),
    "a label that does not exist": expression("job", "Exists"),
    "a label that has the name of a method": expression("constructor", "Exists"),
    "a label that must not exist": expression("app", "DoesNotExist"),
    nothing: null,
  })) {
    it(`does not accept a budget that selects by ${what}`, () => {
      assert.ok(isStopped(app(), budget(selector)));
    });
  }

  it("does not accept a budget in another namespace, but one whose namespace is unknown", () => {
    assert.ok(isStopped(app(), budget({}, "other")));
    assert.ok(!isStopped(app(), budget({}, unknown)));
  });

  it("passes an app with one pod or none, and one whose replicas or labels are unknown", () => {
    for (const made of [app(1), app(0), app(unknown), statefulSet({ template: {} })]) assert.ok(!isStopped(made));
    assert.ok(!isStopped(app(3, { template: unknown }), budget({ matchLabels: { app: "web" } })));
  });

  it("accepts a budget if the value of a label is unknown", () => {
    const made = app(3, { template: { metadata: { labels: { app: unknown } } } });
    for (const selector of [
      { matchLabels: { app: "db" } },
      expression("app", "In", "db"),
      expression("app", "NotIn"),
    ]) {
      assert.ok(!isStopped(made, budget(selector)));
    }
  });

  it("does not judge a patch, which has only some fields", () => {
    assert.ok(!isStopped({ ...app(), type: "kubernetes:apps/v1:StatefulSetPatch" }));
  });

  it("judges each app by its own budget", () => {
    const web = statefulSet({ replicas: 2, template: { metadata: { labels: { app: "web" } } } }, { name: "web" });
    const messages = found("missing-disruption-budget", [app(), web, budget({ matchLabels: { app: "db" } })]);
    assert.equal(messages.length, 1);
    assert.match(messages[0] ?? "", /spec\.replicas is 2/);
  });
});
