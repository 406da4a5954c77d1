import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { Project, run, TestCluster, useCluster } from "./support";

interface Container {
  env?: { name: string; value?: string; valueFrom?: unknown }[];
  livenessProbe?: object;
  readinessProbe?: object;
  resources: object;
}

interface Pod {
  metadata: {
    name: string;
    creationTimestamp: string;
    annotations?: Record<string, string>;
    labels: Record<string, string>;
  };
  spec: { serviceAccountName: string; containers: Container[]; volumes: { name: string }[] };
  status: { podIP: string; conditions: { type: string; lastTransitionTime: string }[] };
}

interface Claim {
  metadata: { name: string };
  spec: { accessModes: string[] };
  status: { phase: string; capacity?: { storage: string } };
}

/** Stands where Vault's injector would: enough for the program to find it, and it changes no pod. */
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

describe("the examples", function () {
  this.timeout("10m");
  const cluster = new TestCluster("examples");

  useCluster(cluster);

  /** What every example must show; `observe` is what its own report saw, between the first `up` and the rest. */
  function example(name: string, ports: Record<string, number>, observe: (example: Example) => void) {
    describe(`${name}.yaml`, () => {
      const stack = new Example(name, ports);
      before(async () => {
        await stack.project.init();
      });
      after(() => {
        stack.project.remove();
      });

      observe(stack);

      it("renders to what a real API server accepts, and what the restricted standard has nothing against", async () => {
        const { namespace, env } = stack.project;
        await cluster.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/warn=restricted");
        const file = ["--config-file", `examples/${name}.yaml`, "--stack", "test"];
        const manifests = await run("npm", ["run", "--silent", "render", "--", "--show-secrets", ...file], { env });
        const dryRun =
          "kubectl apply --server-side --dry-run=server --force-conflicts --field-manager stateful-apps -f - 2>&1";
        const answer = await run("bash", ["-o", "pipefail", "-c", dryRun], { env, input: manifests });
        assert.equal(answer.trim().split("\n").length, manifests.match(/^kind: /gm)?.length, answer);
        assert.doesNotMatch(answer, /Warning/);
      });

      it("a second up changes nothing", async () => {
        await stack.project.pulumi("up", "--yes", "--expect-no-changes");
      });

      it("destroy and up again bring every pod back with its count", async () => {
        await stack.project.destroy();
        assert.equal(await stack.project.kubectl("get", "pods", "-o", "name"), "");
        await stack.project.up();
        await stack.assertCounts();
      });
    });
  }

  class Example {
    readonly project: Project;
    /** The visits that each pod has acknowledged. */
    readonly counts = new Map<string, number>();

    constructor(
      name: string,
      private readonly ports: Record<string, number>,
    ) {
      this.project = Project.ofExample(cluster, name);
    }

    async list<T>(kind: string, ...args: string[]): Promise<T[]> {
      return (JSON.parse(await this.project.kubectl("get", kind, "-o", "json", ...args)) as { items: T[] }).items;
    }

    async pods(app: string): Promise<Pod[]> {
      const pods = await this.list<Pod>("pods", "-l", `app.kubernetes.io/name=${app}`);
      return pods.sort((one, other) => one.metadata.name.localeCompare(other.metadata.name));
    }

    private port = (pod: string) => this.ports[pod.replace(/-\d+$/, "")] ?? 0;

    async visit(pod: string, times: number) {
      for (let i = 0; i < times; i++) await this.project.get("pods", pod, this.port(pod));
      this.counts.set(pod, (this.counts.get(pod) ?? 0) + times);
    }

    /** Over HTTP, as in an image that has no shell. */
    async assertCounts() {
      assert.ok(this.counts.size > 0);
      for (const [pod, count] of this.counts) {
        assert.equal(Number(await this.project.get("pods", pod, this.port(pod), "/visits")), count, pod);
      }
    }

    exec(pod: string, ...command: string[]) {
      return this.project.kubectl("exec", pod, "--", ...command);
    }

    async deletePod(pod: string) {
      await this.project.kubectl("delete", "pod", pod);
      await this.project.kubectl("wait", "--for=create", `pod/${pod}`, "--timeout=60s");
      await this.project.kubectl("wait", "--for=condition=Ready", `pod/${pod}`, "--timeout=120s");
    }

    /** Bound claims by name, with their sizes. */
    async claims(): Promise<Record<string, string | undefined>> {
      const claims = await this.list<Claim>("pvc");
      for (const { metadata, spec, status } of claims) {
        assert.deepEqual([status.phase, spec.accessModes], ["Bound", ["ReadWriteOnce"]], metadata.name);
      }
      return Object.fromEntries(claims.map(({ metadata, status }) => [metadata.name, status.capacity?.storage]));
    }

    /** Asserts that a pod's own DNS name leads to it, as another pod sees it. */
    async assertDnsName(pod: string, from: string, command: (dnsName: string) => string[]) {
      const app = pod.replace(/-\d+$/, "");
      const address = await this.exec(from, ...command(`${pod}.${app}.${this.project.namespace}.svc.cluster.local`));
      const found = (await this.pods(app)).find(({ metadata }) => metadata.name === pod);
      assert.equal(address.trim(), found?.status.podIP);
    }
  }

  const byPython = (name: string) => ["python3", "-c", `import socket; print(socket.gethostbyname("${name}"))`];
  const byNode = (name: string) => [
    "node",
    "-e",
    `require("node:dns").lookup("${name}", 4, (error, address) => console.log(error ?? address))`,
  ];
  const names = (app: string, replicas: number) => Array.from({ length: replicas }, (_, i) => `${app}-${String(i)}`);
  const service = async ({ project }: Example, name: string) =>
    JSON.parse(await project.kubectl("get", "service", name, "-o", "jsonpath={.spec}")) as {
      type: string;
      ports: { name: string; port: number }[];
    };
  /** Waits for something that takes a while. */
  const until = async (holds: () => Promise<boolean>) => {
    while (!(await holds())) await setTimeout(200);
  };
  /** A process of a cluster's node, as the host sees it. */
  const processOf = async (program: string, cgroup: string) => {
    for (const id of (await run("pgrep", ["-x", program])).trim().split("\n")) {
      if (readFileSync(`/proc/${id}/cgroup`, "utf8").includes(cgroup)) return Number(id);
    }
    return assert.fail(`${program} does not run in ${cgroup}`);
  };
  const withInjector = () => run("kubectl", ["apply", "-f", "-"], { env: cluster.env, input: injector });
  const created = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp);
  const ready = ({ status }: Pod) =>
    Date.parse(status.conditions.find(({ type }) => type === "Ready")?.lastTransitionTime ?? "");

  example("moscow-time", { "app-python": 8000, "app-go": 8000 }, (time) => {
    const apps = ["app-python", "app-go"];

    it("preview shows every object and creates nothing", async () => {
      const output = await time.project.pulumi("preview");
      for (const app of apps) assert.match(output, new RegExp(`kubernetes:apps/v1:StatefulSet ${app} create`));
      assert.doesNotMatch(await cluster.kubectl("get", "namespaces", "-o", "name"), /moscow-time/);
    });

    it("starts four pods of each app at once, with Services on port 8000 and 512Mi claims", async () => {
      await time.project.up();
      for (const app of apps) {
        const pods = await time.pods(app);
        assert.deepEqual(
          pods.map(({ metadata }) => metadata.name),
          names(app, 4),
        );
        assert.ok(Math.max(...pods.map(created)) < Math.min(...pods.map(ready)), "all were made before one was ready");
        const { type, ports } = await service(time, `${app}-http`);
        assert.deepEqual([type, ports[0]?.name, ports[0]?.port], ["ClusterIP", "http", 8000]);
      }
      const claims = apps.flatMap((app) => names(`${app}-pvc-${app}`, 4)).map((name) => [name, "512Mi"]);
      assert.deepEqual(await time.claims(), Object.fromEntries(claims));
    });

    it("probes at /visits, with the report's figures, count nothing", async () => {
      for (const app of apps) {
        const [pod] = await time.pods(app);
        const httpGet = { path: "/visits", port: "http", scheme: "HTTP" };
        const figures = { initialDelaySeconds: 30, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 3 };
        const probe = { httpGet, ...figures, successThreshold: 1 };
        assert.deepEqual(pod?.spec.containers[0]?.livenessProbe, probe);
        assert.deepEqual(pod.spec.containers[0].readinessProbe, probe);
        assert.equal(Number(await time.project.get("pods", `${app}-0`, 8000, "/visits")), 0);
      }
    });

    it("gives the pods a ServiceAccount of their own, with its token", async () => {
      const [pod] = await time.pods("app-python");
      assert.equal(pod?.spec.serviceAccountName, "app-python");
      const token = await time.exec("app-python-0", "cat", "/var/run/secrets/kubernetes.io/serviceaccount/token");
      assert.match(token, /^ey.*\..*\./);
    });

    it("counts on each pod by itself", async () => {
      for (const [i, pod] of apps.flatMap((app) => names(app, 4)).entries()) await time.visit(pod, i + 1);
      await time.assertCounts();
      assert.equal(Number(await time.exec("app-python-3", "cat", "/app/data/visits.txt")), 4);
    });

    it("a deleted pod comes back with its count", async () => {
      await time.deletePod("app-python-0");
      await time.assertCounts();
    });

    it("pods are reached by their DNS names", async () => {
      await time.assertDnsName("app-python-0", "app-python-1", byPython);
      await time.assertDnsName("app-go-3", "app-python-1", byPython);
    });

    it("a change reaches ordinals from 1 upwards only", async () => {
      await time.project.pulumi("config", "set", "--path", "apps.app-go.podAnnotations.canary", "yes");
      assert.match(await time.project.up(), /holds back app-go-0 by the partition 1/);
      const changed = (await time.pods("app-go")).map(({ metadata }) => metadata.annotations?.canary);
      assert.deepEqual(changed, [undefined, "yes", "yes", "yes"]);
      await time.assertCounts();
    });
  });

  example("javascript", { "app-python": 8000, "app-javascript": 3000 }, (third) => {
    it("runs a third app on port 3000 with three replicas, and 1Gi claims by their usual names", async () => {
      await third.project.up();
      assert.equal((await third.pods("app-python")).length, 2);
      assert.equal((await third.pods("app-javascript")).length, 3);
      const claims = [...names("data-app-python", 2), ...names("data-app-javascript", 3)].map((name) => [name, "1Gi"]);
      assert.deepEqual(await third.claims(), Object.fromEntries(claims));
    });

    it("asks for a load balancer, does not wait for its address, and says what to do meanwhile", async () => {
      const balanced = await service(third, "app-python-http");
      assert.deepEqual([balanced.type, balanced.ports[0]?.port], ["LoadBalancer", 8000]);
      assert.match(await third.project.kubectl("get", "service", "app-python-http"), /<pending>/);
      assert.match(await third.project.pulumi("stack", "output", "nextSteps"), /while EXTERNAL-IP is pending/);
      const plain = await service(third, "app-javascript-http");
      assert.deepEqual([plain.type, plain.ports[0]?.port], ["ClusterIP", 3000]);
    });

    it("counts on each pod by itself, in a file", async () => {
      for (const [i, pod] of [...names("app-python", 2), ...names("app-javascript", 3)].entries()) {
        await third.visit(pod, 5 - i);
      }
      await third.assertCounts();
      assert.equal(Number(await third.exec("app-python-0", "cat", "/app/data/visits.txt")), 5);
      assert.equal(Number(await third.exec("app-javascript-2", "cat", "/app/data/visits.txt")), 1);
      assert.match(await third.project.get("pods", "app-javascript-0", 3000, "/status"), /"app":"javascript"/);
    });

    it("a deleted pod comes back with its count", async () => {
      for (const pod of ["app-python-0", "app-javascript-1"]) await third.deletePod(pod);
      await third.assertCounts();
    });

    it("pods are reached by their DNS names, from inside pods of both apps", async () => {
      for (const pod of names("app-python", 2)) await third.assertDnsName(pod, pod, byPython);
      await third.assertDnsName("app-javascript-2", "app-python-1", byPython);
      await third.assertDnsName("app-python-0", "app-javascript-0", byNode);
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
      assert.deepEqual(pod?.spec.containers[0]?.resources, { limits: amounts, requests: amounts });
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

  example("shared-redis", { "app-python": 8000, "app-javascript": 3000 }, (shared) => {
    const apps = { "app-python": 8000, "app-javascript": 3000 };
    const visits = async (pod: string, port: number) =>
      (JSON.parse(await shared.project.get("pods", pod, port, "/status")) as { visits: number }).visits;
    /** What every replica is to show from now on. */
    const note = (app: string, count: number) => {
      for (const pod of names(app, 2)) shared.counts.set(pod, count);
    };

    it("goes up with all pods at once, and with a claim for redis alone", async () => {
      await shared.project.up();
      for (const app of Object.keys(apps)) {
        const pods = await shared.pods(app);
        assert.ok(Math.max(...pods.map(created)) < Math.min(...pods.map(ready)), "all were made before one was ready");
      }
      assert.deepEqual(await shared.claims(), { "data-redis-0": "256Mi" });
      const { type, ports } = await service(shared, "redis");
      assert.deepEqual([type, ports[0]?.name, ports[0]?.port], ["ClusterIP", "redis", 6379]);
    });

    it("spreads requests over the replicas, which all show the same count", async () => {
      for (const [app, port] of Object.entries(apps)) {
        for (let i = 0; i < 30; i++) await shared.project.get("services", `${app}-http`, "http");
        for (const pod of names(app, 2)) {
          assert.equal(await visits(pod, port), 30);
          const log = await shared.project.kubectl("logs", pod);
          assert.ok((log.match(/GET "\/" 200/g) ?? []).length > 0, `${pod} answered none`);
        }
        note(app, 30);
      }
    });

    it("asks for a password", async () => {
      const answer = await shared.exec(
        "redis-0",
        "env",
        "-u",
        "REDISCLI_AUTH",
        "redis-cli",
        "get",
        "visits:app-python",
      );
      assert.match(answer, /NOAUTH/);
      assert.equal((await shared.exec("redis-0", "redis-cli", "get", "visits:app-python")).trim(), "30");
    });

    it("loses no acknowledged visit when redis is killed under load", async () => {
      const load = { isOver: false };
      const acknowledged: number[] = [];
      const client = async () => {
        while (!load.isOver) {
          const answer = await shared.project.get("services", "app-python-http", "http").catch(() => "");
          const [, count] = /visits (\d+)/.exec(answer) ?? [];
          if (count !== undefined) acknowledged.push(Number(count));
        }
      };
      const clients = Promise.all([client(), client(), client(), client()]);
      for (const restarts of [1, 2]) {
        const before = acknowledged.length;
        await until(() => Promise.resolve(acknowledged.length > before + 20));
        process.kill(await processOf("redis-server", "stateful-apps-examples"), "SIGKILL");
        const jsonPath = "jsonpath={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}";
        await until(
          async () =>
            (await shared.project.kubectl("get", "pod", "redis-0", "-o", jsonPath)) === `${String(restarts)} true`,
        );
      }
      const before = acknowledged.length;
      await until(() => Promise.resolve(acknowledged.length > before + 20));
      load.isOver = true;
      await clients;
      const count = await visits("app-python-0", 8000);
      assert.equal(new Set(acknowledged).size, acknowledged.length, "no count was given twice");
      assert.ok(
        count >= Math.max(...acknowledged),
        `${String(count)} visits, ${String(Math.max(...acknowledged))} acknowledged`,
      );
      note("app-python", count);
    });
  });

  example("server-app", { "server-app": 8080 }, (server) => {
    it("is refused where Vault's injector is not there, before anything is made", async () => {
      await run("kubectl", ["delete", "--ignore-not-found", "-f", "-"], { env: cluster.env, input: injector });
      await assert.rejects(
        server.project.up(),
        /Vault's injector is not in the cluster(.|\n)*stateful-apps:apps.server-app.vault.requireInjector/,
      );
      assert.doesNotMatch(await cluster.kubectl("get", "namespaces", "-o", "name"), /stateful-lab/);
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
      assert.match(
        await server.project.pulumi("preview"),
        /Cannot determine whether Vault's injector is in the cluster/,
      );
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
      assert.deepEqual(pod?.spec.containers[0]?.resources, { limits: amounts, requests: amounts });
      const probe = {
        httpGet: { path: "/healthcheck", port: "http", scheme: "HTTP" },
        timeoutSeconds: 1,
        periodSeconds: 10,
        successThreshold: 1,
        failureThreshold: 3,
      };
      assert.deepEqual(pod.spec.containers[0].livenessProbe, probe);
      assert.deepEqual(pod.spec.containers[0].readinessProbe, probe);
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
});
