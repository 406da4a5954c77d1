import * as pulumi from "@pulumi/pulumi";
import { Cluster } from "./components/cluster";
import { configObjects, versionsRead, withVersions } from "./components/configObjects";
import { checkCluster, lastDeployment, warnOfAbandonedClaims } from "./components/lastDeployment";
import { stackNamespace } from "./components/namespace";
import { nextSteps } from "./components/nextSteps";
import { checkOwnership } from "./components/ownership";
import { RedisStore } from "./components/redisStore";
import { StatefulApp } from "./components/statefulApp";
import { checkVaultInjector } from "./components/vault";
import { passwordKey, readConfig, storePort } from "./config";

// ts-node maps each stack trace through source maps, and the SDK takes one for every promise: an eighth of a large preview.
Reflect.deleteProperty(Error, "prepareStackTrace");

export = async () => {
  const config = readConfig();
  const partOf = `${pulumi.getProject()}-${pulumi.getStack()}`;

  const cluster = new Cluster(config.cluster);
  const last = await lastDeployment();
  const clusterId = await cluster.id();
  checkCluster({ context: cluster.context, id: clusterId, wanted: config.clusterId }, last);
  await warnOfAbandonedClaims(last, config);

  await checkOwnership(config, partOf, cluster);
  await checkVaultInjector(config.apps, cluster);

  // A stack that was told to move makes everything anew; a renamed context, or a new address, moves nothing.
  const clusterIdentifier = clusterId ?? last?.clusterId;
  const provider = cluster.provider("cluster", { clusterIdentifier, enableConfigMapMutable: true });
  // For what can outlive the stack: after a destroy it is there, and the next update takes it up again.
  const retainingProvider = cluster.provider("retaining", {
    clusterIdentifier,
    enableSecretMutable: true,
    upsertExistingObjects: true,
  });

  const namespace = await stackNamespace(config.namespace, partOf, cluster, retainingProvider);
  const objects = await configObjects(config, { namespace, partOf, cluster, provider, retainingProvider });

  const stores = Object.entries(config.stores).map(([name, settings]) => {
    const password = { name, key: passwordKey };
    const args = { namespace, partOf, port: storePort, password, ...settings };
    const configVersions = versionsRead([{ kind: "secrets", ...password }], objects);
    return [name, new RedisStore(name, { ...args, configVersions }, { provider, cluster })] as const;
  });

  const apps = Object.entries(config.apps).map(([name, settings]) => {
    const app = new StatefulApp(name, { namespace, partOf, ...withVersions(settings, objects) }, { provider, cluster });
    return { name, app, steps: nextSteps(name, app, settings.service?.type, cluster.kubectlOptions) };
  });

  return {
    apps: Object.fromEntries(apps.map(({ name, app }) => [name, app.outputs()])),
    stores: Object.fromEntries(stores.map(([name, store]) => [name, store.outputs()])),
    clusterId: clusterIdentifier,
    nextSteps: pulumi.all(apps.map(({ steps }) => steps)).apply((steps) => steps.join("\n\n")),
  };
};
