import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { checkVaultInjector, checkVaultInjectorOf } from "../../live/vaultInjector";
import { NoCluster } from "../../live/noCluster";
import { MemoryCluster } from "./support/memoryCluster";

describe("Vault's injector", () => {
  const apps = {
    cart: { vault: { requireInjector: true } },
    mail: { vault: { requireInjector: false } },
    constructor: {},
  };
  const withWebhooks = (...names: string[]) => {
    const cluster = new MemoryCluster();
    cluster.webhooks.push(...names);
    return cluster;
  };

  it("is required by the apps that say so, which are named", async () => {
    await assert.rejects(
      checkVaultInjector(apps, withWebhooks("other.example.com")),
      /^Error: Vault's injector is not in the cluster: .* The pods of cart would start without .*set to false: \S+:apps\.cart\.vault\.requireInjector$/s,
    );
    await checkVaultInjector({ mail: apps.mail }, withWebhooks());
  });

  it("is found by its webhook", async () => {
    await checkVaultInjector(apps, withWebhooks("other.example.com", "vault.hashicorp.com"));
  });

  it("is not required of a cluster that nothing is known about", async () => {
    await checkVaultInjector(apps, new NoCluster());
  });

  it("is required by an app in a program too, with a warning if the user is not allowed to look", async () => {
    const app = {} as pulumi.Resource;
    await assert.rejects(checkVaultInjectorOf("cart", apps.cart, withWebhooks(), app), /is not in the cluster/);
    const warnings: string[] = [];
    const { warn } = pulumi.log;
    const log = pulumi.log as { warn: typeof warn };
    log.warn = (message) => Promise.resolve(void warnings.push(message));
    try {
      const cluster = withWebhooks();
      cluster.hidden.add("MutatingWebhookConfiguration");
      await checkVaultInjectorOf("cart", apps.cart, cluster, app);
      await checkVaultInjectorOf("mail", apps.mail, cluster, app);
    } finally {
      log.warn = warn;
    }
    assert.equal(warnings.length, 1);
    assert.match(warnings[0] ?? "", /^Cannot determine whether .*, the pods of cart start without their secrets\.$/);
  });
});
