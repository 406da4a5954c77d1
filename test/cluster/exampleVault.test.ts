import assert from "node:assert/strict";
import { byPython, created, example, names, ready, service } from "./example";
import { cluster } from "./sharedCluster";
import { run } from "./support";

/** The whole cluster has it, and no other file may need it. Stands where Vault's injector would: enough for the program to find it, and it changes no pod. */
const injector = `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: { name: vault-agent-injector-cfg }
webhooks:
  - name: vault.hashicorp.com
    clientConfig: { service: { name: vault-agent-injector-svc, namespace: vault, path: /mutate } }
    rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods] }]
    objectSelector: { matchLabels: { no-pod-has: this-label } }
    failurePolicy: Ignore
    sideEffects: None
    admissionReviewVersions: [v1]
`;

const withInjector = () => run("kubectl", ["apply", "-f", "-"], { env: cluster.env, input: injector });

example("server-app", { "server-app": 8080 }, (server) => {
  it("is refused where Vault's injector is not there, before anything is made", async () => {
    await run("kubectl", ["delete", "--ignore-not-found", "-f", "-"], { env: cluster.env, input: injector });
    await assert.rejects(
      server.project.up(),
      /Vault's injector is not in the cluster(.|\n)*stateful-apps:apps.server-app.vault.requireInjector/,
    );
    assert.equal(await cluster.hasNamespace("stateful-lab"), false);
  });

  it("is previewed with a warning where the webhooks cannot be listed", async () => {
    await cluster.kubectl("create", "serviceaccount", "deployer");
    await cluster.kubectl(
      "create",
      "clusterrolebinding",
      "deployer",
      "--clusterrole=edit",
      "--serviceaccount=default:deployer",
    );
    const token = (await cluster.kubectl("create", "token", "deployer")).trim();
    const admin = await cluster.kubectl("config", "view", "--raw", "--minify", "-o", "json");
    const kubeconfig = { ...(JSON.parse(admin) as Record<string, unknown>) };
    const [user] = kubeconfig.users as { name: string }[];
    kubeconfig.users = [{ name: user?.name, user: { token } }];
    await server.project.pulumi("config", "set", "kubernetes:kubeconfig", JSON.stringify(kubeconfig));
    assert.match(await server.project.pulumi("preview"), /Cannot determine whether Vault's injector is in the cluster/);
    await server.project.pulumi("config", "rm", "kubernetes:kubeconfig");
  });

  it("goes up beside the injector: three pods, one after the other, with what the injector reads", async () => {
    await withInjector();
    await server.project.up();
    const pods = await server.pods("server-app");
    assert.deepEqual(
      pods.map(({ metadata }) => metadata.name),
      names("server-app", 3),
    );
    for (const [i, pod] of pods.entries()) {
      const before = pods[i - 1];
      if (before) assert.ok(created(pod) >= ready(before), "waited for the one before");
      const { annotations } = pod.metadata;
      assert.equal(annotations?.["vault.hashicorp.com/agent-inject"], "true");
      assert.equal(annotations["vault.hashicorp.com/role"], "internal-app");
      assert.equal(annotations["vault.hashicorp.com/agent-inject-secret-config.txt"], "internal/data/server/config");
    }
  });

  it("has the report's resources, probes, ServiceAccount and volumes", async () => {
    const [pod] = await server.pods("server-app");
    const amounts = { cpu: "100m", memory: "128Mi" };
    const requests = { ...amounts, "ephemeral-storage": "64Mi" };
    assert.deepEqual(pod?.spec.containers[0]?.resources, { limits: amounts, requests });
    const probe = (path: string) => ({
      httpGet: { path, port: "http", scheme: "HTTP" },
      timeoutSeconds: 1,
      periodSeconds: 10,
      successThreshold: 1,
      failureThreshold: 3,
    });
    assert.deepEqual(pod.spec.containers[0].livenessProbe, probe("/healthcheck"));
    assert.deepEqual(pod.spec.containers[0].readinessProbe, probe("/ready"));
    assert.equal(pod.spec.serviceAccountName, "internal-app");
    const sources = Object.fromEntries(pod.spec.volumes.map(({ name, ...source }) => [name, Object.keys(source)[0]]));
    assert.equal(sources["config-volume"], "configMap");
    assert.equal(sources.tmp, "emptyDir");
    assert.equal(sources["visits-data"], "persistentVolumeClaim");
    assert.deepEqual(await server.claims(), {
      "visits-data-server-app-0": "1Gi",
      "visits-data-server-app-1": "1Gi",
      "visits-data-server-app-2": "1Gi",
    });
    const { type, ports } = await service(server, "server-app-http");
    assert.deepEqual([type, ports[0]?.port], ["LoadBalancer", 8080]);
  });

  it("reads a Secret, a ConfigMap and plain text from the environment, and a ConfigMap from files", async () => {
    const variable = async (name: string) => (await server.exec("server-app-1", "printenv", name)).trim();
    assert.match(await variable("MY_PASSWORD"), /^[A-Za-z0-9]{20}$/);
    assert.equal(await variable("CONFIG_MAP_VAR"), "from the ConfigMap");
    assert.equal(await variable("RELEASE_NAME"), "python");
    assert.equal(await variable("SLEEP_TIME"), "5");
    const file = await server.exec("server-app-1", "cat", "/app/config_map/config.json");
    assert.deepEqual(JSON.parse(file), { greeting: "hello", color: "green" });
    await server.exec("server-app-1", "touch", "/tmp/written");
  });

  it("counts on each pod by itself, and a deleted pod comes back with its count", async () => {
    for (const [i, pod] of names("server-app", 3).entries()) await server.visit(pod, 4 - i);
    await server.deletePod("server-app-0");
    await server.assertCounts();
    assert.equal(Number(await server.exec("server-app-0", "cat", "/app/data/visits.txt")), 4);
  });

  it("pods are reached by their DNS names", async () => {
    await server.assertDnsName("server-app-1", "server-app-0", byPython);
  });
});

example("timeapp", { "app-python": 8080, "app-go": 8080 }, (time) => {
  const apps = ["app-python", "app-go"];
  const wanted = ["app-go", "app-python"].flatMap((app) =>
    ["connection-test", "postinstall", "preinstall"].map((job) => `${app}-${job}`),
  );

  it("preview shows the jobs too", async () => {
    await withInjector();
    const output = await time.project.pulumi("preview");
    for (const job of wanted) assert.match(output, new RegExp(`kubernetes:batch/v1:Job ${job} create`));
  });

  it("goes up with its jobs done, all pods started at once, 1Mi claims and ports on every node", async () => {
    await time.project.up();
    const jobs = await time.list<{ metadata: { name: string }; status: { succeeded?: number } }>("jobs");
    assert.deepEqual(jobs.map(({ metadata }) => metadata.name.slice(0, -11)).sort(), wanted);
    for (const { metadata, status } of jobs) assert.equal(status.succeeded, 1, metadata.name);
    const [log] = jobs.filter(({ metadata }) => metadata.name.startsWith("app-go-preinstall"));
    const words = await time.project.kubectl("logs", `job/${log?.metadata.name ?? ""}`);
    assert.equal(words, "the job before is running\n");
    for (const app of apps) {
      const pods = await time.pods(app);
      assert.equal(pods.length, 2);
      assert.ok(Math.max(...pods.map(created)) < Math.min(...pods.map(ready)), "all were made before one was ready");
      const { type, ports } = await service(time, `${app}-http`);
      assert.deepEqual([type, ports[0]?.name, ports[0]?.port], ["NodePort", "http", 8080]);
    }
    const claims = ["python-persistent-volume-app-python", "golang-persistent-volume-app-go"];
    assert.deepEqual(
      await time.claims(),
      Object.fromEntries(claims.flatMap((claim) => names(claim, 2)).map((name) => [name, "1Mi"])),
    );
  });

  it("reads a Secret, a ConfigMap as environment and another as a file", async () => {
    const variables = await time.exec("app-python-0", "printenv");
    assert.match(variables, /^WHOAMI_SECRET=[A-Za-z0-9]{12}$/m);
    assert.match(variables, /^SOMEKEY2=somevalue2$/m);
    const file = await time.exec("app-python-1", "cat", "/app/config/config.json");
    assert.deepEqual(JSON.parse(file), { var1: "value1", var2: "value2" });
    const [pod] = await time.pods("app-go");
    const amounts = { cpu: "100m", memory: "128Mi" };
    const requests = { ...amounts, "ephemeral-storage": "64Mi" };
    assert.deepEqual(pod?.spec.containers[0]?.resources, { limits: amounts, requests });
    assert.equal(pod.spec.serviceAccountName, "internal-app");
  });

  it("tells Vault's injector how to make a database's URL", async () => {
    const [pod] = await time.pods("app-python");
    const vault = (name: string) => pod?.metadata.annotations?.[`vault.hashicorp.com/${name}`];
    assert.equal(vault("agent-inject-status"), "update");
    assert.equal(vault("agent-pre-populate"), "false");
    assert.equal(vault("agent-inject-secret-devops-pythonsecret.txt"), "internal/devops/pythonsecret");
    assert.match(
      vault("agent-inject-template-devops-pythonsecret.txt") ?? "",
      /postgresql:\/\/{{ .Data.data.name }}:{{ .Data.data.whoami }}@postgres:5432\/cats_python/,
    );
  });

  it("counts on each pod by itself, read by exec, or over HTTP where the image has nothing but the app", async () => {
    for (const [i, pod] of apps.flatMap((app) => names(app, 2)).entries()) await time.visit(pod, i + 2);
    await time.assertCounts();
    assert.equal(Number(await time.exec("app-python-1", "cat", "/app/data/visits.txt")), 3);
    await assert.rejects(time.exec("app-go-0", "cat", "/app/data/visits.txt"), /executable file not found/);
  });
});
