import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import { needsEngine } from "../skip";
import { Cluster, Project, root, run } from "./support";

/** A cluster that does not answer: a preview continues without it. */
class DeadCluster extends Cluster {
  readonly folder = mkdtempSync(join(tmpdir(), "stateful-apps-dead-cluster-"));

  constructor() {
    super();
    const kubeconfig = join(this.folder, "kubeconfig");
    const named = { name: "dead" };
    const content = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ ...named, cluster: { server: "https://127.0.0.1:1" } }],
      users: [{ ...named, user: { token: "none" } }],
      contexts: [{ ...named, context: { cluster: "dead", user: "dead" } }],
      "current-context": "dead",
    };
    writeFileSync(kubeconfig, stringify(content));
    this.reachBy({ kubeconfig });
  }
}

const probe = { httpGet: { path: "/" } };

/** An app that all policies accept. */
const db = {
  image: "registry.example/db:1.0.0",
  replicas: 2,
  containerPort: 8080,
  readinessProbe: probe,
  livenessProbe: probe,
  claims: { data: { size: "1Gi", storageClassName: "fast", mountPath: "/data" } },
};

const unbudgeted = { ...db, podDisruptionBudget: { create: false } };

describe("a preview with the policy pack", () => {
  const cluster = new DeadCluster();
  const projects: Project[] = [];

  before(function () {
    needsEngine(this);
  });
  after(() => {
    for (const project of projects) project.remove();
    rmSync(cluster.folder, { recursive: true });
  });

  /** Previews a stack, with the organisation's own settings of the policies if there are any. */
  async function preview(config: Record<string, unknown>, settings?: object): Promise<string> {
    const project = new Project(cluster, "shop", config);
    projects.push(project);
    await project.init();
    const file = join(project.folder, "policies.json");
    if (settings) writeFileSync(file, JSON.stringify(settings));
    return project.pulumi(
      ...["preview", "--policy-pack", join(root, "policy")],
      ...(settings ? ["--policy-pack-config", file] : []),
    );
  }

  const refusal = async (...[config, settings]: Parameters<typeof preview>): Promise<string> =>
    preview(config, settings).then(
      (output) => assert.fail(output),
      (error: unknown) => (error as Error).message,
    );

  it("passes a stack that all policies accept", async () => {
    const output = await preview({ apps: { db } });
    assert.match(output, /✅ stateful-apps@v/);
    assert.doesNotMatch(output, /can't run policy/);
  });

  it("stops with all that is wrong, and names the settings", async () => {
    const { readinessProbe, ...others } = db;
    const output = await refusal({
      podSecurity: "privileged",
      apps: {
        db: {
          ...others,
          image: "registry.example/db",
          securityContext: { privileged: true },
          claims: { data: { size: "1Gi", mountPath: "/data" } },
          persistentVolumeClaimRetentionPolicy: { whenScaled: "Delete" },
        },
      },
    });
    for (const [policy, setting] of Object.entries({
      "privileged-container": "securityContext.privileged",
      "mutable-image-tag": "image",
      "missing-probe": "readinessProbe",
      "claim-without-class": "claims.data.storageClassName",
      "deleted-claim": "persistentVolumeClaimRetentionPolicy.whenScaled",
    })) {
      assert.match(
        output,
        new RegExp(`\\[mandatory\\] +${policy} .*\n.*\n.* Change stateful-apps:apps\\.db\\.${setting}\\.`),
      );
    }
  });

  it("stops for several pods without a PodDisruptionBudget", async () => {
    assert.match(await refusal({ apps: { db: unbudgeted } }), /\[mandatory\] +missing-disruption-budget .*db\)/);
  });

  it("only warns of what the organisation lowers to advisory", async () => {
    const output = await preview({ apps: { db: unbudgeted } }, { "missing-disruption-budget": "advisory" });
    assert.match(output, /\[advisory\] +missing-disruption-budget/);
  });

  it("requires digests if the organisation wants them", async () => {
    const settings = { "mutable-image-tag": { mutableTags: "withoutDigest" } };
    assert.match(await refusal({ apps: { db } }, settings), /it must have a digest/);
  });
});

/** A program that gives a pod an image which a preview does not know, and renders its objects instead of sending them. */
const program = `
const k8s = require("@pulumi/kubernetes");
const { RandomPet } = require("@pulumi/random");
const provider = new k8s.Provider("rendering", { renderYamlToDirectory: "rendered" });
const image = new RandomPet("tag").id.apply(() => "registry.example/tool:latest");
const metadata = { name: "tool", namespace: "shop" };
new k8s.core.v1.Pod("tool", { metadata, spec: { containers: [{ name: "tool", image }] } }, { provider });
`;

describe("a value that a preview does not know", () => {
  const folder = mkdtempSync(join(tmpdir(), "stateful-apps-unknown-"));
  const pulumi = (...args: string[]) => {
    const env = { ...process.env, PULUMI_CONFIG_PASSPHRASE: "test", PULUMI_SKIP_UPDATE_CHECK: "true" };
    return run("pulumi", [...args, "--stack", "test", "--non-interactive"], { cwd: folder, env });
  };
  const withPolicies = ["--policy-pack", join(root, "policy")];

  before(async function () {
    needsEngine(this);
    const project = { name: "tool", runtime: "nodejs", main: "index.js", backend: { url: "file://./.state" } };
    writeFileSync(join(folder, "Pulumi.yaml"), stringify(project));
    writeFileSync(join(folder, "index.js"), program);
    symlinkSync(join(root, "package.json"), join(folder, "package.json"));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    mkdirSync(join(folder, ".state"));
    await pulumi("stack", "init");
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it("passes the preview without a warning", async () => {
    const output = await pulumi("preview", ...withPolicies);
    assert.match(output, /✅ stateful-apps@v/);
    assert.doesNotMatch(output, /can't run policy/);
  });

  it("stops the update before the object is sent", async () => {
    await assert.rejects(
      pulumi("up", "--yes", "--skip-preview", ...withPolicies),
      /\[mandatory\] +mutable-image-tag .*\n.*\n.*Pod shop\/tool: spec\.containers\[0\]\.image/,
    );
    assert.ok(!existsSync(join(folder, "rendered")));
  });
});
