import { userError } from "../config/userError";
import type { Cluster, Kind } from "./cluster";
import { stackLabels } from "./labels";
import { clientServiceName } from "./names";

interface NamedObjects {
  namespace: string;
  apps: Record<string, { serviceAccount?: { name?: string; create?: boolean } }>;
  stores: Record<string, unknown>;
  configMaps: Record<string, unknown>;
  secrets: Record<string, unknown>;
}

/** The names of all objects that the config asks for, with the key that asks for each. */
export function objectNames(config: NamedObjects): Record<Kind, Map<string, string>> {
  const apps = Object.entries(config.apps);
  const keyed = (key: string, names: string[]) => new Map(names.map((name) => [name, `${key}.${name}`]));
  const stores = keyed("stores", Object.keys(config.stores));
  return {
    StatefulSet: new Map([...keyed("apps", Object.keys(config.apps)), ...stores]),
    Service: new Map([
      ...apps.flatMap(([name]) =>
        [name, clientServiceName(name)].map((service): [string, string] => [service, `apps.${name}`]),
      ),
      ...stores,
    ]),
    ServiceAccount: new Map(
      apps
        .filter(([, { serviceAccount }]) => serviceAccount?.create ?? true)
        .map(([name, { serviceAccount }]) => [serviceAccount?.name ?? name, `apps.${name}`]),
    ),
    ConfigMap: keyed("configMaps", Object.keys(config.configMaps)),
    // A store's Secret may be one that the user has not written down.
    Secret: new Map([...keyed("secrets", Object.keys(config.secrets)), ...stores]),
  };
}

/**
 * Refuses to touch what somebody else made. An object with the stack's labels is the stack's, even where its state does
 * not know it: an interrupted update left it, or `kubectl apply` made it, and `npm run recover` takes it up.
 */
export async function checkOwnership(config: NamedObjects, partOf: string, cluster: Cluster): Promise<void> {
  const wanted = Object.entries(objectNames(config)) as [Kind, Map<string, string>][];
  const foreign = await Promise.all(
    wanted
      .filter(([, names]) => names.size > 0)
      .map(async ([kind, names]) => {
        const others = await cluster.foreignNames(kind, config.namespace, partOf);
        return others.filter((name) => names.has(name)).map((name) => ({ kind, name, key: names.get(name) ?? "" }));
      }),
  );
  const lines = foreign
    .flat()
    .map(({ kind, name, key }) => `  stateful-apps:${key} takes a ${kind} ${name}, and there is one already`);
  if (lines.length === 0) return;
  const labels = Object.entries(stackLabels(partOf)).map(([label, value]) => `${label}=${value}`);
  throw userError(
    `The namespace ${config.namespace} holds objects that the stack did not make; nothing was changed.\n${lines.join("\n")}\n` +
      `  Choose other names; or give an object that is to become the stack's its labels: ${labels.join(" ")}`,
  );
}
