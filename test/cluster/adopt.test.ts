import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { helm } from "../helm";
import { cluster, useCluster } from "./sharedCluster";
import { assertUnchanged, Project, providersUpdated, run } from "./support";

describe("a StatefulSet that somebody else made", function () {
  this.timeout("20m");
  const claims = { counts: { size: "16Mi", mountPath: "/app/data" } };
  const readinessProbe = { httpGet: { path: "/healthcheck" }, periodSeconds: 1 };
  const app = { image: "localhost/app-go:1.0.0", replicas: 2, claims, readinessProbe };
  const key = { valueFrom: { secretKeyRef: { name: "keys", key: "one" } } };
  const ofHelm = new Project(cluster, "adopted", {
    apps: { "shop-visits": { ...app, env: { KEY: key }, updateStrategy: { type: "OnDelete" } } },
    existingSecrets: ["keys"],
  });
  const ofKubectl = new Project(cluster, "adopted-too", {
    apps: { plain: { ...app, claims: { data: claims.counts } } },
  });
  useCluster([ofHelm, ofKubectl]);

  const folder = mkdtempSync(join(tmpdir(), "stateful-apps-helm-"));
  let program: string;
  const runHelm = (...args: string[]) =>
    run(program, ["--namespace", "adopted", ...args], {
      env: { ...ofHelm.env, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder },
    });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  const adopt = (project: Project, ...args: string[]) =>
    run("npm", ["run", "--silent", "adopt", "--", "--stack", "test", ...args], {
      cwd: project.folder,
      env: project.env,
    });
  /** The UIDs of objects, with the restarts of pods. */
  const uids = async (project: Project, kind: string) => {
    const columns = "custom-columns=N:.metadata.name,U:.metadata.uid,R:.status.containerStatuses[*].restartCount";
    return (await project.kubectl("get", kind, "--no-headers", "--output", columns)).trim().split("\n").sort();
  };
  const counts = async (project: Project, name: string) => {
    const visits = [0, 1].map((i) => project.get("pods", `${name}-${String(i)}`, 8080, "/visits"));
    return (await Promise.all(visits)).map(Number);
  };

  describe("with Helm", () => {
    const name = "shop-visits";
    let pods: string[];
    let volumes: string[];
    let services: string[];

    before(async () => {
      program = await helm();
      await runHelm("install", "shop", join(__dirname, "charts/visits"), "--create-namespace", "--wait");
      await ofHelm.get("pods", `${name}-0`, 8080);
      await ofHelm.get("pods", `${name}-1`, 8080);
      await ofHelm.get("pods", `${name}-1`, 8080);
      pods = await uids(ofHelm, "pods");
      volumes = await uids(ofHelm, "persistentvolumeclaims");
      services = await uids(ofHelm, "services");
    });
    const assertUntouched = async () => {
      assert.deepEqual(await uids(ofHelm, "pods"), pods);
      assert.deepEqual(await uids(ofHelm, "services"), services);
      assert.match(await runHelm("list"), /shop\s.*deployed/);
      assert.match(await ofHelm.kubectl("get", "statefulset", name, "-o", "yaml"), /managed-by: Helm/);
    };

    it("is refused by up, and taken over neither without a question nor with another volume", async () => {
      await assert.rejects(ofHelm.up(), /requires a StatefulSet shop-visits.*created by Helm/s);
      await assert.rejects(adopt(ofHelm, name), /Nobody can be asked here; nothing was changed/);
      await ofHelm.pulumi("config", "set", "--path", `apps.${name}.claims.counts.size`, "8Mi");
      await assert.rejects(adopt(ofHelm, name, "--yes"), /size is 8Mi; the claim counts-shop-visits-0 has 16Mi/);
      await ofHelm.pulumi("config", "set", "--path", `apps.${name}.claims.counts.size`, "16Mi");
      await assert.rejects(
        adopt(ofHelm, name, "--yes"),
        /"keys"; it must be the name of a Secret in the namespace adopted/,
      );
      await assertUntouched();
    });

    it("stays as it is if the answer to the question is no", async () => {
      await ofHelm.kubectl("create", "secret", "generic", "keys", "--from-literal=one=1");
      // A terminal, without which nobody is asked.
      const command = ["-qec", `npm run --silent adopt -- --stack test ${name}`, "/dev/null"];
      const output = await run("script", command, { cwd: ofHelm.folder, env: ofHelm.env, input: "n\n" });
      assert.match(output, /replaces the Service shop-visits,.*Go on\? \[y\/N\]/s);
      await assertUntouched();
    });

    it("becomes the stack's while its pods run on, and is nothing to Helm any longer", async () => {
      const output = await adopt(ofHelm, name, "--yes");
      const [, words = ""] =
        /```\nIn the namespace.*?\n(.*?)Go on/s.exec(readFileSync("docs/ownership.md", "utf8")) ?? [];
      assert.ok(words.split("\n").length > 5 && output.includes(words), output);
      assert.deepEqual(await uids(ofHelm, "pods"), pods);
      assert.deepEqual(await counts(ofHelm, name), [1, 2]);
      assert.doesNotMatch(await runHelm("list", "--all-namespaces"), /shop/);
      await assert.rejects(runHelm("uninstall", "shop"), /not found/);
      assertUnchanged(await ofHelm.up(), providersUpdated);
      const service = (service: string) => ofHelm.get("services", service, "http", "/visits");
      for (const found of [name, `${name}-http`, `${name}-headless`]) assert.match(await service(found), /^[12]\s*$/);
    });

    it("rolls with its data, and outlives the stack's destruction", async () => {
      await ofHelm.pulumi("config", "rm", "--path", `apps.${name}.updateStrategy`);
      await ofHelm.up();
      assert.equal((await uids(ofHelm, "pods")).filter((pod) => pods.includes(pod)).length, 0);
      assert.deepEqual(await counts(ofHelm, name), [1, 2]);
      await ofHelm.destroy();
      assert.deepEqual(await uids(ofHelm, "persistentvolumeclaims"), volumes);
      await ofHelm.up();
      assert.deepEqual(await counts(ofHelm, name), [1, 2]);
    });
  });

  it("with kubectl becomes the stack's too, also after the command was killed", async () => {
    const labels = { app: "plain" };
    const manifest = {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "plain", namespace: "adopted-too" },
      spec: {
        serviceName: "plain",
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            securityContext: { fsGroup: 65532 },
            containers: [
              {
                name: "app",
                image: app.image,
                readinessProbe: { httpGet: { path: "/healthcheck", port: 8080 }, periodSeconds: 1 },
                volumeMounts: [{ name: "data", mountPath: "/app/data" }],
              },
            ],
          },
        },
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "16Mi" } } },
          },
        ],
      },
    };
    await cluster.kubectl("create", "namespace", "adopted-too");
    await ofKubectl.kubectlWithInput(JSON.stringify(manifest), "apply", "-f", "-");
    await ofKubectl.kubectl("rollout", "status", "statefulset/plain", "--timeout=5m");
    for (const pod of ["plain-0", "plain-1"]) await ofKubectl.get("pods", pod, 8080);
    await assert.rejects(adopt(ofKubectl, "other", "--yes"), /stateful-apps:apps has no other/);
    // What a run that was killed right after that leaves.
    await ofKubectl.kubectl("delete", "statefulset", "plain", "--cascade=orphan");
    await adopt(ofKubectl, "plain", "--yes");
    assert.deepEqual(await counts(ofKubectl, "plain"), [1, 1]);
    assertUnchanged(await ofKubectl.up(), providersUpdated);
  });
});
