/*
 * The cluster that suites share, each in namespaces of its own. Mocha loads this file first, see .mocharc.yml: its main
 * process names a folder, and removes what lies there in the end. The first suite that needs the cluster starts it, in
 * whichever process it runs, so that unit tests start none.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { ClusterShell } from "../../tools/lib/clusters";
import { needsCluster } from "../skip";
import { Cluster, TestCluster, type Project } from "./support";

/** Holds the folder's path, also in mocha's worker processes. */
const variable = "STATEFUL_APPS_SHARED_CLUSTER";

const folder = () => process.env[variable] ?? "";

export function mochaGlobalSetup(): void {
  process.env[variable] = mkdtempSync(join(tmpdir(), "stateful-apps-cache-"));
}

export async function mochaGlobalTeardown(): Promise<void> {
  await new TestCluster("shared", folder()).remove();
}

class SharedCluster extends Cluster {
  /** Starts the cluster, or waits until the suite that does so is through. */
  async join(): Promise<void> {
    const outcome = join(folder(), "outcome.json");
    if (isFirst()) {
      const found = await new TestCluster("shared", folder()).up().catch((error: unknown) => String(error));
      writeFileSync(`${outcome}.partial`, JSON.stringify(found));
      renameSync(`${outcome}.partial`, outcome);
    }
    while (!existsSync(outcome)) await setTimeout(100);
    const found = JSON.parse(readFileSync(outcome, "utf8")) as ClusterShell | string;
    if (typeof found === "string") throw new Error(found);
    this.reachBy(found);
  }

  /** Loads images that only some suites need. */
  load(images: string[]): Promise<void> {
    return new TestCluster("shared", folder()).load(images);
  }
}

export const cluster = new SharedCluster();

/** Has a suite's tests run on the shared cluster, where that is possible, and removes its projects after them. */
export function useCluster(projects: Project[] = []): void {
  before("the shared cluster", async function () {
    this.timeout("60m");
    needsCluster(this, { engine: true });
    await cluster.join();
    for (const project of projects) {
      await project.init();
    }
  });
  after(() => {
    for (const project of projects) project.remove();
  });
}

/** Whether this suite is the one that starts the cluster: making a folder succeeds once. */
function isFirst(): boolean {
  try {
    mkdirSync(join(folder(), "starting"));
    return true;
  } catch {
    return false;
  }
}
