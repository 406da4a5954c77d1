import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "../../live/kubeconfig";
import { KubeCluster } from "../../live/kubeCluster";

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
    ["an unknown anchor", `a: 1\nb: *${token}\n`, "The kubeconfig cannot be read: line 2 is not valid YAML."],
    ["an unknown tag", `a: !${token} 1\n`, "The kubeconfig cannot be read: line 1 is not valid YAML."],
    ["broken JSON", `{"token": "${token}"`, "The kubeconfig cannot be read: line 2 is not valid YAML."],
    [
      "a cluster without an address",
      `clusters:\n- name: ${token}\n  cluster: {}\n`,
      "The kubeconfig cannot be read: clusters[0].cluster.server is missing.",
    ],
    ["nothing", "\n", "The kubeconfig cannot be read: its content is not a kubeconfig."],
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
