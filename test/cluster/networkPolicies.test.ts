import assert from "node:assert/strict";
import { stringify } from "yaml";
import { needsCluster } from "../skip";
import { Project, run, TestCluster, until } from "./support";

describe("the NetworkPolicies of a stack", function () {
  this.timeout("20m");
  // A cluster of one node does not enforce them.
  const cluster = new TestCluster("policy");
  const app = { image: "localhost/app-python:1.0.0", containerPort: 8000, store: "redis" };
  const project = new Project(cluster, "policed", {
    replicas: 1,
    stores: { redis: { image: "localhost/redis:7.0", size: "64Mi" } },
    apps: { web: { ...app, readinessProbe: { httpGet: { path: "/ready" }, periodSeconds: 1 } } },
  });
  const outside = "unpoliced";

  before("a cluster of its own", async function () {
    this.timeout("60m");
    needsCluster(this, { engine: true });
    await cluster.up("--nodes", "2");
    await project.init();
    await project.up();
    await cluster.kubectl("create", "namespace", outside);
    for (const namespace of ["policed", outside]) await runShell(namespace);
  });
  after(async () => {
    await cluster.remove();
    project.remove();
  });

  /** A pod of nobody, from which a test tries who gets through. */
  async function runShell(namespace: string): Promise<void> {
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { namespace, name: "shell" },
      spec: {
        terminationGracePeriodSeconds: 1,
        securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
        containers: [
          {
            name: "shell",
            image: "localhost/busybox:built",
            imagePullPolicy: "Never",
            command: ["sleep", "1000000"],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
          },
        ],
      },
    };
    await run("kubectl", ["apply", "-f", "-"], { env: cluster.env, input: stringify(pod) });
    await cluster.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/shell", "--timeout=5m");
  }

  const address = (pod: string) => project.kubectl("get", "pod", pod, "-o", "jsonpath={.status.podIP}");
  const reaches = async (namespace: string, pod: string, port: number) => {
    const connect = ["timeout", "3", "nc", await address(pod), String(port), "-e", "true"];
    return cluster.kubectl("-n", namespace, "exec", "shell", "--", ...connect).then(
      () => true,
      () => false,
    );
  };

  it("let pods of the namespace reach the ports of an app", async () => {
    await until(() => reaches("policed", "web-0", 8000));
  });

  it("let nobody of another namespace in", async () => {
    assert.equal(await reaches(outside, "web-0", 8000), false);
    assert.equal(await reaches(outside, "redis-0", 6379), false);
  });

  it("let only the app that uses a store reach it", async () => {
    assert.equal(await reaches("policed", "redis-0", 6379), false);
    const web = `http://${await address("web-0")}:8000`;
    const get = (path: string) => project.kubectl("exec", "shell", "--", "wget", "-q", "-O-", `${web}${path}`);
    await get("/");
    assert.equal(Number(await get("/visits")), 1);
  });

  it("let in whom the config names, without a restart", async () => {
    const uid = () => project.kubectl("get", "pod", "web-0", "-o", "jsonpath={.metadata.uid}");
    const before = await uid();
    await cluster.kubectl("label", "namespace", outside, "guest=web");
    const guest = "apps.web.networkPolicy.from[0].namespaceSelector.matchLabels.guest";
    await project.pulumi("config", "set", "--path", guest, "web");
    await project.up();
    await until(() => reaches(outside, "web-0", 8000));
    assert.equal(await reaches(outside, "redis-0", 6379), false);
    assert.equal(await uid(), before);
  });
});
