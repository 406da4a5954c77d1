import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { cluster, useCluster } from "./sharedCluster";
import { assertUnchanged, engine, Project, run } from "./support";

interface KubernetesObject {
  kind: string;
  metadata: { name: string };
}

describe("what an engine leaves unfinished, and what no engine made", function () {
  this.timeout("20m");
  const app = (port: number) => ({
    image: "localhost/app-go:1.0.0",
    containerPort: port,
    // Neither in the engine's order nor in that of JavaScript.
    env: { SPARE: "1", PORT: String(port), "10": "$(9)", "9": "nine" },
    readinessProbe: { httpGet: { path: "/healthcheck" }, periodSeconds: 1 },
    claims: {
      logs: { size: "16Mi", mountPath: "/app/logs" },
      data: { size: "16Mi", mountPath: "/app/data" },
      "9": { size: "16Mi", mountPath: "/app/9" },
      "10": { size: "16Mi", mountPath: "/app/10" },
    },
    jobs: { before: { migrate: { image: "localhost/busybox:built", command: ["true"] } } },
  });

  const project = new Project(cluster, "unfinished", {
    replicas: 2,
    apps: { one: app(8080) },
    configMaps: { settings: { greeting: "hello", files: ["files"] } },
    secrets: { made: { password: { generate: 24 } }, set: { files: ["files/bytes"] } },
  });
  useCluster([project]);
  before(() => {
    mkdirSync(join(project.folder, "files"));
    writeFileSync(join(project.folder, "files/text"), "\ufeff \t\r\n\u2028 a: |\0\u001b\n\n");
    writeFileSync(join(project.folder, "files/bytes"), Buffer.from([0xff, 0xfe, 0x00, 0x0a]));
  });

  const count = async (pod: string) => Number(await project.get("pods", pod, 8080, "/visits"));
  const counts = () => Promise.all(["one-0", "one-1"].map(count));

  const render = (...args: string[]) =>
    run("npm", ["run", "--silent", "render", "--", "--stack", "test", ...args], {
      cwd: project.folder,
      env: { ...cluster.env, PULUMI_CONFIG_PASSPHRASE: "test" },
    });

  it("kubectl brings up what render prints", async () => {
    const manifests = await render("--show-secrets");
    await project.kubectlWithInput(manifests, "apply", "--server-side", "--field-manager", "stateful-apps", "-f", "-");
    await project.kubectl("rollout", "status", "statefulset/one", "--timeout=10m");
    for (const ordinal of [0, 1, 1]) await project.get("pods", `one-${String(ordinal)}`, 8080);
    assert.deepEqual(await counts(), [1, 2]);
  });

  it("recover takes up what kubectl made, its data, Secret, pods and finished job included", async () => {
    const uids = () => project.kubectl("get", "pods,jobs", "-o", "jsonpath={.items[*].metadata.uid}");
    const uidsBefore = await uids();
    const secret = () => project.kubectl("get", "secret", "made", "-o", "jsonpath={.data}");
    const before = await secret();
    await assert.rejects(project.up(), /created by a stack stateful-apps-test without an identity.*npm run recover$/ms);
    await project.recover();
    assert.deepEqual(await counts(), [1, 2]);
    assert.equal(await secret(), before);
    assert.equal(await uids(), uidsBefore);
  });

  it("what was taken up is the stack's own: a setting that goes is gone", async () => {
    await project.pulumi("config", "rm", "--path", "apps.one.env.SPARE");
    await project.up();
    const env = await project.kubectl("get", "pod", "one-0", "-o", "jsonpath={.spec.containers[0].env[*].name}");
    assert.equal(env, "9 10 PORT");
  });

  it("kubectl does not overwrite a generated value that the engine made", async () => {
    await project.pulumi("config", "set", "--path", "secrets.other.password.generate", "24");
    await project.up();
    const manifests = await render("--show-secrets");
    const apply = ["apply", "--server-side", "--field-manager", "stateful-apps", "-f", "-"];
    await assert.rejects(
      project.kubectlWithInput(manifests, ...apply),
      /conflict.*stateful-apps-generated.*\.data\.password/s,
    );
  });

  it("render prints what up makes, and nothing else", async () => {
    const rendered = parseAllDocuments(await render("--show-secrets")).map(
      (document) => document.toJS() as KubernetesObject,
    );
    for (const object of rendered) {
      const live = JSON.parse(await project.kubectl("get", object.kind, object.metadata.name, "-o", "json")) as unknown;
      const { data, ...rest } = object as KubernetesObject & { data?: unknown };
      // The engine makes other values up than render derives.
      assertContains(
        live,
        object.metadata.name === "made" || object.metadata.name === "other" ? rest : { ...rest, data },
        `${object.kind} ${object.metadata.name}`,
      );
    }
    const names = rendered
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      .filter((name) => !name.startsWith("Namespace"));
    const kinds = "statefulsets,services,serviceaccounts,networkpolicies,poddisruptionbudgets,configmaps,secrets,jobs";
    const template = '{range .items[*]}{.kind} {.metadata.name}{"\\n"}{end}';
    const selector = "app.kubernetes.io/part-of=stateful-apps-test";
    const live = await project.kubectl("get", kinds, "-l", selector, "-o", `jsonpath=${template}`);
    assert.deepEqual(live.trim().split("\n").sort(), names.sort());
  });

  it("refuses a Service that somebody else made", async () => {
    await project.kubectl("create", "service", "clusterip", "two-http", "--tcp=80");
    await project.pulumi("config", "set", "--path", "apps.two.image", "localhost/app-go:1.0.0");
    await project.pulumi("config", "set", "--path", "apps.two.containerPort", "8080");
    await assert.rejects(project.pulumi("preview"), /apps\.two requires a Service two-http, but one exists already/);
    await project.kubectl("delete", "service", "two-http");
  });

  it("refuses a second up while one runs, and recovers from the death of the first", async () => {
    const first = spawn(engine, ["up", "--yes", "--skip-preview", "--stack", "test", "--non-interactive"], {
      cwd: project.folder,
      env: project.env,
      stdio: "ignore",
    });
    await project.kubectl("wait", "--for=create", "statefulset/two", "--timeout=10m");
    await assert.rejects(project.up(), /the stack is currently locked/);
    first.kill("SIGKILL");
    await once(first, "exit");
    await assert.rejects(project.up(), /the stack is currently locked/);
    await project.recover();
    assert.deepEqual(await counts(), [1, 2]);
    await project.up();
    assertUnchanged(await project.up());
  });

  it("up --refresh brings back a StatefulSet that was deleted behind its back, with its data", async () => {
    await project.kubectl("delete", "statefulset", "one", "--cascade=foreground");
    await project.pulumi("up", "--yes", "--refresh");
    assert.deepEqual(await counts(), [1, 2]);
  });
});

/** Fails where `live` lacks something of `wanted`; it may have more. */
function assertContains(live: unknown, wanted: unknown, path: string): void {
  if (typeof wanted !== "object" || wanted === null) {
    assert.equal(live, wanted, path);
    return;
  }
  if (Array.isArray(wanted)) assert.equal((live as unknown[] | undefined)?.length ?? 0, wanted.length, path);
  for (const [key, value] of Object.entries(wanted)) {
    // An empty list and no list at all are one to the API server.
    if (Array.isArray(value) && value.length === 0) continue;
    assertContains((live as Record<string, unknown> | undefined)?.[key], value, `${path}.${key}`);
  }
}
