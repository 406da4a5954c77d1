import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { KubeCluster } from "../../live/kubeCluster";
import { useEngine } from "./support/engine";

const quoted = (text: string) => JSON.stringify(text);
/** How the API server says that kinds are reached. */
const resources = [
  { kind: "Service", name: "services", namespaced: true },
  { kind: "StatefulSet", name: "statefulsets", namespaced: true },
  { kind: "Ingress", name: "ingresses", namespaced: true },
  { kind: "ClusterRole", name: "clusterroles", namespaced: false },
];
const noRight = (namespace: string) =>
  `services is forbidden: User "ann" cannot create resource "services" in API group "" in the namespace ${quoted(namespace)}`;

describe("the validation of an object", () => {
  let server: Server;
  /** What the API server answers, by namespace: a code and a message. */
  let answers: Record<string, readonly [number, string]>;
  let requests: { url: URL; body: unknown }[];

  before(() => useEngine());

  beforeEach(async () => {
    requests = [];
    answers = {};
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        const url = new URL(request.url ?? "", "http://cluster");
        if (request.method === "GET") {
          response.writeHead(200, { "content-type": "application/json" });
          response.end(JSON.stringify({ kind: "APIResourceList", groupVersion: "", resources }));
          return;
        }
        requests.push({ url, body: JSON.parse(body) });
        const [, namespace = ""] = /namespaces\/([^/]+)/.exec(url.pathname) ?? [];
        const [code, message] = answers[namespace] ?? [201, "created"];
        response.writeHead(code, { "content-type": "application/json" });
        response.end(JSON.stringify({ kind: "Status", code, message }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  function kubeCluster(namespace?: string) {
    const { port } = server.address() as AddressInfo;
    const kubeconfig = JSON.stringify({
      "current-context": "shop",
      clusters: [
        { name: "shop", cluster: { server: `http://127.0.0.1:${String(port)}`, "insecure-skip-tls-verify": true } },
      ],
      users: [{ name: "ann", user: { token: "secret" } }],
      contexts: [{ name: "shop", context: { cluster: "shop", user: "ann", namespace } }],
    });
    return new KubeCluster({ kubeconfig }, { attemptLimit: 2000, attempts: 1, pause: 1 });
  }
  const validate = (object: object, namespace?: string) => kubeCluster(namespace).validate(object, false);

  const service = { apiVersion: "v1", kind: "Service", metadata: { name: "cart", namespace: "shop" }, spec: { a: 1 } };
  const places = () => requests.map(({ url }) => url.pathname);

  it("is a dry run of its creation in its namespace, in which unknown fields are mistakes", async () => {
    answers.shop = [
      400,
      'Service in version "v1" cannot be handled as a Service: strict decoding error: unknown field "spec.a"',
    ];
    assert.deepEqual(await kubeCluster().validate(service, true), { invalid: answers.shop[1] });
    assert.deepEqual(places(), ["/api/v1/namespaces/shop/services"]);
    assert.equal(requests[0]?.url.searchParams.get("fieldValidation"), "Strict");
  });

  it("is a dry run in another namespace if its own does not exist, with every field as it is", async () => {
    assert.deepEqual(await validate(service), {});
    assert.equal(requests[0]?.url.pathname, "/api/v1/namespaces/default/services");
    assert.equal(requests[0].url.search, "?dryRun=All&fieldValidation=Strict");
    assert.deepEqual(requests[0].body, { ...service, metadata: { name: "cart", namespace: "default" } });
    await validate({ ...service, apiVersion: "apps/v1", kind: "StatefulSet" });
    assert.equal(requests[1]?.url.pathname, "/apis/apps/v1/namespaces/default/statefulsets");
    await validate({ ...service, apiVersion: "networking.k8s.io/v1", kind: "Ingress" });
    assert.equal(requests[2]?.url.pathname, "/apis/networking.k8s.io/v1/namespaces/default/ingresses");
  });

  for (const [code, message] of [
    [
      422,
      'Service "cart" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    ],
    [422, 'StatefulSet.apps "cart" is invalid: [spec.template: Required value, spec.replicas: Invalid value: -1]'],
    [400, 'Service in version "v1" cannot be handled as a Service: json: cannot unmarshal string into Go struct field'],
  ] as const) {
    it(`finds it invalid: ${message}`, async () => {
      answers.default = [code, message];
      assert.deepEqual(await validate(service), { invalid: message });
    });
  }

  it("finds nothing wrong if the other namespace has an object of that name", async () => {
    answers.default = [409, 'services "cart" already exists'];
    assert.deepEqual(await validate(service), {});
  });

  for (const [code, message] of [
    [
      403,
      'services "cart" is forbidden: exceeded quota: small, requested: services=1, used: services=5, limited: services=5',
    ],
    [403, 'admission webhook "policy.example.org" denied the request: Service "cart" is invalid: no team'],
    [422, 'admission webhook "policy.example.org" denied the request: Service "cart" is invalid: no team'],
    [422, `services "cart" is forbidden: ValidatingAdmissionPolicy 'team' with binding 'team' denied request: no team`],
    [400, 'admission webhook "policy.example.org" does not support dry run'],
    [500, 'Internal error occurred: failed calling webhook "policy.example.org": connection refused'],
    [404, 'namespaces "default" not found'],
  ] as const) {
    it(`does not know, and goes on: ${String(code)} ${message}`, async () => {
      answers.default = [code, message];
      assert.deepEqual(await validate(service, "team"), { unchecked: message });
      assert.equal(requests.length, 1);
    });
  }

  it("takes the namespace of the context if the user must not create objects in default", async () => {
    answers.default = [403, noRight("default")];
    answers.team = [422, 'Service "cart" is invalid: spec.ports: Required value'];
    assert.deepEqual(await validate(service, "team"), { invalid: answers.team[1] });
    assert.deepEqual(places(), ["/api/v1/namespaces/default/services", "/api/v1/namespaces/team/services"]);
  });

  it("does not take the namespace that does not exist, and says what the user must not do", async () => {
    answers.default = [403, noRight("default")];
    assert.deepEqual(await validate(service, "shop"), { unchecked: noRight("default") });
    assert.deepEqual(places(), ["/api/v1/namespaces/default/services"]);
    assert.deepEqual(await validate(service), { unchecked: noRight("default") });
  });

  it("knows which kinds there are, and which are in a namespace", async () => {
    const cluster = kubeCluster();
    assert.deepEqual(await cluster.kind("networking.k8s.io/v1", "Ingress"), { isNamespaced: true });
    assert.deepEqual(await cluster.kind("rbac.authorization.k8s.io/v1", "ClusterRole"), { isNamespaced: false });
    assert.equal(await cluster.kind("v1", "Cart"), undefined);
  });

  for (const [code, message, expected] of [
    [401, "Unauthorized", 'The cluster of the context "shop" refuses the credentials (401 Unauthorized)'],
    [429, "too many requests", 'The cluster of the context "shop" does not answer (too many requests)'],
    [500, "etcd has no leader", 'The cluster of the context "shop" does not answer (etcd has no leader)'],
  ] as const) {
    it(`ends an update without an answer: ${String(code)} ${message}`, async () => {
      answers.default = [code, message];
      await assert.rejects(validate(service), ({ message }: Error) => message === expected);
    });
  }
});
