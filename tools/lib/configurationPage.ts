import { format } from "prettier";
import { stack } from "../../schema/stack";
import { defaultOf, definitionOf, jsonSchema, type JsonSchema, kubernetesReference } from "./jsonSchema";

/** The page that describes every setting of a stack file: a section for each group with a title, the others within. */
export function configurationPage(project: string): Promise<string> {
  const { definitions = {}, ...root } = jsonSchema(stack);
  const groups: Record<string, JsonSchema> = { Stack: root, ...definitions };
  const titled = Object.keys(groups).filter((name) => groups[name]?.title !== undefined);
  const sections = sortedBy(titled, (name) => order.indexOf(name)).map((name) => section(name, groups));
  const text = `<!-- Written by \`npm run generate\` from the folder schema. -->

# Configuration

Every setting of a stack, as a stack file \`Pulumi.STACK.yaml\` has it under \`${project}:\`. A setting without a default can be left out unless it is *required*. Numbers and booleans can be written as text, as \`pulumi config set\` does; [text that looks like a number](#numbers-and-text) must be in quotes. [docs/configuration.schema.json](configuration.schema.json) lets an editor check a stack file: start the file with \`# yaml-language-server: $schema=docs/configuration.schema.json\`.

${sections.join("\n\n")}

## Numbers and text

Pulumi passes values to a program as YAML reads them: \`022\` is 18, \`1_000\` is 1000, \`1.10\` is 1.1, and \`True\` is true. Where a setting is text, such as a variable or a value of a ConfigMap, these are mistakes, as are dates, and names without quotes that YAML changes. Integers such as \`8080\`, and \`true\` and \`false\`, can stay:

\`\`\`
stateful-apps:apps.web.env.UMASK is 022, which YAML reads as 18; it must be in quotes, because YAML can change it
\`\`\`

The program compares what Pulumi passed with the stack file and with the \`config\` of \`Pulumi.yaml\`. It cannot see

- another file that \`--config-file\` names, unless that has the same values as the stack file. Fractions, long numbers and dates are mistakes in any case; \`022\` is used as 18;
- what a stack file was before Pulumi wrote it. \`pulumi config set\`, \`pulumi stack init\` and the first run with a passphrase write every value as Pulumi reads it: from then on the file itself says 18. \`npm run render\` reports the mistake before that.

Pulumi removes a line break at the beginning of a text. Text that begins with one is a mistake.

## Cluster

\`kubernetes:context\` and \`kubernetes:kubeconfig\` name the cluster. Without them it is the cluster that \`kubectl\` uses: that of the files in \`KUBECONFIG\`, of \`~/.kube/config\`, or of the pod in which Pulumi runs. A kubeconfig is a path or its content. Set content as a secret, with \`pulumi config set --secret kubernetes:kubeconfig < FILE\`: it is then encrypted in the stack file, in the state and in the history.

A stack remembers its cluster from its first update to its destruction; \`preview\` and \`up\` refuse another one. If \`clusterId\` names another cluster, the next \`up\` creates everything there and removes its apps, but not its volumes, here. \`pulumi destroy\` and \`pulumi refresh\` run no program and check nothing, unless \`--run-program\` is given.
`;
  return format(text, { parser: "markdown", printWidth: 120 });
}

/** The order of the sections. */
const order = [
  "Stack",
  "App",
  "Port",
  "Probe",
  "EnvValue",
  "Resources",
  "Claim",
  "PersistentVolumeClaimRetentionPolicy",
  "RestoreFrom",
  "Volume",
  "UpdateStrategy",
  "Ordinals",
  "ClientService",
  "HeadlessService",
  "PodServices",
  "NetworkPolicy",
  "PodDisruptionBudget",
  "Jobs",
  "Job",
  "CronJob",
  "Vault",
  "Overrides",
  "Store",
  "ConfigMap",
  "Secret",
  "Object",
];

const sortedBy = <T>(items: T[], key: (item: T) => number) => [...items].sort((one, other) => key(one) - key(other));

function section(name: string, groups: Record<string, JsonSchema>): string {
  const { title = name, description = "", see, example } = groups[name] ?? {};
  return [
    `## ${title}`,
    see === undefined ? description : `${description} ([more](${see}))`,
    ...(example === undefined ? [] : [`\`\`\`yaml\n${example}\n\`\`\``]),
    table(name, groups),
    notes[name] ?? "",
  ].join("\n\n");
}

/** What a table cannot say. */
const notes: Record<string, string> = {
  Claim: `The paths at which a volume is mounted can change like any setting of the pods. A larger size [grows](volumes.md) all volumes, those of former replicas among them, while the pods run; a smaller one is refused. Other settings of claims, and claims more or less, [change](volumes.md#other-changes-of-volumes) while the pods run, or replace one pod after the other. Claims that exist stay as they are, with their labels and their annotations; only claims that are created later, such as those of further replicas, follow the changed settings.

Every volume that another of the \`containers\` or \`initContainers\` mounts must be one of the \`claims\` or of the \`volumes\`. Kubernetes checks a claim only when it creates it: a StorageClass, a volume or a snapshot that does not exist shows in the events of the claim.`,
  ConfigMap: `\`files\` is what \`kubectl create configmap --from-file\` takes. A folder must contain nothing but files; hidden ones count. A symbolic link must not lead out of the folder of \`Pulumi.yaml\`. If \`files\` is text and not a list, it is a key like any other.

The content stays as it is, byte by byte. What is not UTF-8 text, or has characters that the API server does not accept in text, becomes \`binaryData\`. Pods can read it as a file, but not as a variable. Kubernetes allows 1 MiB of data in a ConfigMap or a Secret. Pulumi cannot pass more than 128 KiB of config to the program; the content of files does not count for that.

A change of a key of a ConfigMap or of a Secret replaces the pods that read this key, and no others: by \`env\`, by \`envFrom\`, or by a volume with the key in its \`items\`, with its file as \`subPath\`, or with all keys. The same applies to \`initContainers\`, \`containers\` and \`projected\` volumes. An object that the stack does not create must be [declared](existing-objects.md), or the reference must be \`optional\`.`,
  Secret: `\`\`\`sh
pulumi config set --secret --path 'secrets.credentials.password'      # asks for the value
pulumi config set --path 'secrets.credentials.token.generate' 32      # generates a value, once
\`\`\`

[\`files\`](#configmaps) works as for a ConfigMap:

\`\`\`yaml
stateful-apps:secrets:
  certificate:
    files: [secrets/tls.crt, secrets/tls.key]
\`\`\`

A Secret of another type than \`Opaque\` has it in \`secretTypes\`, beside \`secrets\`, where every name within a Secret is that of a key:

\`\`\`yaml
stateful-apps:secrets:
  certificate:
    files: [secrets/tls.crt, secrets/tls.key]
  registry:
    files: [.dockerconfigjson=secrets/registry.json]
stateful-apps:secretTypes:
  certificate: kubernetes.io/tls
  registry: kubernetes.io/dockerconfigjson
\`\`\`

The keys that Kubernetes requires of a type must be there: \`tls.crt\` and \`tls.key\`, \`.dockerconfigjson\` or \`.dockercfg\` with a map in JSON, \`username\` or \`password\` for \`kubernetes.io/basic-auth\`, and \`ssh-privatekey\`. \`imagePullSecrets\` of the stack must be of one of the two types of registries. Only the Secret itself has the type: the copies that pods read have none, because they consist of the keys that are read.

Kubernetes does not change the type of a Secret, and \`preview\` and \`up\` refuse to. Choose another name for the Secret of the other type.

Pulumi encrypts the content in its state, as it does with all values of Secrets. Nothing encrypts the file itself: keep it out of git, with a line in \`.gitignore\`.

A Secret with a generated value outlives \`pulumi destroy\`, as claims do, because what the value opens outlives it too. The next \`pulumi up\` adopts the Secret. No command changes a generated value.`,
};

function table(name: string, groups: Record<string, JsonSchema>): string {
  return ["| Setting | Value | Default | Meaning |", "|---|---|---|---|", ...rows(groups[name] ?? {}, "", groups)].join(
    "\n",
  );
}

function rows(group: JsonSchema, path: string, groups: Record<string, JsonSchema>): string[] {
  const { properties = {}, additionalProperties: others } = group;
  const settings = typeof others === "object" ? { ...properties, KEY: others } : properties;
  return Object.entries(settings).flatMap(([key, schema]) => {
    const here = path + key;
    const { name, suffix } = groupWithin(schema);
    const nested = name !== undefined && groups[name]?.title === undefined ? (groups[name] ?? {}) : {};
    const required = group.required?.includes(key) && schema.preset === undefined;
    const otherwise = required ? "_required_" : (defaultOf(schema) ?? "");
    const meaning = [schema.description, ...kubernetesTypes(schema)].join(" ");
    return [
      `| \`${here}\` | ${valueOf(schema, groups)} | ${otherwise} | ${meaning} |`,
      ...rows(nested, `${here}${suffix}.`, groups),
    ];
  });
}

/** The group of settings that a setting is, or is a map or a list of. */
function groupWithin(schema: JsonSchema): { name?: string; suffix: string } {
  const name = definitionOf(schema);
  if (name !== undefined) return { name, suffix: "" };
  if (schema.items) return { name: groupWithin(schema.items).name, suffix: "[]" };
  if (typeof schema.additionalProperties === "object") {
    const { name, suffix } = groupWithin(schema.additionalProperties);
    return { name, suffix: `.NAME${suffix}` };
  }
  return { suffix: "" };
}

const kubernetesTypes = ({ kubernetes, items }: JsonSchema): string[] => {
  const type = kubernetes ?? items?.kubernetes;
  return type === undefined ? [] : [`[${type.split(".").at(-1) ?? ""}](${kubernetesReference(type)})`];
};

function valueOf(schema: JsonSchema, groups: Record<string, JsonSchema>): string {
  const name = definitionOf(schema);
  const title = name === undefined ? undefined : groups[name]?.title;
  if (name !== undefined)
    return title === undefined ? "map" : `[${title}](#${title.toLowerCase().replaceAll(" ", "-")})`;
  if (schema.items) return `list of ${valueOf(schema.items, groups)}`;
  if (typeof schema.additionalProperties === "object") return `map of ${valueOf(schema.additionalProperties, groups)}`;
  if (schema.enum) return schema.enum.map((text) => `\`${text}\``).join(", ");
  if (schema.minimum !== undefined) return `${String(schema.minimum)} to ${String(schema.maximum)}`;
  if (schema.type === "object") return "map";
  if (schema.type === undefined) return "any";
  return [schema.type].flat()[0] === "boolean" ? "`true`, `false`" : "text";
}
