import assert from "node:assert/strict";
import { stringify } from "yaml";
import { cluster, useCluster } from "./sharedCluster";
import { type Cluster, processIn, Project, run } from "./support";

interface Container {
  env?: { name: string; value?: string; valueFrom?: unknown }[];
  livenessProbe?: object;
  readinessProbe?: object;
  resources: object;
}

export interface Pod {
  metadata: {
    name: string;
    uid: string;
    creationTimestamp: string;
    annotations?: Record<string, string>;
    labels: Record<string, string>;
  };
  spec: { nodeName: string; serviceAccountName: string; containers: Container[]; volumes: { name: string }[] };
  status: {
    podIP: string;
    conditions: { type: string; lastTransitionTime: string }[];
    containerStatuses: { restartCount: number }[];
  };
}

interface Claim {
  metadata: { name: string };
  spec: { accessModes: string[] };
  status: { phase: string; capacity?: { storage: string } };
}

/** What every example must show; `observe` is what its own report saw, between the first `up` and the rest. */
export function example(name: string, ports: Record<string, number>, observe: (example: Example) => void): void {
  describe(`the example ${name}.yaml`, function () {
    this.timeout("20m");
    const stack = new Example(name, ports);
    useCluster([stack.project]);

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

export class Example {
  readonly project: Project;
  /** The visits that each pod has acknowledged. */
  readonly counts = new Map<string, number>();

  constructor(
    name: string,
    private readonly ports: Record<string, number>,
    on: Cluster = cluster,
  ) {
    this.project = Project.ofExample(on, name);
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

  /** Runs a pod beside the example, as the restricted standard allows. */
  async runPod(name: string, container: object, spec: object = {}) {
    const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
    const podSecurityContext = { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } };
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace: this.project.namespace },
      spec: {
        containers: [{ name, securityContext, ...container }],
        securityContext: podSecurityContext,
        terminationGracePeriodSeconds: 1,
        ...spec,
      },
    };
    await this.project.kubectlWithInput(stringify(pod), "apply", "-f", "-");
    await this.project.kubectl("wait", "--for=condition=Ready", `pod/${name}`, "--timeout=10m");
  }

  /** Sends a signal to a process in a pod. */
  async signal(pod: string, program: string, signal: NodeJS.Signals) {
    const uid = await this.project.kubectl("get", "pod", pod, "-o", "jsonpath={.metadata.uid}");
    process.kill(await processIn(uid, program), signal);
  }

  async deletePod(pod: string) {
    await this.project.kubectl("delete", "pod", pod);
    await this.project.kubectl("wait", "--for=create", `pod/${pod}`, "--timeout=10m");
    await this.project.kubectl("wait", "--for=condition=Ready", `pod/${pod}`, "--timeout=10m");
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

export const byPython = (name: string) => ["python3", "-c", `import socket; print(socket.gethostbyname("${name}"))`];
export const names = (app: string, replicas: number) =>
  Array.from({ length: replicas }, (_, i) => `${app}-${String(i)}`);
export const service = async ({ project }: Example, name: string) =>
  JSON.parse(await project.kubectl("get", "service", name, "-o", "jsonpath={.spec}")) as {
    type: string;
    ports: { name: string; port: number }[];
  };
export const created = ({ metadata }: Pod) => Date.parse(metadata.creationTimestamp);
export const ready = ({ status }: Pod) =>
  Date.parse(status.conditions.find(({ type }) => type === "Ready")?.lastTransitionTime ?? "");
