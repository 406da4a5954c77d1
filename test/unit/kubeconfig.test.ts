import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HttpMethod, RequestContext } from "@kubernetes/client-node";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type ClusterAccess, loadKubeconfig } from "../../live/kubeconfig";
import { KubeCluster } from "../../live/kubeCluster";
import { proxyFor } from "../../live/proxy";

const token = "c2VjcmV0LXRva2Vu";
const content = `apiVersion: v1
kind: Config
current-context: shop
clusters: [{ name: shop, cluster: { server: "https://127.0.0.1:1" } }]
users: [{ name: admin, user: { token: ${token} } }]
contexts: [{ name: shop, context: { cluster: shop, user: admin } }]
`;

/** By which the SDK marks a secret among the inputs that it sends to the engine. */
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

describe("a kubeconfig", () => {
  let folder: string;
  let path: string;
  const inputs = new Map<string, Record<string, unknown>>();

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), "stateful-apps-kubeconfig-"));
    path = join(folder, "kubeconfig");
    writeFileSync(path, content);
    await pulumi.runtime.setMocks({
      newResource: (args) => {
        inputs.set(args.name, args.inputs as Record<string, unknown>);
        return { id: args.name, state: {} };
      },
      call: () => ({}),
    });
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** What the engine gets as a provider's kubeconfig. */
  async function sent(name: string, access: ClusterAccess): Promise<unknown> {
    const provider = new k8s.Provider(name, new KubeCluster(access).providerArgs);
    await new Promise((resolve) => provider.urn.apply(resolve));
    return inputs.get(name)?.kubeconfig;
  }

  const isSecret = (value: unknown) => JSON.stringify(value).includes(secretMark);

  it("goes to the provider as a secret when it is content", async () => {
    assert.ok(isSecret(await sent("content", { kubeconfig: content, isSecret: false })));
  });

  it("goes to the provider as a secret when it was set as one", async () => {
    assert.ok(isSecret(await sent("secret-content", { kubeconfig: content, isSecret: true })));
    assert.ok(isSecret(await sent("secret-path", { kubeconfig: path, isSecret: true })));
  });

  it("goes to the provider as it is when it is a path that is not secret", async () => {
    assert.equal(await sent("path", { kubeconfig: path, isSecret: false }), path);
  });

  it("is part of kubectl's options only when it is a path that is not secret", () => {
    const options = (access: ClusterAccess) => new KubeCluster(access).kubectlOptions;
    assert.equal(options({ kubeconfig: path }), `--kubeconfig ${path} --context shop`);
    assert.equal(options({ kubeconfig: path, isSecret: true }), "--context shop");
    assert.equal(options({ kubeconfig: content }), "--context shop");
  });

  function problem(access: ClusterAccess): string {
    try {
      new KubeCluster(access);
    } catch (error) {
      assert.ok(pulumi.RunError.isInstance(error), String(error));
      return error.message;
    }
    assert.fail("this kubeconfig was accepted");
  }

  for (const [name, broken, message] of [
    [
      "broken YAML",
      `users:\n- user: { token: ${token} [\n`,
      "The kubeconfig cannot be read: line 2 is not valid YAML.",
    ],
    ["an unknown anchor", `a: 1\nb: *${token}\n`, "The kubeconfig cannot be read: its content is not a kubeconfig."],
    ["an unknown tag", `a: !${token} 1\n`, "kubernetes:context is not set; the kubeconfig has no context."],
    ["broken JSON", `{"token": "${token}"`, "The kubeconfig cannot be read: line 1 is not valid YAML."],
    [
      "a cluster without an address",
      `clusters:\n- name: ${token}\n  cluster: {}\n`,
      "The kubeconfig cannot be read: clusters[0].cluster.server is missing.",
    ],
    ["nothing", "\n", "kubernetes:context is not set; the kubeconfig has no context."],
    ["text", `${token}\n`, "kubernetes:context is not set; the kubeconfig has no context."],
    ["a list", `- ${token}\n- a\n`, "kubernetes:context is not set; the kubeconfig has no context."],
  ] as const) {
    it(`is not shown by the error about ${name}`, () => {
      assert.equal(problem({ kubeconfig: broken }), message);
      writeFileSync(join(folder, "broken"), broken);
      assert.equal(problem({ kubeconfig: join(folder, "broken") }), message);
    });
  }

  it("has a cluster for its context", () => {
    const kubeconfig = content.replace("cluster: shop", "cluster: basket");
    assert.equal(problem({ kubeconfig }), 'The kubeconfig has no cluster for the context "shop".');
  });

  it("has its path in the error about a missing file, unless the path is secret", () => {
    const missing = join(folder, "missing");
    assert.equal(problem({ kubeconfig: missing }), `The kubeconfig cannot be read: ${missing} (ENOENT).`);
    assert.equal(problem({ kubeconfig: missing, isSecret: true }), "The kubeconfig cannot be read: its file (ENOENT).");
  });
});

const proxyVariables = ["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"].flatMap((name) => [name, name.toLowerCase()]);

/** Tests start without these variables, and leave them as they were. */
function setsEnvironment(...names: string[]): void {
  const saved = new Map<string, string | undefined>();
  const put = (name: string, value?: string) => {
    if (value === undefined) Reflect.deleteProperty(process.env, name);
    else process.env[name] = value;
  };
  beforeEach(() => {
    for (const name of names) {
      saved.set(name, process.env[name]);
      put(name);
    }
  });
  afterEach(() => {
    for (const [name, value] of saved) put(name, value);
  });
}

describe("the kubeconfig that kubectl uses", () => {
  const folder = mkdtempSync(join(tmpdir(), "stateful-apps-kubeconfig-"));
  setsEnvironment("HOME", "KUBECONFIG", "KUBERNETES_SERVICE_HOST", ...proxyVariables);

  before(() => {
    mkdirSync(join(folder, ".kube"));
    for (const name of ["a", "b", "same", ".kube/config"]) writeFileSync(join(folder, name), kubeconfig(name));
    writeFileSync(join(folder, "same"), kubeconfig("a").replaceAll("https://a", "https://same"));
    writeFileSync(join(folder, "no-context"), kubeconfig("none").replace(/current-context: .*\n/, ""));
    writeFileSync(join(folder, "empty"), "");
    writeFileSync(join(folder, "token"), "from-file\n");
  });

  beforeEach(() => {
    process.env.HOME = folder;
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  const kubeconfig = (name: string) => `apiVersion: v1
kind: Config
current-context: ${name}
clusters: [{ name: ${name}, cluster: { server: "https://${name}.test", certificate-authority: ca.crt } }]
users: [{ name: ${name}, user: { tokenFile: token } }]
contexts: [{ name: ${name}, context: { cluster: ${name}, user: ${name} } }]
`;

  for (const [variable, context, server] of [
    [undefined, ".kube/config", "https://.kube/config.test"],
    ["", ".kube/config", "https://.kube/config.test"],
    ["a", "a", "https://a.test"],
    ["a:b", "a", "https://a.test"],
    ["b:a", "b", "https://b.test"],
    ["missing:a", "a", "https://a.test"],
    ["a:same", "a", "https://a.test"],
    ["same:a", "a", "https://same.test"],
    ["no-context:b", "b", "https://b.test"],
    ["empty:a", "a", "https://a.test"],
    [":a:", "a", "https://a.test"],
  ] as const) {
    it(`is that of ${context} if KUBECONFIG is ${String(variable)}`, () => {
      if (variable !== undefined) process.env.KUBECONFIG = variable.replace(/[^:]+/g, (name) => join(folder, name));
      const loaded = loadKubeconfig({});
      assert.equal(loaded.getCurrentContext(), context);
      assert.equal(loaded.getCurrentCluster()?.server, server);
    });
  }

  it("has the contexts of all files", () => {
    process.env.KUBECONFIG = `${join(folder, "a")}:${join(folder, "b")}`;
    assert.equal(loadKubeconfig({ context: "b" }).getCurrentCluster()?.server, "https://b.test");
  });

  it("is left for the provider to find", () => {
    process.env.KUBECONFIG = join(folder, "a");
    const { kubeconfig, context } = new KubeCluster({}).providerArgs;
    assert.deepEqual({ kubeconfig, context }, { kubeconfig: "", context: "a" });
  });

  it("has paths relative to its own folder, and can name the file of a token", async () => {
    process.env.KUBECONFIG = join(folder, "a");
    const loaded = loadKubeconfig({});
    assert.equal(loaded.getCurrentCluster()?.caFile, join(folder, "ca.crt"));
    writeFileSync(join(folder, "ca.crt"), "");
    const request = new RequestContext("https://a.test", HttpMethod.GET);
    await loaded.applySecurityAuthentication(request);
    assert.equal(request.getHeaders().Authorization, "Bearer from-file\n");
  });

  it("can be in the home folder, by its path", () => {
    assert.equal(loadKubeconfig({ kubeconfig: "~/b" }).getCurrentContext(), "b");
  });

  it("is required", () => {
    process.env.KUBECONFIG = join(folder, "missing");
    assert.throws(() => loadKubeconfig({}), /There is no kubeconfig: set KUBECONFIG/);
  });
});

describe("a connection to a cluster", () => {
  it("works without TLS", async () => {
    const server = createServer((_, response) => {
      response.setHeader("Content-Type", "application/json");
      response.end('{"metadata":{"uid":"plain"}}');
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const kubeconfig = content.replace("https://127.0.0.1:1", `http://127.0.0.1:${String(port)}`);
    assert.deepEqual({ ...((await new KubeCluster({ kubeconfig }).namespace("shop")) as object) }, { uid: "plain" });
    server.closeAllConnections();
    server.close();
  });
});

describe("a proxy", () => {
  setsEnvironment(...proxyVariables);

  const proxy = "http://proxy:3128";
  for (const [server, variables, expected] of [
    ["https://k8s.test:6443", {}, undefined],
    ["https://k8s.test:6443", { HTTPS_PROXY: proxy }, proxy],
    ["https://k8s.test:6443", { https_proxy: "proxy:3128" }, proxy],
    ["https://k8s.test:6443", { HTTPS_PROXY: "", https_proxy: proxy }, proxy],
    ["https://k8s.test:6443", { HTTP_PROXY: proxy }, undefined],
    ["http://k8s.test", { HTTP_PROXY: proxy }, proxy],
    ["https://localhost:6443", { HTTPS_PROXY: proxy }, undefined],
    ["https://127.1.2.3:6443", { HTTPS_PROXY: proxy }, undefined],
    ["https://[::1]:6443", { HTTPS_PROXY: proxy }, undefined],
    ["https://k8s.test", { HTTPS_PROXY: proxy, NO_PROXY: "*" }, undefined],
    ["https://k8s.test", { HTTPS_PROXY: proxy, no_proxy: "other, K8s.Test" }, undefined],
    ["https://a.k8s.test", { HTTPS_PROXY: proxy, NO_PROXY: "k8s.test" }, undefined],
    ["https://a.k8s.test", { HTTPS_PROXY: proxy, NO_PROXY: ".k8s.test" }, undefined],
    ["https://a.k8s.test", { HTTPS_PROXY: proxy, NO_PROXY: "*.k8s.test" }, undefined],
    ["https://k8s.test", { HTTPS_PROXY: proxy, NO_PROXY: ".k8s.test" }, proxy],
    ["https://myk8s.test", { HTTPS_PROXY: proxy, NO_PROXY: "k8s.test" }, proxy],
    ["https://k8s.test:6443", { HTTPS_PROXY: proxy, NO_PROXY: "k8s.test:6443" }, undefined],
    ["https://k8s.test:6443", { HTTPS_PROXY: proxy, NO_PROXY: "k8s.test:443" }, proxy],
    ["https://k8s.test", { HTTPS_PROXY: proxy, NO_PROXY: "k8s.test:443" }, undefined],
    ["https://10.1.2.3:6443", { HTTPS_PROXY: proxy, NO_PROXY: "10.0.0.0/8" }, undefined],
    ["https://11.1.2.3:6443", { HTTPS_PROXY: proxy, NO_PROXY: "10.0.0.0/8" }, proxy],
    ["https://10.1.2.3:6443", { HTTPS_PROXY: proxy, NO_PROXY: "10.1.2.3" }, undefined],
    ["https://10.1.2.3:6443", { HTTPS_PROXY: proxy, NO_PROXY: "3,.3,2.3" }, proxy],
    ["https://[fd00::5]:6443", { HTTPS_PROXY: proxy, NO_PROXY: "fd00::/8" }, undefined],
    ["https://[fd00::5]:6443", { HTTPS_PROXY: proxy, NO_PROXY: "[fd00::5]:6443" }, undefined],
    ["https://[fd00::5]:6443", { HTTPS_PROXY: proxy, NO_PROXY: "fd00::5" }, undefined],
    ["https://k8s.test", { HTTPS_PROXY: proxy, NO_PROXY: ",10.0.0.0/99,x/y,:" }, proxy],
  ] as const) {
    it(`for ${server} and ${JSON.stringify(variables)} is ${String(expected)}`, () => {
      Object.assign(process.env, variables);
      assert.equal(proxyFor(server), expected);
    });
  }
});
