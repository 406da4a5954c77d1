import assert from "node:assert/strict";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { cluster, useCluster } from "./sharedCluster";
import { assertUnchanged, Project, providersUpdated, run } from "./support";

describe("nobody's objects and nobody's data", function () {
  this.timeout("20m");
  const claims = { data: { size: "16Mi", mountPath: "/app/data" } };
  const readinessProbe = { httpGet: { path: "/healthcheck" }, periodSeconds: 1 };
  const web = { image: "localhost/app-go:1.0.0", claims, readinessProbe };
  const other = { image: "localhost/app-go:1.0.0", replicas: 0, serviceAccount: { name: "shared", create: false } };
  const config = {
    apps: { web: { ...web, serviceAccount: { name: "shared" } }, other },
    secrets: { made: { token: { generate: 24 } } },
  };
  /** One stack, and another clone with a stack of the same name and settings. */
  const first = new Project(cluster, "owned", config);
  const second = new Project(cluster, "owned", config);
  useCluster([first, second]);

  const visits = async () => (await first.get("pods", "web-0", 8080, "/visits")).trim();
  const uid = () => first.kubectl("get", "pod", "web-0", "-o", "jsonpath={.metadata.uid}");
  const secret = (name: string) => first.kubectl("get", "secret", name, "-o", "jsonpath={.data}");
  const setSecret = (project: Project, value: string) =>
    project.pulumi("config", "set", "--secret", "--path", "secrets.mine.password", value);
  const base64 = (text: string) => Buffer.from(text).toString("base64");

  before(async () => {
    await setSecret(first, "first-value");
    await first.up();
    await first.get("pods", "web-0", 8080);
    await setSecret(second, "second-value");
  });

  it("refuses a second clone's stack of the same name, however often it tries, and its destroy touches nothing", async () => {
    const [mine, pod] = [await secret("mine"), await uid()];
    const refusal = /created by the stack stateful-apps-test whose identity is \S+.*npm run recover -- --take-over/s;
    await assert.rejects(second.pulumi("preview"), refusal);
    await assert.rejects(second.pulumi("up", "--yes", "--skip-preview"), refusal);
    await assert.rejects(second.pulumi("up", "--yes", "--skip-preview"), refusal);
    await assert.rejects(second.recover(), refusal);
    await second.destroy();
    assert.deepEqual([await secret("mine"), await uid(), await visits()], [mine, pod, "1"]);
    assertUnchanged(await first.up());
  });

  it("finds everything again after a destroy, where the second clone is refused", async () => {
    const generated = await secret("made");
    await first.destroy();
    await assert.rejects(second.up(), /secrets\.made requires a Secret made, but one exists already/);
    await second.pulumi("config", "rm", "secrets");
    await assert.rejects(
      second.up(),
      /would use data-web-0 \(16Mi, created at \S+ by a stack whose identity is \S+\).*adoptClaims: \[data-web-0\]/s,
    );
    await first.up();
    assert.deepEqual([await secret("made"), await visits()], [generated, "1"]);
  });

  it("keeps everything, and every pod, when the stack gets another name", async () => {
    const pod = await uid();
    await first.pulumi("stack", "rename", "renamed");
    const output = await first.pulumiOf("renamed", "up", "--yes");
    assertUnchanged(output);
    await first.pulumiOf("renamed", "stack", "rename", "test");
    assert.equal(await uid(), pod);
  });

  it("takes over from another state when that one is named, without a restart", async () => {
    const pod = await uid();
    const id = await first.pulumi("stack", "output", "stackId");
    await setSecret(second, "first-value");
    await second.pulumi("config", "set", "--path", "secrets.made.token.generate", "24");
    const output = await second.recover("--take-over", id.trim());
    assert.match(output, /Taken up:.*StatefulSet +owned\/web/s);
    assert.equal(await uid(), pod);
    await assert.rejects(first.pulumi("preview"), /created by the stack stateful-apps-test whose identity is/);
    // And back, so that the tests below have it.
    const idOfSecond = await second.pulumi("stack", "output", "stackId");
    await first.recover("--take-over", idOfSecond.trim());
    assertUnchanged(await first.up(), providersUpdated);
    assert.deepEqual([await uid(), await visits()], [pod, "1"]);
  });

  it("does not take config that is missing, or under another prefix, for config without apps", async () => {
    const content = readFileSync(first.stackFile, "utf8");
    renameSync(first.stackFile, `${first.stackFile}.away`);
    await assert.rejects(first.up(), /stateful-apps:apps is missing, and the last deployment had/);
    writeFileSync(first.stackFile, content.replaceAll("stateful-apps:", "statefulapps:"));
    await assert.rejects(first.up(), /statefulapps:apps must have the prefix stateful-apps:/);
    writeFileSync(first.stackFile, content);
    assertUnchanged(await first.up());
  });

  it("changes a Secret from set to generated and back", async () => {
    await first.pulumi("config", "set", "--path", "secrets.mine.token.generate", "32");
    await first.up();
    await first.pulumi("config", "rm", "--path", "secrets.mine.token");
    await first.pulumi("config", "set", "--secret", "--path", "secrets.mine.token", "third-value");
    await first.up();
    assert.deepEqual(JSON.parse(await secret("mine")), {
      password: base64("first-value"),
      token: base64("third-value"),
    });
    await first.pulumi("config", "rm", "--path", "secrets.mine.token");
    await first.up();
    assert.deepEqual(JSON.parse(await secret("mine")), { password: base64("first-value") });
  });

  it("takes back what was changed by hand, with --refresh", async () => {
    await first.kubectl("scale", "statefulset", "other", "--replicas=1");
    await first.kubectl("set", "env", "statefulset/web", "PORT=8081");
    await first.kubectl("label", "service", "web-http", "app.kubernetes.io/version=9", "--overwrite");
    await first.pulumi("config", "set", "--path", "apps.web.env.PORT", "8080");
    await first.pulumi("up", "--yes", "--refresh");
    const specs = await first.kubectl("get", "statefulset", "other", "-o", "jsonpath={.spec.replicas}");
    const port = await first.kubectl("get", "pod", "web-0", "-o", "jsonpath={.spec.containers[0].env[0].value}");
    assert.deepEqual([specs, port], ["0", "8080"]);
  });

  it("refuses to change the replicas that an autoscaler has set, and leaves them alone if it may", async () => {
    const path = "/apis/apps/v1/namespaces/owned/statefulsets/other/scale";
    const scaleTo = async (replicas: number) => {
      const scale = JSON.parse(await cluster.kubectl("get", "--raw", path)) as {
        metadata: { resourceVersion?: string };
        spec: { replicas?: number };
      };
      delete scale.metadata.resourceVersion;
      scale.spec.replicas = replicas;
      const replace = ["replace", "--raw", `${path}?fieldManager=kube-controller-manager`, "-f", "-"];
      await first.kubectlWithInput(JSON.stringify(scale), ...replace);
    };
    await scaleTo(1);
    await assert.rejects(first.up(), /apps\.other\.replicas is 0, and an autoscaler has set 1/);
    await first.pulumi("config", "set", "--path", "apps.other.autoscaled", "true");
    assert.match(await first.up(), /other keeps the number of replicas that an autoscaler has set: 1 instead of 0/);
    assertUnchanged(await first.pulumi("up", "--yes"));
    assert.equal(await first.kubectl("get", "statefulset", "other", "-o", "jsonpath={.spec.replicas}"), "1");
    await first.pulumi("config", "rm", "--path", "apps.other.autoscaled");
    await scaleTo(0);
  });

  it("keeps a ServiceAccount that it made and that pods go on to use", async () => {
    const before = await first.kubectl("get", "serviceaccount", "shared", "-o", "jsonpath={.metadata.uid}");
    await first.pulumi("config", "set", "--path", "apps.web.serviceAccount.create", "false");
    assert.match(await first.up(), /web keeps the ServiceAccount shared/);
    assert.equal(await first.kubectl("get", "serviceaccount", "shared", "-o", "jsonpath={.metadata.uid}"), before);
    await first.pulumi("config", "set", "--path", "apps.other.serviceAccount.create", "true");
    await assert.rejects(first.up(), /apps\.other requires the ServiceAccount shared, which belongs to web/);
    await first.pulumi("config", "set", "--path", "apps.other.serviceAccount.create", "false");
  });

  it("refuses a claim of somebody else's, and uses it when it is named", async () => {
    const claim = {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name: "data-cart-0", namespace: "owned", labels: { "app.kubernetes.io/managed-by": "Helm" } },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "8Mi" } } },
    };
    await first.kubectlWithInput(JSON.stringify(claim), "apply", "-f", "-");
    await first.pulumi("config", "set", "--path", "apps.cart.image", web.image);
    await first.pulumi("config", "set", "--path", "apps.cart.claims.data.size", "8Mi");
    await first.pulumi("config", "set", "--path", "apps.cart.claims.data.mountPath", "/app/data");
    await assert.rejects(first.up(), /apps\.cart\.claims\.data would use data-cart-0 \(8Mi, created at \S+ by Helm\)/);
    await first.pulumi("config", "set", "--path", "adoptClaims[0]", "data-cart-0");
    assert.match(
      await first.up(),
      /adopts the claim data-cart-0 \(8Mi, created at \S+ by Helm\), as adoptClaims allows/,
    );
    await first.pulumi("config", "rm", "adoptClaims");
    assertUnchanged(await first.up());
  });

  it("refuses a job's name that somebody else's Job has", async () => {
    const container = { name: "main", image: "localhost/busybox:built", command: ["true"] };
    const job = {
      apiVersion: "batch/v1",
      kind: "Job",
      metadata: { name: "cart-migrate-0123456789", namespace: "owned" },
      spec: { suspend: true, template: { spec: { restartPolicy: "Never", containers: [container] } } },
    };
    await first.kubectlWithInput(JSON.stringify(job), "apply", "-f", "-");
    await first.pulumi("config", "set", "--path", "apps.cart.jobs.before.migrate.command[0]", "true");
    await assert.rejects(
      first.up(),
      /apps\.cart\.jobs\.before\.migrate requires a Job cart-migrate-0123456789, but one exists already/,
    );
    await first.pulumi("config", "rm", "--path", "apps.cart.jobs");
  });

  it("stops no pod whose claim is being deleted, unless the claim is named", async () => {
    const pod = await uid();
    await first.kubectl("delete", "persistentvolumeclaim", "data-web-0", "--wait=false");
    await first.pulumi("config", "set", "--path", "apps.web.env.A", "b");
    const refusal = /data-web-0 \(16Mi, .*giveUpClaims: \[data-web-0\]/s;
    await assert.rejects(first.pulumi("preview"), refusal);
    await assert.rejects(first.pulumi("up", "--yes", "--skip-preview"), refusal);
    assert.deepEqual([await uid(), await visits()], [pod, "1"]);
    await first.pulumi("config", "set", "--path", "giveUpClaims[0]", "data-web-0");
    await first.up();
    assert.equal(await visits(), "0");
  });

  it("refuses npm start's way by kubectl over what another clone made", async () => {
    const script = `require("./tools/bundle.cjs");
      const { byKubectl } = require("./tools/lib/deployment.ts");
      const web = { apiVersion: "v1", kind: "Service", metadata: { name: "web", namespace: "owned" } };
      byKubectl("test", [web], process.env).catch(({ message }) => console.log(message));`;
    const output = await run("node", ["-e", script], { cwd: second.folder, env: second.env });
    assert.match(output, /contains objects that this clone did not create; nothing was changed\.\n {2}Service web/);
  });
});
