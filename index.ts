import * as pulumi from "@pulumi/pulumi";
import { Cluster } from "./live/cluster";
import { configObjects, versionsRead, withVersions } from "./stack/configObjects";
import { Identity } from "./objects/identity";
import { markObjects, rememberIdentity, stackIdentity } from "./stack/identity";
import {
  checkCluster,
  checkNothingForgotten,
  checkRoles,
  lastDeployment,
  rememberedCluster,
  warnOfAbandonedClaims,
} from "./stack/lastDeployment";
import { checkClaims } from "./stack/claims";
import { stackNamespace } from "./stack/namespace";
import { nextSteps } from "./stack/nextSteps";
import { checkOwnership, keepServiceAccounts } from "./stack/ownership";
import { RedisStore } from "./components/redisStore";
import { StatefulApp } from "./components/statefulApp";
import { checkVaultInjector } from "./stack/vaultInjector";
import { readConfig } from "./config";
import { passwordKey } from "./schema/store";

// ts-node maps every stack trace through source maps, and the SDK takes one for every promise: an eighth of a large preview.
Reflect.deleteProperty(Error, "prepareStackTrace");

export = async () => {
  const given = readConfig();
  const name = `${pulumi.getProject()}-${pulumi.getStack()}`;

  const cluster = new Cluster(given.cluster);
  const last = await lastDeployment();
  checkNothingForgotten(pulumi.getProject(), given.unsaid, last);
  checkRoles(given, last);
  const clusterId = await cluster.id(given.namespace);
  const access = { context: cluster.context, id: clusterId, wanted: given.clusterId };
  const warning = cluster.isReadable ? checkCluster(access, last?.clusterId) : undefined;
  if (warning !== undefined) await pulumi.log.warn(warning);
  await warnOfAbandonedClaims(last, given);

  const identity = given.cluster
    ? await stackIdentity(name, given.namespace, last, cluster)
    : new Identity(undefined, name);
  cluster.identity = identity;
  const config = { ...given, apps: await keepServiceAccounts(given, identity, cluster) };
  await checkOwnership(config, identity, cluster);
  await checkClaims(config, identity, cluster);
  await checkVaultInjector(config.apps, cluster);
  const first = given.cluster && (await rememberedCluster(clusterId ?? `stack ${identity.id ?? ""}`));
  const remembered = last?.clusterId ?? first;
  if (cluster.isReadable) checkCluster(access, remembered);
  rememberIdentity(identity);

  // A stack moves only if `clusterId` says so. A renamed context or a new address moves nothing.
  const clusterIdentifier = config.clusterId ?? remembered;
  markObjects(identity, clusterIdentifier);
  // Reverts fields that were changed by hand. That the objects belong to the stack was checked above.
  const common = { clusterIdentifier, enablePatchForce: true };
  const provider = cluster.provider("cluster", { ...common, enableConfigMapMutable: true });
  // For objects that can outlive the stack: after a destruction the next update adopts them.
  const retainingProvider = cluster.provider("retaining", {
    ...common,
    enableSecretMutable: true,
    upsertExistingObjects: true,
  });

  const { partOf } = identity;
  const namespace = await stackNamespace(config.namespace, identity, cluster, retainingProvider);
  const objects = await configObjects(config, { namespace, partOf, cluster, provider, retainingProvider });

  const stores = Object.entries(config.stores).map(([name, settings]) => {
    const password = { name, key: passwordKey };
    const args = { namespace, partOf, password, ...settings };
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
    stackId: identity.id,
    nextSteps: pulumi.all(apps.map(({ steps }) => steps)).apply((steps) => steps.join("\n\n")),
  };
};
