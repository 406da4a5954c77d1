import assert from "node:assert/strict";
import { Example, names } from "./example";
import { cluster, useCluster } from "./sharedCluster";
import { until } from "./support";

/** The example of a database, and what a test must know to write to it. */
interface Written {
  /** The name of the example, and of its app. */
  name: string;
  /** How the writer reaches it. PASSWORD is a variable, from the key of the Secret. */
  address: string;
  password?: { name: string; key: string };
}

interface Database extends Written {
  replicas: number;
  /** The images that the example names. */
  images: string[];
  /** The name of the process to kill. */
  program: string;
}

/** A pod that writes number after number, see local-cluster/databases/writer. */
export class Writer {
  constructor(
    private readonly example: Example,
    private readonly database: Written,
  ) {}

  /** Runs the pod, on a certain node if the test disturbs the others. */
  async start(nodeName?: string): Promise<void> {
    const { name, address, password } = this.database;
    const container = {
      image: "localhost/writer:built",
      args: [name, address],
      env: password ? [{ name: "PASSWORD", valueFrom: { secretKeyRef: password } }] : [],
    };
    await this.example.runPod("writer", container, nodeName === undefined ? {} : { nodeName });
    await this.writes(10);
  }

  private async ask<T>(path: string): Promise<T> {
    return JSON.parse(await this.example.project.get("pods", "writer", 8080, path)) as T;
  }

  private async gap() {
    return this.ask<{ acknowledged: number; longestGap: number; lastError: string }>("/gap");
  }

  /** Waits until the database has acknowledged some more. */
  private async writes(count: number): Promise<void> {
    const { acknowledged: before } = await this.gap();
    await until(async () => (await this.gap()).acknowledged >= before + count);
  }

  /**
   * Does something to the database, and asserts that it acknowledges writes again soon and still has every write that it
   * ever acknowledged. The limit of the time, in seconds, is a loose one, because a busy machine is slow.
   */
  async during(title: string, action: () => Promise<unknown>, limit = 120): Promise<void> {
    await this.writes(20);
    const gaps: number[] = [];
    const started = Date.now();
    await action();
    const seconds = (Date.now() - started) / 1000;
    let wanted = Infinity;
    await until(async () => {
      const { acknowledged, longestGap, lastError } = await this.gap();
      gaps.push(longestGap);
      assert.ok(longestGap < limit, `nothing was acknowledged for ${String(limit)} s: ${lastError}`);
      // Counted from the end of what was done: before it, the database can have written much.
      wanted = Math.min(wanted, acknowledged + 50);
      return acknowledged >= wanted;
    });
    const { acknowledged, lost } = await this.ask<{ acknowledged: number; lost: number[] }>("/lost");
    report(
      this.database.name,
      `${title}: ${seconds.toFixed(1)} s; longest gap ${Math.max(...gaps).toFixed(1)} s; ` +
        `${String(lost.length)} of ${String(acknowledged)} writes lost`,
    );
    assert.deepEqual(lost, []);
  }
}

/** A measured figure, for docs/databases.md. */
function report(name: string, words: string): void {
  console.log(`    ${name}: ${words}`);
}

/** What every example of a database must show, followed by what is its own. */
export function database(settings: Database, own: (example: Example, writer: Writer) => void = () => undefined): void {
  const { name, replicas, images, program } = settings;
  describe(`the example ${name}.yaml`, function () {
    this.timeout("20m");
    const example = new Example(name, {});
    const { project } = example;
    const writer = new Writer(example, settings);
    useCluster([project]);
    before("the images", async function () {
      this.timeout("60m");
      await cluster.load(["writer", ...images]);
    });
    // Other suites need the machine, and the writer would not stop.
    after(async () => {
      if (cluster.env.KUBECONFIG !== undefined) {
        await cluster.kubectl("delete", "namespace", name, "--ignore-not-found", "--wait=false");
      }
    });

    it("is ready after the first up", async () => {
      const started = Date.now();
      await project.up();
      report(name, `the first up: ${((Date.now() - started) / 1000).toFixed(1)} s`);
      const pods = await example.pods(name);
      assert.deepEqual(
        pods.map(({ metadata }) => metadata.name),
        names(name, replicas),
      );
      await writer.start();
    });

    it("a second up changes nothing", async () => {
      await project.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes");
    });

    it("loses no acknowledged write when its pods are deleted", async () => {
      for (const pod of names(name, replicas)) await writer.during(`deletion of ${pod}`, () => example.deletePod(pod));
    });

    it("loses no acknowledged write when its process is killed", async () => {
      await writer.during(`kill -9 in ${name}-0`, async () => {
        await example.signal(`${name}-0`, program, "SIGKILL");
        const state = "jsonpath={.status.containerStatuses[0].restartCount} {.status.containerStatuses[0].ready}";
        await until(async () => (await project.kubectl("get", "pod", `${name}-0`, "-o", state)) === "1 true");
      });
    });

    it("loses no acknowledged write in a rolling change", async () => {
      await project.pulumi("config", "set", "--path", `apps.${name}.env.TZ`, "UTC");
      await writer.during("rolling change", () => project.up());
      for (const pod of await example.pods(name)) {
        assert.ok(pod.spec.containers[0]?.env?.some(({ name }) => name === "TZ"));
      }
    });

    own(example, writer);

    it("loses no acknowledged write by destroy and up, and its generated password stays", async () => {
      await writer.during("destroy and up", async () => {
        await project.destroy();
        assert.equal(await project.kubectl("get", "statefulsets", "-o", "name"), "");
        await project.up();
      });
    });
  });
}
