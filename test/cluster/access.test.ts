import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { createInterface } from "node:readline";
import { parse, stringify } from "yaml";
import { cluster, useCluster } from "./sharedCluster";
import { assertUnchanged, Cluster, Project, root, run, soonDeadline } from "./support";

interface Kubeconfig {
  "current-context": string;
  clusters: { name: string; cluster: { server: string; "certificate-authority-data"?: string } }[];
  users: { name: string; user: object }[];
  contexts: { name: string; context: { cluster: string; user: string } }[];
}

describe("access to the cluster", function () {
  this.timeout("20m");
  const config = {
    apps: {
      web: {
        image: "localhost/app-go:1.0.0",
        readinessProbe: { httpGet: { path: "/healthcheck" }, periodSeconds: 1 },
        replicas: 1,
        claims: { data: { size: "16Mi", mountPath: "/app/data" } },
        env: { TOKEN: { valueFrom: { secretKeyRef: { name: "made", key: "token" } } } },
        volumes: { config: { configMap: { name: "config" }, mountPath: "/config" } },
        jobs: { before: { check: { image: "localhost/busybox:built", command: ["true"] } } },
      },
    },
    configMaps: { config: { a: "1" } },
    secrets: { made: { token: { generate: 24 } } },
  };
  const project = new Project(cluster, "rights", config);
  const files = new Project(cluster, "files", { apps: { web: { image: "localhost/app-go:1.0.0", replicas: 0 } } });
  useCluster([project, files]);

  /** The same cluster with other variables in the environment. */
  const reachedBy = (env: NodeJS.ProcessEnv) => Object.assign(new Cluster(), { env: { ...cluster.env, ...env } });
  const kubeconfig = () => parse(readFileSync(cluster.env.KUBECONFIG ?? "", "utf8")) as Kubeconfig;

  describe("with the account of a pod that has the rights of docs/role.yaml", () => {
    let podFiles: string;

    before(async () => {
      await cluster.kubectl("create", "namespace", "rights");
      await project.kubectl("apply", "-f", join(root, "docs/role.yaml"));
      await project.kubectl("create", "serviceaccount", "deployer");
      await project.kubectl(
        "create",
        "rolebinding",
        "deployer",
        "--role=stateful-apps",
        "--serviceaccount=rights:deployer",
      );
      podFiles = join(project.folder, "pod");
      mkdirSync(podFiles);
      writeFileSync(join(podFiles, "token"), (await project.kubectl("create", "token", "deployer")).trim());
      const authority = kubeconfig().clusters[0]?.cluster["certificate-authority-data"] ?? "";
      writeFileSync(join(podFiles, "ca.crt"), Buffer.from(authority, "base64"));
    });

    /** Runs Pulumi where Kubernetes' files are, as in a pod, and no kubeconfig is. */
    async function inPod(...args: string[]): Promise<string> {
      const { hostname, port } = new URL(kubeconfig().clusters[0]?.cluster.server ?? "");
      const folder = "/run/secrets/kubernetes.io/serviceaccount";
      const script = `mount -t tmpfs tmpfs /run && mkdir -p ${folder} && cp ${podFiles}/* ${folder} && exec "$@"`;
      const env = {
        ...project.env,
        HOME: project.folder,
        PULUMI_HOME: process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"),
        KUBECONFIG: undefined,
        KUBERNETES_SERVICE_HOST: hostname,
        KUBERNETES_SERVICE_PORT: port,
      };
      const command = ["sh", "-c", script, "sh", "pulumi", ...args, "--stack", "test", "--non-interactive"];
      return run("unshare", ["--mount", ...command], { cwd: project.folder, env });
    }

    it("previews and makes everything", async () => {
      assert.match(await inPod("preview"), /not allowed to list Secrets.* stay, also.*\d+ to create/s);
      const output = await inPod("up", "--yes", "--skip-preview");
      assert.match(output, /kubectl --namespace rights/);
      assertUnchanged(await inPod("up", "--yes"));
    });

    it("changes everything, and shows why a rollout fails", async () => {
      await project.pulumi("config", "set", "--path", "configMaps.config.a", "2");
      await project.pulumi("config", "set", "--path", "apps.web.progressDeadlineSeconds", soonDeadline);
      await project.pulumi("config", "set", "--path", "apps.web.command[0]", "/missing");
      await assert.rejects(inPod("up", "--yes", "--skip-preview"), /web is not ready.*web-0: container web: /s);
      for (const setting of ["command", "progressDeadlineSeconds"]) {
        await project.pulumi("config", "rm", "--path", `apps.web.${setting}`);
      }
      await inPod("up", "--yes", "--skip-preview");
    });

    it("removes everything, and finds it again", async () => {
      const secret = await project.kubectl("get", "secret", "made", "-o", "jsonpath={.data}");
      await inPod("destroy", "--yes");
      assert.match(await project.kubectl("get", "statefulsets,services,configmaps"), /kube-root-ca.crt/);
      await inPod("up", "--yes", "--skip-preview");
      assert.equal(await project.kubectl("get", "secret", "made", "-o", "jsonpath={.data}"), secret);
      await inPod("destroy", "--yes");
    });
  });

  it("takes several kubeconfigs as kubectl does, and destroys where they lie elsewhere", async () => {
    const file = (name: string) => join(files.folder, name);
    const first = kubeconfig();
    const second = structuredClone(first);
    second["current-context"] = "other";
    second.contexts = second.contexts.map(({ context }) => ({ name: "other", context }));
    second.clusters = second.clusters.map(({ cluster }) => ({
      name: first.clusters[0]?.name ?? "",
      cluster: { ...cluster, server: "https://127.0.0.1:1" },
    }));
    writeFileSync(file("a"), stringify(first));
    writeFileSync(file("b"), stringify(second));
    files.cluster = reachedBy({ KUBECONFIG: [file("missing"), file("a"), file("b")].join(delimiter) });
    const output = await files.upWithPreview();
    assert.ok(output.includes(`--context ${await files.cluster.context()} `));

    renameSync(file("a"), file("c"));
    files.cluster = reachedBy({ KUBECONFIG: file("c") });
    assertUnchanged(await files.pulumi("refresh", "--yes"));
    await files.destroy();
    assert.equal(await files.kubectl("get", "statefulsets", "-o", "name"), "");
  });

  /** A kubeconfig for the cluster with another address. */
  function kubeconfigFor(server: string): string {
    const changed = kubeconfig();
    changed.clusters = changed.clusters.map(({ name, cluster }) => ({ name, cluster: { ...cluster, server } }));
    const path = join(files.folder, "changed");
    writeFileSync(path, stringify(changed));
    return path;
  }

  it("goes through the proxy of the environment", async () => {
    const { hostname, port } = new URL(kubeconfig().clusters[0]?.cluster.server ?? "");
    const proxy = createServer();
    proxy.on("connect", (_, client) => {
      const server = connect(Number(port), hostname, () => {
        client.write("HTTP/1.1 200 OK\r\n\r\n");
        server.pipe(client).pipe(server);
      });
      for (const end of [client, server]) end.on("error", () => server.destroy());
    });
    await once(proxy.listen(0, "127.0.0.1"), "listening");
    const address = `http://127.0.0.1:${String((proxy.address() as AddressInfo).port)}`;
    // A name in the certificate that only the proxy can resolve.
    const KUBECONFIG = kubeconfigFor(`https://kubernetes.default.svc:${port}`);
    files.cluster = reachedBy({ KUBECONFIG, HTTPS_PROXY: address });
    await files.upWithPreview();
    await files.destroy();
    proxy.close();
  });

  it("needs no TLS", async () => {
    const proxy = spawn("kubectl", ["proxy", "--port=0"], { env: cluster.env, stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(createInterface(proxy.stdout), "line")) as [string];
    files.cluster = reachedBy({ KUBECONFIG: kubeconfigFor(`http://${/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? ""}`) });
    await files.upWithPreview();
    await files.destroy();
    proxy.kill();
  });
});
