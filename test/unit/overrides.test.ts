import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { RedisStore } from "../../components/redisStore";
import { StatefulApp } from "../../components/statefulApp";
import { parseConfig } from "../../config";
import { appObjects } from "../../objects/appObjects";
import { identityLabel } from "../../objects/identity";
import { appLabels } from "../../objects/labels";
import { mergePatch } from "../../objects/mergePatch";
import { storeObjects } from "../../objects/storeObjects";
import { checkAppOverrides, checkOverrides, fixedFields } from "../../schema/checkOverrides";
import type { CheckedAppArgs, CheckedStoreArgs } from "../../schema/checkedArgs";
import { type KubernetesObject, render } from "../../tools/lib/render";
import { useEngine } from "./support/engine";

type Component = keyof typeof fixedFields;
type Overrides = Record<string, unknown>;

/** A patch that sets the field of a path. */
const setting = (path: string[], value: unknown): unknown =>
  path.reduceRight((inner, name) => ({ [name]: inner }), value);

const paths = (component: Component, overrides: Overrides) =>
  checkOverrides(component, overrides).map(({ path }) => path.join("."));

const all = (["app", "store"] as const).flatMap((component) =>
  Object.entries(fixedFields[component]).flatMap(([name, fields]) =>
    fields.map(([path, instead]) => ({ component, name, path, instead, key: `overrides.${name}.${path.join(".")}` })),
  ),
);

describe("an override", () => {
  // Written down again, so that a row cannot get lost.
  for (const [component, name, list] of [
    [
      "app",
      "statefulSet",
      "apiVersion kind metadata.name metadata.generateName metadata.namespace spec.selector spec.serviceName spec.replicas spec.updateStrategy spec.podManagementPolicy spec.minReadySeconds spec.ordinals spec.template spec.volumeClaimTemplates spec.persistentVolumeClaimRetentionPolicy",
    ],
    [
      "app",
      "pod",
      "metadata.namespace metadata.annotations.stateful-apps/existing-objects spec.containers spec.initContainers spec.volumes spec.imagePullSecrets spec.serviceAccountName spec.serviceAccount",
    ],
    ["app", "container", "name image env envFrom volumeMounts"],
    ["app", "headlessService", "metadata.name spec.selector spec.clusterIP spec.clusterIPs spec.type spec.ports"],
    ["app", "service", "metadata.name spec.selector spec.type spec.ports"],
    ["app", "serviceAccount", "metadata.name metadata.namespace kind"],
    [
      "store",
      "statefulSet",
      "metadata.name spec.selector spec.serviceName spec.replicas spec.updateStrategy spec.ordinals spec.template spec.volumeClaimTemplates spec.persistentVolumeClaimRetentionPolicy",
    ],
    ["store", "pod", "spec.containers spec.serviceAccountName"],
    ["store", "container", "name image env volumeMounts"],
    ["store", "service", "metadata.name spec.selector spec.ports"],
  ] as const) {
    for (const path of list.split(" ")) {
      it(`of a ${component} must not set ${name}.${path}`, () => {
        const overrides = { [name]: setting(path.split("."), "x") };
        assert.deepEqual(paths(component, overrides), [`overrides.${name}.${path}`]);
      });
    }
  }

  it("must not change a label by which an object is found", () => {
    const { "app.kubernetes.io/version": _, ...labels } = appLabels("cart", "shop", "cart:1");
    for (const label of [...Object.keys(labels), identityLabel]) {
      for (const [component, tables] of Object.entries(fixedFields)) {
        for (const name of Object.keys(tables).filter((name) => name !== "container")) {
          const found = paths(component as Component, { [name]: { metadata: { labels: { [label]: "x" } } } });
          assert.deepEqual(found, [`overrides.${name}.metadata.labels.${label}`]);
        }
      }
    }
  });

  it("must not remove a fixed field either, nor replace what contains it, also not by an output", () => {
    for (const { component, name, path, key } of all) {
      assert.deepEqual(paths(component, { [name]: setting(path, null) }), [key]);
      for (let depth = 0; depth < path.length; depth += 1) {
        const above = path.slice(0, depth);
        for (const value of [null, "x", [], pulumi.output({})]) {
          const found = checkOverrides(component, { [name]: setting(above, value) });
          assert.deepEqual(
            found.map(({ path }) => path.join(".")),
            [["overrides", name, ...above].join(".")],
          );
          assert.match(found[0]?.problem ?? "", /^must be a map, because \S+ must stay$/);
        }
        assert.deepEqual(paths(component, { [name]: setting(above, {}) }), []);
      }
      assert.deepEqual(paths(component, { [name]: setting(path, undefined) }), []);
    }
  });

  it("is refused in a stack file with what to do instead, each mistake with its key", () => {
    const apps = {
      web: {
        image: "web",
        serviceAccount: { create: false },
        overrides: {
          statefulSet: { spec: { replicas: 3, revisionHistoryLimit: 2 }, metadata: null },
          pod: { spec: { volumes: [] } },
          serviceAccount: { imagePullSecrets: [] },
          deployment: {},
        },
      },
    };
    const stores = { redis: { overrides: { container: { env: [] } } } };
    const config = (settings: object) =>
      Object.fromEntries(Object.entries(settings).map(([key, value]) => [`shop:${key}`, JSON.stringify(value)]));
    const mistakes = (settings: object) => {
      try {
        parseConfig(config(settings), () => false, "shop");
      } catch (error) {
        return (error as Error).message.split("\n").slice(1);
      }
      return [];
    };
    const { deployment, ...known } = apps.web.overrides;
    assert.deepEqual(mistakes({ apps, stores: {} }), [
      "  shop:apps.web.overrides.deployment is not a known setting; the settings here are statefulSet, pod, container, networkPolicy, headlessService, service, serviceAccount, podDisruptionBudget",
    ]);
    assert.deepEqual(mistakes({ apps: { web: { ...apps.web, overrides: known } }, stores }), [
      "  shop:stores.redis.overrides.container.env is not allowed: a list replaces the password of the store",
      "  shop:apps.web.overrides.statefulSet.metadata must be a map, because name must stay",
      "  shop:apps.web.overrides.statefulSet.spec.replicas is not allowed; use replicas",
      "  shop:apps.web.overrides.pod.spec.volumes is not allowed; use volumes",
      "  shop:apps.web.overrides.serviceAccount requires serviceAccount.create true",
    ]);
  });

  it("is refused in a program, which can give a leaf of it later, but not the whole", async () => {
    await useEngine();
    const args = { namespace: "shop", partOf: "shop-dev", image: "cart" };
    const make = (overrides: object) => new StatefulApp("cart", { ...args, overrides });
    assert.throws(() => make({ statefulSet: { spec: { replicas: 2 } } }), /overrides\.statefulSet\.spec\.replicas/);
    assert.throws(() => make({ service: pulumi.output({}) }), /overrides\.service must be a plain value/);
    const password = { name: "redis", key: "password" };
    const overrides = { statefulSet: { spec: { replicas: 2 } } };
    assert.throws(
      () => new RedisStore("redis", { namespace: "shop", partOf: "shop-dev", password, overrides }),
      /overrides\.statefulSet\.spec\.replicas is not allowed: a store has one pod/,
    );
  });
});

/** Patches of fields that objects have, and of some that they do not have. */
const names = [
  "metadata",
  "spec",
  "annotations",
  "labels",
  "team",
  "securityContext",
  "capabilities",
  "dnsPolicy",
  "args",
];
const { patch } = fc.letrec<{ patch: Record<string, unknown>; value: unknown }>((tie) => ({
  patch: fc.dictionary(fc.constantFrom(...names), tie("value"), { maxKeys: 4, noNullPrototype: true }),
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, 0, 1, "a", []),
    fc.array(fc.constantFrom("a", "b"), { maxLength: 2 }),
    tie("patch"),
  ),
}));

/** Of an object, the SDK passes on only the fields that its kind has. */
const fieldsOf = (name: string) => (name === "serviceAccount" ? ["metadata"] : ["metadata", "spec"]);

const patches = (...names: string[]) =>
  fc.record(
    Object.fromEntries(
      names.map((name) => [
        name,
        name === "container"
          ? patch
          : fc.record(Object.fromEntries(fieldsOf(name).map((field) => [field, patch])), { requiredKeys: [] }),
      ]),
    ),
  );

/** Objects without undefined fields. */
const plain = (value: unknown) => JSON.parse(JSON.stringify(value)) as Record<string, Overrides>;

/** The objects of a component with overrides, made from those without. */
function patched(objects: Record<string, Overrides>, overrides: Overrides): Record<string, Overrides> {
  const { statefulSet = {}, ...others } = objects;
  const spec = statefulSet.spec as { template: { spec: { containers: [unknown] } } };
  const { template } = spec;
  const [container, ...rest] = template.spec.containers;
  const containers = [mergePatch(container, overrides.container), ...rest];
  const changed = mergePatch({ ...template, spec: { ...template.spec, containers } }, overrides.pod);
  return {
    ...Object.fromEntries(Object.entries(others).map(([name, object]) => [name, mergePatch(object, overrides[name])])),
    statefulSet: mergePatch({ ...statefulSet, spec: { ...spec, template: changed } }, overrides.statefulSet),
  };
}

describe("the objects with overrides", () => {
  const args = { namespace: "shop", partOf: "shop-dev", image: "cart", replicas: 1 } as CheckedAppArgs;

  it("of an app are those without, after the patches", () => {
    const base = plain(appObjects("cart", args));
    fc.assert(
      fc.property(
        patches("statefulSet", "pod", "container", "headlessService", "service", "serviceAccount"),
        (overrides) => {
          fc.pre(checkAppOverrides({ overrides }).length === 0);
          assert.deepEqual(plain(appObjects("cart", { ...args, overrides })), patched(base, overrides));
        },
      ),
    );
  });

  it("of a store are those without, after the patches", () => {
    const store = {
      ...args,
      port: 6379,
      size: "1Gi",
      password: { name: "redis", key: "password" },
    } as CheckedStoreArgs;
    const base = plain(storeObjects("redis", store));
    fc.assert(
      fc.property(patches("statefulSet", "pod", "container", "service"), (overrides) => {
        fc.pre(checkOverrides("store", overrides).length === 0);
        assert.deepEqual(plain(storeObjects("redis", { ...store, overrides })), patched(base, overrides));
      }),
    );
  });

  it("are what `npm run render` prints", async () => {
    const folder = mkdtempSync(join(tmpdir(), "stateful-apps-overrides-"));
    const configFile = join(folder, "Pulumi.test.yaml");
    const rendered = async (overrides?: Overrides) => {
      const config = {
        "stateful-apps:podSecurity": "privileged",
        "stateful-apps:apps": { cart: { image: "cart", overrides } },
      };
      writeFileSync(configFile, JSON.stringify({ config }));
      const objects = await render({ stack: "test", configFile });
      const find = (kind: string, name: string) =>
        objects.find((object) => object.kind === kind && object.metadata.name === name) as KubernetesObject;
      return plain({
        statefulSet: find("StatefulSet", "cart"),
        headlessService: find("Service", "cart"),
        service: find("Service", "cart-http"),
        serviceAccount: find("ServiceAccount", "cart"),
      });
    };
    try {
      const base = await rendered();
      await fc.assert(
        fc.asyncProperty(
          patches("statefulSet", "pod", "container", "headlessService", "service", "serviceAccount"),
          async (overrides) => {
            fc.pre(checkAppOverrides({ overrides }).length === 0);
            const expected = patched(base, overrides);
            // Those for Pulumi's provider are not printed, and no empty map in their place.
            for (const { metadata } of Object.values(expected) as { metadata: { annotations?: object } }[]) {
              if (Object.keys(metadata.annotations ?? {}).length === 0) delete metadata.annotations;
            }
            assert.deepEqual(await rendered(overrides), expected);
          },
        ),
        { numRuns: 10 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("have leaves that a program knows only later", async () => {
    const made = await useEngine();
    const overrides = {
      pod: { spec: { schedulerName: pulumi.output("later"), securityContext: { fsGroup: pulumi.output(1) } } },
      service: { spec: { loadBalancerClass: Promise.resolve("internal") } },
    };
    // Makes the security context of the pod an output, too.
    const podSecurityContext = { runAsUser: pulumi.output(7) };
    const options = { transform: { service: (args: object) => mergePatch(args, { spec: { after: true } }) } };
    new StatefulApp(
      "cart",
      { namespace: "shop", partOf: "shop-dev", image: "cart", podSecurityContext, overrides },
      options,
    );
    await pulumi.runtime.disconnect();
    const spec = (type: string, name: string) =>
      made.find((resource) => resource.type === type && resource.name === name)?.inputs.spec as Overrides;
    const { template } = spec("kubernetes:apps/v1:StatefulSet", "cart") as { template: { spec: Overrides } };
    assert.equal(template.spec.schedulerName, "later");
    assert.deepEqual(template.spec.securityContext, {
      runAsNonRoot: true,
      runAsUser: 7,
      fsGroup: 1,
      runAsGroup: 65532,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    });
    const service = spec("kubernetes:core/v1:Service", "cart-http");
    assert.equal(service.loadBalancerClass, "internal");
    assert.equal(service.after, true);
  });
});
