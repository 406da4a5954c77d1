import * as pulumi from "@pulumi/pulumi";
import type { Cluster } from "../live/cluster";
import type { Identity } from "../objects/identity";

/** The settings of the apps, in which those with an autoscaler have the number of replicas that it has set. */
export async function withLiveReplicas<App extends { autoscaled: boolean; replicas: number }>(
  { namespace, apps }: { namespace: string; apps: Record<string, App> },
  identity: Identity,
  cluster: Cluster,
): Promise<Record<string, App>> {
  const autoscaled = Object.entries(apps).filter(([, app]) => app.autoscaled);
  if (autoscaled.length === 0 || identity.id === undefined) return apps;
  const statefulSets = await cluster.statefulSets(namespace);
  const found = { ...apps };
  for (const [name, app] of autoscaled) {
    const live = statefulSets.find(({ metadata }) => metadata?.name === name && identity.owns(metadata.labels));
    const replicas = live?.spec?.replicas ?? app.replicas;
    if (replicas !== app.replicas) {
      await pulumi.log.info(
        `${name} keeps the number of replicas that an autoscaler has set: ${String(replicas)} instead of ${String(app.replicas)}`,
      );
    }
    found[name] = { ...app, replicas };
  }
  return found;
}
