import { map, optional, required, settings, withDefault } from "./settings";
import { boolean, configKey, oneOf, text, vaultName } from "./values";

const secret = settings(
  "VaultSecret",
  { description: "A secret of Vault as a file." },
  {
    path: required(text(), "The path of the secret in Vault, such as `internal/data/server/config`."),
    file: optional(configKey(), "The name of the file in `/vault/secrets`.", { absent: "the name of the secret here" }),
    template: optional(text(), "The Consul template that the file is written by.", {
      absent:
        "Vault's: a line for each field of the answer, which for version 2 of the key-value store is one line, `data: map[…]`",
    }),
  },
);

export const vault = settings(
  "Vault",
  {
    title: "Vault",
    description:
      "Secrets of HashiCorp Vault as files in `/vault/secrets`, written by Vault's injector ([Secrets from HashiCorp Vault](vault.md)). Requires `automountServiceAccountToken: true`.",
    see: "https://developer.hashicorp.com/vault/docs/platform/k8s/injector/annotations",
    example: `automountServiceAccountToken: true
vault:
  role: internal-app
  secrets:
    config: { path: internal/data/server/config }`,
  },
  {
    role: required(text(), "The role with which the pods log in to Vault."),
    secrets: required(map(vaultName(), secret), "The secrets, by name. Each is a file in `/vault/secrets`."),
    status: optional(oneOf("update"), "`update` injects the secrets again into a pod that had them before."),
    prePopulate: optional(boolean(), "Whether the app waits for its secrets before it starts.", { absent: "true" }),
    requireInjector: withDefault(
      boolean(),
      true,
      "Whether the app is refused if Vault's injector is not in the cluster. Without the injector, pods start without their secrets.",
    ),
  },
);
