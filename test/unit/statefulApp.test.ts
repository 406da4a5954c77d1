import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type * as k8s from "@pulumi/kubernetes";
import type { types } from "@pulumi/kubernetes";
import type { StatefulApp as Component } from "../../components/statefulApp";
import type { StatefulAppArgs } from "../../schema/args";
import { nextSteps } from "../../stack/nextSteps";

/** What the component asked the engine for, by kind and name. */
const made = new Map<string, { metadata: Record<string, unknown>; spec: Record<string, unknown> }>();

const args: StatefulAppArgs = {
  namespace: "shop",
  partOf: "stateful-apps-test",
  image: "registry.example/cart:2.1.0",
  containerPort: 8000,
  replicas: 2,
  env: { SLEEP_TIME: { value: "5" } },
  readinessProbe: { httpGet: { path: "/visits" }, periodSeconds: 3 },
  claims: { data: { size: "1Gi", mountPath: "/app/data" } },
};

/** An output's value; an output that never gets one fails the test. */
const valueOf = <T>(output: pulumi.Output<T>) =>
  new Promise<T>((fulfil, reject) => {
    const timer = setTimeout(() => {
      reject(new Error("the output has no value"));
    }, 5000);
    output.apply((value) => {
      clearTimeout(timer);
      fulfil(value);
    });
  });

describe("StatefulApp", () => {
  let StatefulApp: typeof Component;

  before(async () => {
    await pulumi.runtime.setMocks({
      newResource: ({ type, name, inputs }) => {
        made.set(`${type} ${name}`, inputs as { metadata: Record<string, unknown>; spec: Record<string, unknown> });
        return { id: name, state: inputs as Record<string, unknown> };
      },
      call: () => ({}),
    });
    ({ StatefulApp } = await import("../../components/statefulApp"));
  });

  const service = (name: string) => made.get(`kubernetes:core/v1:Service ${name}`)?.spec;

  async function make(overrides: Partial<StatefulAppArgs> = {}) {
    made.clear();
    const app = new StatefulApp("cart", { ...args, ...overrides });
    await valueOf(app.urn);
    await valueOf(pulumi.output(app.outputs()));
    const spec = made.get("kubernetes:apps/v1:StatefulSet cart")
      ?.spec as unknown as types.output.apps.v1.StatefulSetSpec;
    const [container] = spec.template.spec.containers;
    assert.ok(container);
    return { app, spec, container };
  }

  const selector = { "app.kubernetes.io/name": "cart", "app.kubernetes.io/instance": "cart" };

  it("is made of these objects", async () => {
    await make();
    assert.deepEqual([...made.keys()].sort(), [
      "kubernetes:apps/v1:StatefulSet cart",
      "kubernetes:core/v1:Service cart",
      "kubernetes:core/v1:Service cart-http",
      "kubernetes:core/v1:ServiceAccount cart",
      "kubernetes:networking.k8s.io/v1:NetworkPolicy cart",
      "kubernetes:policy/v1:PodDisruptionBudget cart",
      "stateful-apps:index:StatefulApp cart",
    ]);
  });

  it("gives every object a fixed name, the namespace and the recommended labels", async () => {
    await make();
    for (const [key, inputs] of made) {
      if (!key.startsWith("kubernetes:")) continue;
      assert.deepEqual(inputs.metadata, {
        ...inputs.metadata,
        name: key.split(" ")[1],
        namespace: "shop",
        labels: {
          ...selector,
          "app.kubernetes.io/version": "2.1.0",
          "app.kubernetes.io/part-of": "stateful-apps-test",
          "app.kubernetes.io/managed-by": "pulumi",
        },
      });
    }
  });

  it("selects by labels that never change, and puts no others on its claims", async () => {
    const { spec } = await make();
    assert.deepEqual(spec.selector.matchLabels, selector);
    assert.deepEqual(spec.volumeClaimTemplates[0]?.metadata.labels, selector);
    for (const name of ["cart", "cart-http"]) {
      assert.deepEqual(service(name)?.selector, selector);
    }
  });

  it("names its pods by a headless Service that it makes", async () => {
    const { spec } = await make();
    assert.equal(spec.serviceName, "cart");
    assert.equal(service("cart")?.clusterIP, "None");
  });

  it("tells Vault's injector which secrets the pods get, beside the user's own annotations", async () => {
    const { spec } = await make({
      podAnnotations: { team: "shop" },
      automountServiceAccountToken: true,
      vault: {
        role: "internal-app",
        status: "update",
        prePopulate: false,
        secrets: {
          "config.txt": { path: "internal/data/server/config" },
          database: { path: "internal/data/db", file: "url.txt", template: '{{- with secret "internal/data/db" -}}' },
        },
      },
    });
    assert.deepEqual(spec.template.metadata.annotations, {
      team: "shop",
      "vault.hashicorp.com/agent-inject": "true",
      "vault.hashicorp.com/role": "internal-app",
      "vault.hashicorp.com/agent-inject-status": "update",
      "vault.hashicorp.com/agent-pre-populate": "false",
      "vault.hashicorp.com/agent-inject-secret-config.txt": "internal/data/server/config",
      "vault.hashicorp.com/agent-inject-secret-database": "internal/data/db",
      "vault.hashicorp.com/agent-inject-file-database": "url.txt",
      "vault.hashicorp.com/agent-inject-template-database": '{{- with secret "internal/data/db" -}}',
    });
  });

  /** The error for arguments that are not valid. */
  function refusal(overrides: Record<string, unknown>, name = "cart"): pulumi.InputPropertiesError {
    try {
      new StatefulApp(name, { ...args, ...overrides });
    } catch (error) {
      assert.ok(pulumi.InputPropertiesError.isInstance(error), String(error));
      return error;
    }
    assert.fail("these arguments were accepted");
  }

  it("names every mistake in its arguments, for people and for other languages, without a stack", () => {
    const error = refusal({ replicas: -1, claims: { data: { size: "1Gi", mountPath: "data" } }, replcas: 1 });
    assert.deepEqual(error.errors, [
      { propertyPath: "replicas", reason: "is -1; it must be an integer from 0 to 1000" },
      {
        propertyPath: "claims.data.mountPath",
        reason: 'is "data"; it must be an absolute path other than /, without a colon and without `..`',
      },
      { propertyPath: "replcas", reason: "is not a known setting; did you mean replicas?" },
    ]);
    assert.match(
      error.message,
      /^The arguments of the StatefulApp cart are not valid\.\n {2}replicas is -1; it must be/,
    );
    assert.ok(pulumi.RunError.isInstance(error));
    assert.equal(error.stack, undefined);
  });

  it("refuses arguments that do not fit together, and a name that Kubernetes does not allow", () => {
    const service = { nodePort: 30080 };
    assert.deepEqual(refusal({ service }).errors, [
      {
        propertyPath: "service.nodePort",
        reason: "is 30080; it is only allowed with service.type NodePort or LoadBalancer",
      },
    ]);
    assert.match(refusal({}, "Cart").message, /name is "Cart"; it must be 1 to 52 lower-case letters/);
  });

  it("takes outputs and promises wherever nothing follows from the value", async () => {
    const { spec, container } = await make({
      containerPort: pulumi.output(9000),
      env: { TOKEN: { value: pulumi.output("hunter2") }, HOST: { value: Promise.resolve("db") } },
      resources: { requests: { cpu: pulumi.output("2") }, limits: { cpu: "1" } },
      claims: { data: { size: pulumi.output("1Gi"), mountPath: pulumi.output("/data") } },
      readinessProbe: { httpGet: { path: "/", port: pulumi.output("9000") } },
      terminationGracePeriodSeconds: pulumi.output(5),
    });
    assert.equal(container.ports[0]?.containerPort, 9000);
    assert.deepEqual(container.env, [
      { name: "HOST", value: "db" },
      { name: "TOKEN", value: "hunter2" },
    ]);
    assert.equal(container.readinessProbe.httpGet.port, 9000);
    assert.equal(spec.template.spec.terminationGracePeriodSeconds, 5);
  });

  it("refuses an output where children follow from the value", () => {
    assert.match(refusal({ replicas: pulumi.output(2) }).message, /replicas .*must be a plain value: names of pods/);
  });

  it("has a default for all but its image, its namespace and its stack", async () => {
    made.clear();
    const app = new StatefulApp("plain", { namespace: "shop", partOf: "shop", image: "cart" });
    await valueOf(pulumi.output(app.outputs()));
    assert.deepEqual(await valueOf(app.podNames), ["plain-0"]);
    assert.equal(await valueOf(app.port), 8080);
  });

  it("asks for a claim per replica that is never deleted", async () => {
    const { spec, container } = await make();
    assert.deepEqual(spec.volumeClaimTemplates[0]?.spec, {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "1Gi" } },
    });
    assert.deepEqual(spec.persistentVolumeClaimRetentionPolicy, { whenDeleted: "Retain", whenScaled: "Retain" });
    assert.deepEqual(container.volumeMounts, [{ name: "data", mountPath: "/app/data" }]);
  });

  it("lets the claims of pods beyond the replicas go, and no others", async () => {
    const { spec } = await make({ persistentVolumeClaimRetentionPolicy: { whenScaled: "Delete" } });
    assert.deepEqual(spec.persistentVolumeClaimRetentionPolicy, { whenDeleted: "Retain", whenScaled: "Delete" });
    const lost = { persistentVolumeClaimRetentionPolicy: { whenDeleted: "Delete" } };
    assert.match(
      refusal(lost).message,
      /persistentVolumeClaimRetentionPolicy\.whenDeleted is "Delete"; it must be Retain: .* never lose data; `npm run claims -- --delete` deletes claims/,
    );
    const later = { persistentVolumeClaimRetentionPolicy: { whenDeleted: pulumi.output("Delete") } };
    assert.match(refusal(later).message, /whenDeleted .*must be a plain value: `Delete` would lose data/);
  });

  it("is fit for the restricted standard", async () => {
    const { spec, container } = await make();
    const { securityContext, automountServiceAccountToken } = spec.template.spec;
    assert.equal(automountServiceAccountToken, false);
    assert.equal(securityContext.runAsNonRoot, true);
    assert.deepEqual(securityContext.seccompProfile, { type: "RuntimeDefault" });
    assert.deepEqual(container.securityContext, {
      allowPrivilegeEscalation: false,
      capabilities: { drop: ["ALL"] },
      readOnlyRootFilesystem: true,
    });
  });

  it("probes the container's port", async () => {
    const { container } = await make();
    assert.deepEqual(container.readinessProbe, { httpGet: { path: "/visits", port: "http" }, periodSeconds: 3 });
    assert.deepEqual(container.ports, [{ name: "http", containerPort: 8000 }]);
  });

  it("has every port in the container and in both Services", async () => {
    const { container, app } = await make({
      containerPort: undefined,
      ports: {
        client: { containerPort: 2379, appProtocol: "http" },
        peer: { containerPort: 2380 },
        dns: { containerPort: 53, protocol: "UDP" },
      },
      service: { type: "NodePort", ports: { client: { port: 80, nodePort: 30001 } } },
      readinessProbe: { httpGet: { path: "/", port: "client" } },
    });
    assert.deepEqual(container.ports, [
      { name: "client", containerPort: 2379 },
      { name: "dns", containerPort: 53, protocol: "UDP" },
      { name: "peer", containerPort: 2380 },
    ]);
    assert.deepEqual(service("cart")?.ports, [
      { name: "client", port: 2379, targetPort: "client", appProtocol: "http" },
      { name: "dns", port: 53, targetPort: "dns", protocol: "UDP" },
      { name: "peer", port: 2380, targetPort: "peer" },
    ]);
    assert.deepEqual(service("cart-http")?.ports, [
      { name: "client", port: 80, targetPort: "client", appProtocol: "http", nodePort: 30001 },
      { name: "dns", port: 53, targetPort: "dns", protocol: "UDP" },
      { name: "peer", port: 2380, targetPort: "peer" },
    ]);
    assert.equal(await valueOf(app.url), undefined);
    assert.equal(await valueOf(app.port), undefined);
    assert.deepEqual(await valueOf(app.addresses), {
      client: "cart-http.shop.svc.cluster.local:80",
      dns: "cart-http.shop.svc.cluster.local:53",
      peer: "cart-http.shop.svc.cluster.local:2380",
    });
  });

  it("probes by whatever the probe says", async () => {
    const { container } = await make({
      startupProbe: { grpc: { service: "cart" }, failureThreshold: 30 },
      livenessProbe: { tcpSocket: {} },
      readinessProbe: { exec: { command: ["check", "--now"] }, timeoutSeconds: 5 },
    });
    assert.deepEqual(container.startupProbe, { grpc: { service: "cart", port: 8000 }, failureThreshold: 30 });
    assert.deepEqual(container.livenessProbe, { tcpSocket: { port: "http" } });
    assert.deepEqual(container.readinessProbe, { exec: { command: ["check", "--now"] }, timeoutSeconds: 5 });
  });

  it("gives the last word on each object to a transform", async () => {
    made.clear();
    const app = new StatefulApp("cart", args, {
      transform: {
        statefulSet: (given) => ({
          ...given,
          spec: pulumi.output(given.spec).apply((spec) => ({ ...spec, revisionHistoryLimit: 3 })) as typeof given.spec,
        }),
        service: (given) => ({ ...given, spec: { sessionAffinity: "ClientIP" } }),
      },
    });
    await valueOf(pulumi.output(app.outputs()));
    assert.equal(made.get("kubernetes:apps/v1:StatefulSet cart")?.spec.revisionHistoryLimit, 3);
    assert.equal(service("cart-http")?.sessionAffinity, "ClientIP");
    assert.equal(service("cart")?.sessionAffinity, undefined);
  });

  it("uses a ServiceAccount that exists, and makes none", async () => {
    const { spec } = await make({ serviceAccount: { name: "internal-app", create: false } });
    assert.equal(spec.template.spec.serviceAccountName, "internal-app");
    assert.ok(!made.has("kubernetes:core/v1:ServiceAccount cart"));
  });

  it("lets single fields of the restricted default be replaced", async () => {
    const { spec, container } = await make({
      podSecurityContext: { fsGroup: 1000 },
      securityContext: { readOnlyRootFilesystem: false },
    });
    assert.equal(spec.template.spec.securityContext.fsGroup, 1000);
    assert.equal(spec.template.spec.securityContext.runAsNonRoot, true);
    assert.equal(container.securityContext.readOnlyRootFilesystem, false);
    assert.equal(container.securityContext.allowPrivilegeEscalation, false);
  });

  it("prefers nodes and zones without another of its pods, unless the user says otherwise", async () => {
    const affinity = async (args = {}) => (await make(args)).spec.template.spec.affinity;
    const labels = { "app.kubernetes.io/name": "cart", "app.kubernetes.io/instance": "cart" };
    const rather = (topologyKey: string) => ({
      weight: 100,
      podAffinityTerm: { topologyKey, labelSelector: { matchLabels: labels } },
    });
    const podAntiAffinity = {
      preferredDuringSchedulingIgnoredDuringExecution: [
        rather("kubernetes.io/hostname"),
        rather("topology.kubernetes.io/zone"),
      ],
    };
    assert.deepEqual(await affinity(), { podAntiAffinity });
    const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [] } };
    for (const given of [{ nodeAffinity }, pulumi.output({ nodeAffinity })]) {
      assert.deepEqual(await affinity({ affinity: given }), { podAntiAffinity, nodeAffinity });
    }
    assert.deepEqual(await affinity({ affinity: { podAntiAffinity: {} } }), { podAntiAffinity: {} });
  });

  it("keeps its own labels where the user gives the same ones to the pods", async () => {
    const { spec } = await make({ podLabels: { "app.kubernetes.io/name": "other", team: "shop" } });
    assert.equal(spec.template.metadata.labels["app.kubernetes.io/name"], "cart");
    assert.equal(spec.template.metadata.labels.team, "shop");
  });

  it("takes zero replicas for what they are", async () => {
    const { app, spec } = await make({ replicas: 0 });
    assert.equal(spec.replicas, 0);
    assert.deepEqual(await valueOf(app.podNames), []);
  });

  it("has a Service for each pod, with the ordinals of the pods, and names them all", async () => {
    const { app, spec } = await make({ ordinals: { start: 1 }, podServices: { type: "NodePort" } });
    assert.deepEqual(spec.ordinals, { start: 1 });
    for (const pod of ["cart-1", "cart-2"]) {
      assert.deepEqual(service(pod)?.selector, { "statefulset.kubernetes.io/pod-name": pod });
    }
    const { podNames, podDnsNames, claimNames, podServices } = await valueOf(pulumi.output(app.outputs()));
    assert.deepEqual(podNames, ["cart-1", "cart-2"]);
    assert.deepEqual(podDnsNames, ["cart-1.cart.shop.svc.cluster.local", "cart-2.cart.shop.svc.cluster.local"]);
    assert.deepEqual(claimNames, ["data-cart-1", "data-cart-2"]);
    assert.deepEqual(podServices, ["cart-1", "cart-2"]);
    const addresses = "kubectl --namespace shop get services --selector app.kubernetes.io/instance=cart";
    assert.ok((await valueOf(nextSteps("cart", app, "ClusterIP", ""))).includes(addresses));
  });

  it("lets a program change the Services of its pods", async () => {
    made.clear();
    const podServices = (given: k8s.core.v1.ServiceArgs) => ({ ...given, spec: { type: "NodePort" } });
    const app = new StatefulApp("cart", { ...args, podServices: {} }, { transform: { podServices } });
    await valueOf(pulumi.output(app.outputs()));
    assert.deepEqual(
      ["cart", "cart-0", "cart-1"].map((name) => service(name)?.type),
      [undefined, "NodePort", "NodePort"],
    );
  });

  it("keeps as many revisions as it is told, and starts the container where it is told", async () => {
    const { spec, container } = await make({ revisionHistoryLimit: 0, workingDir: "/srv" });
    assert.equal(spec.revisionHistoryLimit, 0);
    assert.equal(container.workingDir, "/srv");
  });

  it("says how to reach it and where its data is", async () => {
    const { app } = await make({ service: { port: 80 } });
    assert.deepEqual(await valueOf(pulumi.output(app.outputs())), {
      namespace: "shop",
      statefulSet: "cart",
      headlessService: "cart",
      service: "cart-http",
      podServices: [],
      port: 80,
      url: "http://cart-http.shop.svc.cluster.local:80",
      addresses: { http: "cart-http.shop.svc.cluster.local:80" },
      podNames: ["cart-0", "cart-1"],
      podDnsNames: ["cart-0.cart.shop.svc.cluster.local", "cart-1.cart.shop.svc.cluster.local"],
      claimNames: ["data-cart-0", "data-cart-1"],
    });
  });

  for (const [image, version] of [
    ["cart", "latest"],
    ["registry.example:5000/cart", "latest"],
    ["registry.example:5000/cart:1.2", "1.2"],
    [`cart@sha256:${"0123456789abcdef".repeat(4)}`, "0123456789ab"],
  ] as const) {
    it(`takes ${version} as the version of ${image}`, async () => {
      const { spec } = await make({ image });
      assert.equal(spec.template.metadata.labels["app.kubernetes.io/version"], version);
    });
  }
});
