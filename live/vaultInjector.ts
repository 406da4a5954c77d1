import * as pulumi from "@pulumi/pulumi";
import { settingKey } from "../schema/settingKey";
import { userError } from "../schema/userError";
import type { Cluster } from "./cluster";

/** The name of the injector's webhook, however the injector is installed. */
const webhookName = "vault.hashicorp.com";

interface App {
  vault?: { requireInjector?: unknown };
}

/** Whether the pods of an app must not start without Vault's injector, which gives them their secrets. */
const requiresInjector = ({ vault }: App) => vault?.requireInjector === true;

/** Throws if apps require Vault's injector and it is not in the cluster. */
export async function checkVaultInjector(apps: Record<string, App>, cluster: Cluster): Promise<void> {
  const names = Object.entries(apps).flatMap(([name, app]) => (requiresInjector(app) ? [name] : []));
  if (names.length === 0) return;
  const webhooks = await cluster.mutatingWebhooks();
  if (webhooks === undefined || webhooks === "hidden" || webhooks.includes(webhookName)) return;
  const settings = names.map((name) => settingKey(`apps.${name}.vault.requireInjector`)).join(", ");
  throw userError(
    `Vault's injector is not in the cluster: no MutatingWebhookConfiguration has a webhook ${webhookName}. The pods of ${names.join(", ")} would start without their secrets; nothing was changed.\n` +
      `  Install it (docs/vault.md says how), or set to false: ${settings}`,
  );
}

/** The same for one app, with a warning if the user is not allowed to look. */
export async function checkVaultInjectorOf(name: string, app: App, cluster: Cluster, resource: pulumi.Resource) {
  await checkVaultInjector({ [name]: app }, cluster);
  if (requiresInjector(app) && (await cluster.mutatingWebhooks()) === "hidden") {
    await pulumi.log.warn(
      `Cannot determine whether Vault's injector is in the cluster: the user is not allowed to list MutatingWebhookConfigurations. Without the injector, the pods of ${name} start without their secrets.`,
      resource,
    );
  }
}
