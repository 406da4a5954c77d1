import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { devDependencies } from "../../package.json";
import { assertUnchanged, Project, providersUpdated, TestCluster, useCluster } from "./support";

/** How often the engine is killed. */
const kills = 20;

/** The engine itself: the npm package's command is only what starts it. */
const engine = join(
  process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"),
  `versions/${devDependencies.pulumi}/bin/pulumi`,
);

describe("recover, after the engine was killed at any moment", function () {
  this.timeout("5m");
  const cluster = new TestCluster("kill");
  const app = (port: number, image: string) => ({
    image,
    containerPort: port,
    podManagementPolicy: "Parallel",
    readinessProbe: { httpGet: { path: "/healthcheck" }, periodSeconds: 1 },
    claims: { data: { size: "16Mi", mountPath: "/app/data" } },
  });
  const project = new Project(cluster, "killed", {
    apps: { one: app(8080, "localhost/app-go:1.0.0"), two: app(8000, "localhost/app-python:1.0.0") },
    configMaps: { settings: { round: "0" } },
    secrets: { made: { password: { generate: 24 } } },
  });
  useCluster(cluster, [project]);

  /** The longest time that passes before a kill, in milliseconds: about what an update of everything takes. */
  const longest = 9000;
  const secret = () => project.kubectl("get", "secret", "made", "-o", "jsonpath={.data.password}");
  const visits = () =>
    Promise.all([project.get("pods", "one-0", 8080, "/visits"), project.get("pods", "two-0", 8000, "/visits")]);
  const state = async () =>
    JSON.parse(await project.pulumi("stack", "export")) as { deployment: { pending_operations?: unknown[] } };

  async function upKilledAfter(milliseconds: number) {
    const up = spawn(engine, ["up", "--yes", "--skip-preview", "--stack", "test", "--non-interactive"], {
      cwd: project.folder,
      env: project.env,
      stdio: "ignore",
    });
    const ended = once(up, "exit");
    await Promise.race([setTimeout(milliseconds), ended]);
    up.kill("SIGKILL");
    await ended;
  }

  let before: { secret: string; visits: string[] } | undefined;
  for (let kill = 1; kill <= kills; kill++) {
    const moment = randomInt(longest);
    it(`kill ${String(kill)}, after ${String(moment)} ms`, async () => {
      // From nothing, or in the middle of a change of everything that can change.
      if (kill % 4 === 0) await project.destroy();
      await project.pulumi("config", "set", "--path", "configMaps.settings.round", String(kill));
      for (const name of ["one", "two"]) {
        await project.pulumi("config", "set", "--path", `apps.${name}.env.ROUND`, String(kill));
      }
      await upKilledAfter(moment);
      await project.recover();
      assert.deepEqual((await state()).deployment.pending_operations ?? [], []);
      if (before) assert.deepEqual({ secret: await secret(), visits: await visits() }, before);
      await project.get("pods", "one-0", 8080);
      before = { secret: await secret(), visits: await visits() };
      assertUnchanged(await project.pulumi("preview"), providersUpdated);
    });
  }

  it("with what a kill can leave of the state's files", async () => {
    const stacks = join(project.folder, ".state/.pulumi/stacks/stateful-apps");
    writeFileSync(join(stacks, "test.json.attrs"), "");
    await assert.rejects(project.up(), /EOF/);
    await project.recover();
    writeFileSync(join(stacks, "test.json"), "");
    await assert.rejects(project.up());
    await project.recover();
    assertUnchanged(await project.up(), providersUpdated);
    assert.deepEqual({ secret: await secret(), visits: await visits() }, before);
    assert.equal(readdirSync(join(project.folder, ".state/.pulumi/broken")).length, 1);
  });

  it("refuses while an update of the stack lives, and leaves the locks of other stacks alone", async () => {
    await project.pulumi("config", "set", "--path", "apps.one.readinessProbe.initialDelaySeconds", "20");
    const up = spawn(engine, ["up", "--yes", "--skip-preview", "--stack", "test", "--non-interactive"], {
      cwd: project.folder,
      env: project.env,
      stdio: "ignore",
    });
    const ended = once(up, "exit");
    const locks = join(project.folder, ".state/.pulumi/locks/organization/stateful-apps/test");
    const lock = () => {
      try {
        return readdirSync(locks).filter((name) => name.endsWith(".json"));
      } catch {
        return [];
      }
    };
    while (lock().length === 0) await setTimeout(20);
    const held = lock();
    await assert.rejects(project.recover(), /is being updated \(process \d+ of .*\); nothing was changed/);
    writeFileSync(join(project.folder, "Pulumi.other.yaml"), "config:\n  stateful-apps:namespace: other\n");
    await project.pulumiOf("other", "stack", "init");
    await project.recover("--stack", "other");
    assert.deepEqual(lock(), held);
    const [code] = (await ended) as [number];
    assert.equal(code, 0);
  });
});
