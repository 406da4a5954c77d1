import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { parseDocument } from "yaml";
import { type KubernetesObject, toYaml } from "./manifests";
import { capture, show, succeeds } from "./run";
import { readStackFile, stackFileName } from "./stackConfig";

/** A stack as something that can be made, and taken away again without its data. */
export interface Deployment {
  up: () => Promise<void>;
  destroy: () => Promise<void>;
}

/** By the engine. The stack file stays as it is: the engine finds its salt in a copy that git does not see. */
export async function byEngine(stack: string, partOf: string, env: NodeJS.ProcessEnv): Promise<Deployment> {
  const file = stackFileName(stack);
  const copy = `.state/${file}`;
  const options = { env: { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" } };
  const listing = await capture("pulumi", ["stack", "ls", "--json"], options);
  const known = (JSON.parse(listing) as { name: string; resourceCount?: number }[]).find(({ name }) => name === stack);
  if (known) {
    await show("pulumi", ["stack", "select", stack, "--non-interactive"], options);
    copyStackFile(file, copy);
  } else {
    // `stack init` writes the salt too, and only into the stack file.
    const before = readFileSync(file);
    await show("pulumi", ["stack", "init", stack, "--non-interactive"], options);
    copyFileSync(file, copy);
    writeFileSync(file, before);
  }

  const selector = `app.kubernetes.io/part-of=${partOf}`;
  const live = await capture("kubectl", ["get", "statefulsets", "--all-namespaces", "-o", "name", "-l", selector], {
    env,
  });
  // Made by kubectl, or by an engine that lost its state.
  const isUnknownToEngine = live !== "" && !known?.resourceCount;
  const takeUp = { ...options.env, PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true", PULUMI_K8S_ENABLE_PATCH_FORCE: "true" };
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

/** Keeps the salt of the last copy, where the stack file has none of its own. */
function copyStackFile(file: string, copy: string): void {
  const salt =
    readStackFile(file).encryptionsalt ?? (existsSync(copy) ? readStackFile(copy).encryptionsalt : undefined);
  if (salt === undefined) {
    copyFileSync(file, copy);
    return;
  }
  const document = parseDocument(readFileSync(file, "utf8"));
  document.set("encryptionsalt", salt);
  writeFileSync(copy, String(document));
}

/** By kubectl, where the engine cannot be had. What outlives a destroy by the engine outlives this one too. */
export function byKubectl(objects: KubernetesObject[], env: NodeJS.ProcessEnv): Deployment {
  const kubectl = (args: string[], subset: KubernetesObject[]) =>
    show("kubectl", [...args, "-f", "-"], { env, input: toYaml(subset) });
  const isThere = ({ kind, metadata: { name, namespace = "" } }: KubernetesObject) =>
    succeeds("kubectl", ["get", kind, name, `--namespace=${namespace}`], env);
  const lasting = objects.filter(({ kind }) => kind === "Namespace" || kind === "Secret");
  const passing = objects.filter((object) => !lasting.includes(object));
  return {
    up: async () => {
      // A namespace or a Secret that is there is left alone: its labels may be another's, its values made up long ago.
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
      }
    },
    destroy: () => kubectl(["delete", "--ignore-not-found", "--cascade=foreground"], passing),
  };
}

/** The program's own name as the owner of fields, so that the engine can take over later without a conflict. */
const applyArgs = ["apply", "--server-side", "--field-manager", "stateful-apps"];
