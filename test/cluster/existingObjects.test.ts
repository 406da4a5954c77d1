import assert from "node:assert/strict";
import { stringify } from "yaml";
import { cluster, useCluster } from "./sharedCluster";
import { assertUnchanged, Project } from "./support";

describe("ConfigMaps and Secrets that somebody else creates", function () {
  this.timeout("20m");
  const namespace = "existing";
  const key = (name: string, key: string) => ({ valueFrom: { secretKeyRef: { name, key } } });
  const web = {
    image: "localhost/app-go:1.0.0",
    replicas: 1,
    readinessProbe: { httpGet: { path: "/healthcheck" }, periodSeconds: 1 },
    env: { PASSWORD: key("db", "password") },
    volumes: { ca: { mountPath: "/ca.crt", subPath: "ca.crt", configMap: { name: "trust" } } },
    jobs: { before: { check: { image: "localhost/busybox:built", command: ["true"], env: { U: key("db", "user") } } } },
  };
  const project = new Project(cluster, namespace, {
    existingSecrets: ["db"],
    existingConfigMaps: ["trust"],
    apps: { web },
  });
  useCluster([project]);

  /** Writes them as another tool does. */
  async function write(secret: Record<string, string>, configMap: Record<string, string>): Promise<void> {
    const objects = [
      { apiVersion: "v1", kind: "Secret", metadata: { name: "db", namespace }, stringData: secret },
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "trust", namespace }, data: configMap },
    ];
    const manifest = objects.map((object) => stringify(object)).join("---\n");
    await project.kubectlWithInput(manifest, "apply", "--server-side", "--field-manager", "another-tool", "-f", "-");
  }

  const uid = () => project.kubectl("get", "pod", "web-0", "-o", "jsonpath={.metadata.uid}");
  const runs = () => project.kubectl("get", "jobs", "-o", "name");

  /** Updates, and gives what changed. */
  async function changedBy(secret: Record<string, string>, configMap: Record<string, string>) {
    const before = { uid: await uid(), runs: await runs() };
    await write(secret, configMap);
    await project.up();
    return { pods: (await uid()) !== before.uid, jobs: (await runs()) !== before.runs };
  }

  it("must exist before anything is changed", async () => {
    await assert.rejects(project.pulumi("preview"), /namespace.*nothing was changed|nothing was changed.*namespace/s);
    await cluster.kubectl("create", "namespace", namespace);
    await assert.rejects(project.up(), /apps\.web\..*"db".*apps\.web\..*"trust"|"trust".*"db"/s);
    await write({ user: "ann" }, { "ca.crt": "one" });
    await assert.rejects(project.up(), /password.*must be a key of the Secret db: user/s);
    assert.equal(await project.kubectl("get", "statefulsets", "-o", "name"), "");
  });

  it("are read, and change nothing while they stay", async () => {
    await write({ user: "ann", password: "secret", other: "1" }, { "ca.crt": "one", other: "1" });
    await project.upWithPreview();
    assertUnchanged(await project.pulumi("up", "--yes", "--refresh"));
  });

  it("restart the readers of what changed, and nothing else", async () => {
    const secret = { user: "ann", password: "secret", other: "2" };
    const configMap = { "ca.crt": "one", other: "2" };
    await project.kubectl("label", "secret/db", "configmap/trust", "touched=yes");
    assert.deepEqual(await changedBy(secret, configMap), { pods: false, jobs: false });
    assert.deepEqual(await changedBy({ ...secret, user: "bob" }, configMap), { pods: false, jobs: true });
    assert.deepEqual((await changedBy({ ...secret, user: "bob" }, { ...configMap, "ca.crt": "two" })).pods, true);
    assert.deepEqual((await changedBy({ ...secret, user: "bob", password: "new" }, configMap)).pods, true);
  });

  it("show nothing of a secret, and outlive the stack as they are", async () => {
    const annotations = await project.kubectl("get", "pod", "web-0", "-o", "jsonpath={.metadata.annotations}");
    assert.match(annotations, /existing-objects/);
    const state = await project.pulumi("stack", "export");
    assert.ok(!state.includes(Buffer.from("new").toString("base64")));
    await project.destroy();
    const [labels, data] = (
      await project.kubectl("get", "secret", "db", "-o", "jsonpath={.metadata.labels} {.data.password}")
    ).split(" ");
    assert.equal(labels, '{"touched":"yes"}');
    assert.equal(data, Buffer.from("new").toString("base64"));
    assert.equal(await project.kubectl("get", "configmap", "trust", "-o", "jsonpath={.data.other}"), "2");
  });
});
