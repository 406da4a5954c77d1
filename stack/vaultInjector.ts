import * as pulumi from "@pulumi/pulumi";
import { userError } from "../schema/userError";
import type { Cluster } from "../live/cluster";

/** The name of the injector's webhook, wherever it is installed from. */
const webhookName = "vault.hashicorp.com";

/** Refuses apps that count on Vault's injector where there is none: their pods would start without their secrets. */
export async function checkVaultInjector(
  apps: Record<string, { vault?: { requireInjector: boolean } }>,
  cluster: Cluster,
): Promise<void> {
  const names = Object.entries(apps).flatMap(([name, { vault }]) => (vault?.requireInjector ? [name] : []));
  if (names.length === 0) return;
  const webhooks = await cluster.mutatingWebhooks();
  if (webhooks === undefined) return;
  const apart = names.map((name) => `stateful-apps:apps.${name}.vault.requireInjector`).join(", ");
  if (webhooks === "hidden") {
    await pulumi.log.warn(
      `Cannot determine whether Vault's injector is in the cluster: the user is not allowed to list MutatingWebhookConfigurations. Without the injector, pods start without the secrets of ${names.join(", ")}.`,
    );
  } else if (!webhooks.includes(webhookName)) {
    throw userError(
      `Vault's injector is not in the cluster: no MutatingWebhookConfiguration has a webhook ${webhookName}. The pods of ${names.join(", ")} would start without their secrets; nothing was changed.\n` +
        `  Install it (docs/vault.md says how), or set to false: ${apart}`,
    );
  }
}
