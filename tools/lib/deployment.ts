import { randomUUID } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { isMap, parseDocument, type Scalar } from "yaml";
import { type KubernetesObject, toYaml } from "./render";
import { identityLabel } from "../../objects/identity";
import { rememberedIds, rememberId } from "../../stack/identity";
import { groupOf } from "../../schema/checkObjects";
import { userError } from "../../schema/userError";
import { capture, show, succeeds } from "./commands";
import { project, readStackFile } from "./stackConfig";
import { stackFileName } from "../../config/stackFile";

/** A way to create a stack, and to remove it without its data. */
export interface Deployment {
  up: () => Promise<void>;
  destroy: () => Promise<void>;
}

/** By Pulumi. The stack file stays as it is: Pulumi finds its salt in a copy that git ignores. */
export async function byEngine(stack: string, env: NodeJS.ProcessEnv): Promise<Deployment> {
  const file = stackFileName(stack);
  const copy = `.state/${file}`;
  const options = { env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" } };
  const listing = await capture("pulumi", ["stack", "ls", "--json"], options);
  const known = (JSON.parse(listing) as { name: string; resourceCount?: number }[]).find(({ name }) => name === stack);
  if (known) {
    await show("pulumi", ["stack", "select", stack, "--non-interactive"], options);
    copyStackFile(file, copy);
  } else {
    // `stack init` writes the salt into the stack file too.
    const before = readFileSync(file);
    await show("pulumi", ["stack", "init", stack, "--non-interactive"], options);
    copyFileSync(file, copy);
    writeFileSync(file, before);
  }

  // Objects that this clone created by kubectl, or with a state that is lost.
  const ids = rememberedIds(qualified(stack));
  const isUnknownToEngine = ids.length > 0 && !known?.resourceCount;
  const takeUp = {
    ...options.env,
    PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true",
    STATEFUL_APPS_TAKE_OVER: ids.join(","),
  };
  const common = [
    "--yes",
    "--non-interactive",
    "--stack",
    stack,
    "--config-file",
    copy,
    "--skip-preview",
    "--suppress-progress",
    "--suppress-outputs",
  ];
  let upOptions = isUnknownToEngine ? { env: takeUp } : options;
  return {
    up: async () => {
      await show("pulumi", ["up", ...common], upOptions);
      upOptions = options;
    },
    destroy: () => show("pulumi", ["destroy", ...common], options),
  };
}

/** Keeps the salt of the last copy if the stack file has none. */
function copyStackFile(file: string, copy: string): void {
  const salt = existsSync(copy) ? readStackFile(copy).encryptionsalt : undefined;
  const text = readFileSync(file, "utf8");
  const isComplete = salt === undefined || readStackFile(file).encryptionsalt !== undefined;
  writeFileSync(copy, isComplete ? text : withSalt(text, salt));
}

/** The text of a stack file with a salt. Everything else stays as it is written, because YAML can change what it writes. */
export function withSalt(text: string, salt: string): string {
  const { contents } = parseDocument(text, { schema: "failsafe" });
  const entry = `encryptionsalt: ${JSON.stringify(salt)}`;
  if (!isMap<Scalar>(contents)) return `${text}\n${entry}\n`;
  const [start] = (contents.flow ? contents : contents.items[0]?.key)?.range ?? [0];
  if (contents.flow) return `${text.slice(0, start + 1)}${entry}, ${text.slice(start + 1)}`;
  const indentation = text.slice(text.lastIndexOf("\n", start - 1) + 1, start);
  return `${text.slice(0, start)}${entry}\n${indentation}${text.slice(start)}`;
}

/** The qualified name of a stack whose state is in a folder. */
const qualified = (stack: string) => ["organization", project, stack];

/** A kind as kubectl knows it apart from kinds of the same name in other groups. */
const resourceOf = (apiVersion: string, kind: string) => [kind, groupOf(apiVersion)].filter(Boolean).join(".");

/** Refuses to change objects that this clone did not create. */
async function checkObjects(objects: KubernetesObject[], ids: string[], env: NodeJS.ProcessEnv): Promise<void> {
  const foreign: string[] = [];
  for (const { apiVersion, kind, metadata } of objects.filter(({ kind }) => kind !== "Namespace")) {
    const args = [
      "get",
      resourceOf(apiVersion, kind),
      metadata.name,
      `--namespace=${metadata.namespace ?? "default"}`,
      "--ignore-not-found",
    ];
    const found = await capture("kubectl", [...args, "-o", "json"], { env });
    if (found === "") continue;
    const { labels = {} } = (JSON.parse(found) as KubernetesObject).metadata;
    if (!ids.includes(labels[identityLabel] ?? "")) foreign.push(`  ${kind} ${metadata.name}`);
  }
  if (foreign.length === 0) return;
  throw userError(
    `The cluster contains objects that this clone did not create; nothing was changed.\n${foreign.join("\n")}\n` +
      `  Choose another namespace (${project}:namespace in the stack file), or another cluster.`,
  );
}

/** By kubectl, if Pulumi cannot be downloaded. The same objects outlive a destruction. */
export async function byKubectl(
  stack: string,
  unmarked: KubernetesObject[],
  env: NodeJS.ProcessEnv,
): Promise<Deployment> {
  const ids = rememberedIds(qualified(stack));
  await checkObjects(unmarked, ids, env);
  const id = ids.at(-1) ?? randomUUID();
  rememberId(qualified(stack), id);
  const objects = unmarked.map(({ metadata, ...object }) => ({
    ...object,
    metadata: { ...metadata, labels: { ...metadata.labels, [identityLabel]: id } },
  }));
  const kubectl = (args: string[], subset: KubernetesObject[]) =>
    show("kubectl", [...args, "-f", "-"], { env, input: toYaml(subset) });
  const isThere = ({ kind, metadata: { name, namespace = "" } }: KubernetesObject) =>
    succeeds("kubectl", ["get", kind, name, `--namespace=${namespace}`], env);
  const lasting = objects.filter(({ kind }) => kind === "Namespace" || kind === "Secret");
  const passing = objects.filter((object) => !lasting.includes(object));
  return {
    up: async () => {
      // A namespace or a Secret that exists is not changed: it can be shared, or contain generated values.
      for (const object of lasting) if (!(await isThere(object))) await kubectl(applyArgs, [object]);
      await kubectl(applyArgs, passing);
      for (const { metadata, spec } of objects.filter(({ kind }) => kind === "StatefulSet")) {
        const { replicas } = spec as { replicas: number };
        if (replicas === 0) continue;
        const ready = `--for=jsonpath={.status.readyReplicas}=${String(replicas)}`;
        const namespace = metadata.namespace ?? "default";
        await show("kubectl", ["wait", ready, `statefulset/${metadata.name}`, "-n", namespace, "--timeout=5m"], {
          env,
        });
        const claims = ["persistentvolumeclaims", "--selector", `app.kubernetes.io/name=${metadata.name}`];
        const label = ["label", ...claims, `${identityLabel}=${id}`, "--overwrite", "-n", namespace];
        await show("kubectl", label, { env });
      }
    },
    destroy: () => kubectl(["delete", "--ignore-not-found", "--cascade=foreground"], passing),
  };
}

/** The program's own field manager, so that Pulumi can take over later without a conflict. */
const applyArgs = ["apply", "--server-side", "--field-manager", "stateful-apps"];
