import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { cluster, useCluster } from "./sharedCluster";
import { assertUnchanged, Project, providersUpdated } from "./support";

const app = (port: number, image: string) => ({
  image,
  containerPort: port,
  podManagementPolicy: "Parallel",
  readinessProbe: { httpGet: { path: "/healthcheck" }, periodSeconds: 1 },
  claims: { data: { size: "16Mi", mountPath: "/app/data" } },
});

/** A stack of two apps and what they read, whose engine is killed. */
export class KilledStack extends Project {
  constructor(namespace: string) {
    super(cluster, namespace, {
      apps: { one: app(8080, "localhost/app-go:1.0.0"), two: app(8000, "localhost/app-python:1.0.0") },
      configMaps: { settings: { round: "0" } },
      secrets: { made: { password: { generate: 24 } } },
    });
  }

  /** What no kill may change. */
  async data(): Promise<{ secret: string; visits: string[] }> {
    return {
      secret: await this.kubectl("get", "secret", "made", "-o", "jsonpath={.data.password}"),
      visits: await Promise.all([
        this.get("pods", "one-0", 8080, "/visits"),
        this.get("pods", "two-0", 8000, "/visits"),
      ]),
    };
  }

  /** Changes everything that can change. */
  change(round: number): Promise<string> {
    const values = ["configMaps.settings.round", "apps.one.env.ROUND", "apps.two.env.ROUND"];
    return this.pulumi(
      "config",
      "set-all",
      "--path",
      ...values.flatMap((key) => ["--plaintext", `${key}=${String(round)}`]),
    );
  }

  async updateKilledAfter(milliseconds: number): Promise<void> {
    const { engineProcess, ended } = this.startUpdate();
    await Promise.race([setTimeout(milliseconds), ended]);
    engineProcess.kill("SIGKILL");
    await ended;
  }

  async pendingOperations(): Promise<unknown[]> {
    const { deployment } = JSON.parse(await this.pulumi("stack", "export")) as {
      deployment: { pending_operations?: unknown[] };
    };
    return deployment.pending_operations ?? [];
  }
}

/** The kills of a test run: one in each third of an update, at another moment in each run. */
const kills = 3;

/** Tests that `recover` mends what is left of an update that is killed at any moment. */
export function testKills(namespace: string, prepare: (stack: KilledStack) => Promise<unknown>): void {
  const stack = new KilledStack(namespace);
  const undisturbed = new KilledStack(`${namespace}-not`);
  /** How long an update takes that nobody kills, in milliseconds. */
  let updateTime = 0;
  let data: Awaited<ReturnType<KilledStack["data"]>> | undefined;

  useCluster([stack, undisturbed]);
  before("an update that is not killed", async () => {
    const started = Date.now();
    const [code] = await undisturbed.startUpdate().ended;
    assert.equal(code, 0);
    updateTime = Date.now() - started;
    await undisturbed.destroy();
  });

  for (let kill = 1; kill <= kills; kill++) {
    const percent = Math.floor(((kill - 1 + Math.random()) * 100) / kills);
    it(`kill ${String(kill)}, after ${String(percent)} % of an update's time`, async () => {
      await prepare(stack);
      await stack.change(kill);
      await stack.updateKilledAfter((updateTime * percent) / 100);
      await stack.recover();
      assert.deepEqual(await stack.pendingOperations(), []);
      if (data) assert.deepEqual(await stack.data(), data);
      await stack.get("pods", "one-0", 8080);
      data = await stack.data();
      assertUnchanged(await stack.pulumi("preview"), providersUpdated);
    });
  }
}
