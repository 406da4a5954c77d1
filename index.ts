import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { checkStack } from "./stack/checks";
import { ConfigCopies } from "./stack/configCopies";
import { configObjects } from "./stack/configObjects";
import { ExistingVersions } from "./stack/existingVersions";
import { isRehearsing, markObjects, rememberIdentity } from "./stack/identity";
import { stackNamespace } from "./stack/namespace";
import { nextSteps } from "./stack/nextSteps";
import { furtherObjects } from "./stack/objects";
import { RedisStore } from "./components/redisStore";
import { StatefulApp } from "./components/statefulApp";
import { readConfig } from "./config";
import { dependenciesOf, inDependencyOrder } from "./config/dependencies";
import type { Cluster } from "./live/cluster";
import { KubeCluster } from "./live/kubeCluster";
import { passwordKey } from "./schema/store";

/** The engine calls it without arguments. */
export = async (given = readConfig(), cluster: Cluster = new KubeCluster(given.cluster)) => {
  const checked = await checkStack(given, cluster);
  // What is in the way is still there.
  if (isRehearsing()) return {};
  const { config, identity, clusterIdentifier, namespaceLabels, secrets, keepsSecrets, heldBack, existing } = checked;
  rememberIdentity(identity);
  markObjects(identity, clusterIdentifier, cluster);

  // Reverts fields that were changed by hand. That the objects belong to the stack was checked above.
  const common = { ...cluster.providerArgs, clusterIdentifier, enablePatchForce: true };
  const provider = new k8s.Provider("cluster", { ...common, enableConfigMapMutable: true });
  // For objects that can outlive the stack: after a destruction the next update adopts them.
  const retainingProvider = new k8s.Provider("retaining", {
    ...common,
    enableSecretMutable: true,
    upsertExistingObjects: true,
  });

  const { partOf } = identity;
  const namespace = stackNamespace(config, namespaceLabels, identity, retainingProvider);
  const place = { namespace, partOf, cluster, provider, retainingProvider, keepsSecrets: keepsSecrets ?? false };
  const copies = new ConfigCopies(configObjects(config, secrets, place), place);
  const versions = new ExistingVersions(config, existing);
  const objects = furtherObjects(config.objects, place);
  const options = { provider, cluster, identity, dependsOn: objects };

  const stores = Object.entries(config.stores).map(([name, settings]) => {
    const password = { name: copies.nameOf("secrets", name, [passwordKey]) ?? name, key: passwordKey };
    return [name, new RedisStore(name, { namespace, partOf, password, ...settings }, options)] as const;
  });

  const made = new Map<string, pulumi.Resource>(stores);
  const apps = inDependencyOrder(config.apps).map(([name, { store, dependsOn, ...settings }]) => {
    const needed = dependenciesOf({ store, dependsOn }).flatMap((other) => made.get(other) ?? []);
    const args = { namespace, partOf, ...versions.readBy(copies.readBy(settings)) };
    const app = new StatefulApp(name, args, { ...options, dependsOn: [...objects, ...needed] });
    made.set(name, app);
    return { name, app, steps: nextSteps(name, app, settings.service?.type, cluster.kubectlOptions) };
  });
  copies.keep(heldBack);

  return {
    apps: Object.fromEntries(apps.map(({ name, app }) => [name, app.outputs()])),
    stores: Object.fromEntries(stores.map(([name, store]) => [name, store.outputs()])),
    clusterId: clusterIdentifier,
    stackId: identity.id,
    // Pulumi warns of an output that is undefined.
    ...(keepsSecrets === undefined ? {} : { keepsSecrets }),
    nextSteps: pulumi.all(apps.map(({ steps }) => steps)).apply((steps) => steps.join("\n\n")),
  };
};
