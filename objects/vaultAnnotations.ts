import * as pulumi from "@pulumi/pulumi";
import type { VaultArgs } from "../schema/args";

const prefix = "vault.hashicorp.com/";

/** The annotations that tell Vault's injector which secrets a pod gets, as files in `/vault/secrets`. */
export function vaultAnnotations(args: VaultArgs | undefined): Record<string, pulumi.Input<string>> {
  if (args === undefined) return {};
  const { role, secrets, status, prePopulate } = args;
  const annotations: Record<string, pulumi.Input<string> | undefined> = {
    "agent-inject": "true",
    role,
    "agent-inject-status": status,
    "agent-pre-populate": prePopulate === undefined ? undefined : pulumi.output(prePopulate).apply(String),
  };
  for (const [name, { path, file, template }] of Object.entries(secrets)) {
    annotations[`agent-inject-secret-${name}`] = path;
    annotations[`agent-inject-file-${name}`] = file;
    annotations[`agent-inject-template-${name}`] = template;
  }
  const given = Object.entries(annotations).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.map(([name, value]) => [prefix + name, value ?? ""]));
}
