import assert from "node:assert/strict";
import { cluster, useCluster } from "./sharedCluster";
import { Project, soonDeadline } from "./support";

interface Pod {
  metadata: {
    name: string;
    uid: string;
    creationTimestamp: string;
    deletionTimestamp?: string;
    labels: Record<string, string>;
  };
  status: { conditions: { type: string; status: string; lastTransitionTime: string }[] };
}

export const app = {
  image: "localhost/app-go:1.0.0",
  containerPort: 8080,
  podManagementPolicy: "OrderedReady",
  readinessProbe: { httpGet: { path: "/healthcheck" }, periodSeconds: 1 },
  claims: { data: { size: "16Mi", mountPath: "/app/data" } },
};

/** A stack of one app in a namespace of its own. */
export class Rollouts extends Project {
  constructor(namespace: string, settings: Record<string, unknown>) {
    super(cluster, namespace, { replicas: 3, apps: { "app-go": { ...app, ...settings } } });
  }

  set(path: string, value: string) {
    return this.pulumi("config", "set", "--path", `apps.app-go.${path}`, value);
  }

  unset(path: string) {
    return this.pulumi("config", "rm", "--path", `apps.app-go.${path}`);
  }

  async pods(): Promise<Pod[]> {
    const selector = "app.kubernetes.io/name=app-go";
    const { items } = JSON.parse(await this.kubectl("get", "pods", "-l", selector, "-o", "json")) as { items: Pod[] };
    return items.sort((one, other) => one.metadata.name.localeCompare(other.metadata.name));
  }

  /** Asserts that all pods are ready, and gives the revision of each as a letter: equal letters, equal revisions. */
  async revisions(): Promise<string> {
    const seen: string[] = [];
    const letters = (await this.pods()).map(({ metadata, status }) => {
      assert.equal(status.conditions.find(({ type }) => type === "Ready")?.status, "True", metadata.name);
      const revision = metadata.labels["controller-revision-hash"] ?? "";
      if (!seen.includes(revision)) seen.push(revision);
      return "abcdef"[seen.indexOf(revision)] ?? "?";
    });
    return letters.join("");
  }

  /** The words of an update that fails, without the ten minutes that it would usually wait. */
  async failure(): Promise<string> {
    await this.set("progressDeadlineSeconds", soonDeadline);
    const update = this.up();
    await update.catch(() => undefined);
    await this.unset("progressDeadlineSeconds");
    return update.then(
      (output) => assert.fail(`up did not fail:\n${output}`),
      (error: unknown) => (error as Error).message,
    );
  }

  uids = async () => (await this.pods()).map(({ metadata }) => metadata.uid);
}

/** Has a suite make stacks on the shared cluster, which are removed after it. */
export function useRollouts(): (namespace: string, settings: Record<string, unknown>) => Promise<Rollouts> {
  const projects: Project[] = [];
  useCluster();
  after(() => {
    for (const project of projects) project.remove();
  });
  return async (namespace, settings) => {
    const rollouts = new Rollouts(namespace, settings);
    projects.push(rollouts);
    await rollouts.init();
    return rollouts;
  };
}
