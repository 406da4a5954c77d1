/*
 * The main job of `npm start`: deploys the stack `dev`, visits its pods, destroys it, deploys it again and compares.
 *
 *   --context NAME   a context of the kubeconfig, instead of the local cluster
 */
import { randomBytes } from "node:crypto";
import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { podNames } from "../schema/names";
import { userError } from "../schema/userError";
import { byEngine, byKubectl } from "./lib/deployment";
import { type KubernetesObject, render } from "./lib/render";
import { capture, printTable, reportErrors, say, succeeds } from "./lib/commands";
import { passphraseFromEnvironment } from "./lib/stackConfig";
import { stackFileName } from "../config/stackFile";
import { environment, namedCluster, ownCluster, writeEnvironmentFile } from "./lib/clusters";

const stack = "dev";
const environmentFile = ".state/env";

/** A pod of the stack, and how to reach it. */
interface Pod {
  name: string;
  claims: string[];
  namespace: string;
  port: number;
}

/** The part of a StatefulSet that is needed here. */
interface StatefulSetSpec {
  replicas: number;
  ordinals?: { start?: number };
  template: { spec: { containers: { image: string; ports?: { containerPort: number }[] }[] } };
  volumeClaimTemplates: { metadata: { name: string } }[];
}

const specOf = (object: KubernetesObject) => object.spec as unknown as StatefulSetSpec;

function podsOf(statefulSet: KubernetesObject): Pod[] {
  const { name, namespace = "default" } = statefulSet.metadata;
  const { template, volumeClaimTemplates, ...numbering } = specOf(statefulSet);
  return podNames(name, numbering).map((pod) => ({
    name: pod,
    claims: volumeClaimTemplates.map(({ metadata }) => `${metadata.name}-${pod}`),
    namespace,
    port: template.spec.containers[0]?.ports?.[0]?.containerPort ?? 80,
  }));
}

/** Requests a path from a pod through the API server, which requires neither a forwarded port nor a shell in the image. */
function ask({ name, namespace, port }: Pod, path: string, env: NodeJS.ProcessEnv): Promise<string> {
  const url = `/api/v1/namespaces/${namespace}/pods/${name}:${String(port)}/proxy${path}`;
  return capture("kubectl", ["get", "--raw", url], { env });
}

const visitsOf = async (pods: Pod[], env: NodeJS.ProcessEnv) =>
  Promise.all(pods.map(async (pod) => Number(await ask(pod, "/visits", env))));

/** The file with the passphrase that was generated for this clone; undefined if the user has set one. */
function passphraseFile(): string | undefined {
  if (passphraseFromEnvironment() !== undefined) return undefined;
  const file = resolve(".state/passphrase");
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString("base64url"), { mode: 0o600 });
  process.env.PULUMI_CONFIG_PASSPHRASE_FILE = file;
  return file;
}

async function main() {
  const { context } = parseArgs({ options: { context: { type: "string" } } }).values;
  const passphraseFileName = passphraseFile();
  const objects = await render({ stack, configFile: stackFileName(stack), passphrase: passphraseFromEnvironment() });
  const statefulSets = objects.filter(({ kind }) => kind === "StatefulSet");
  const pods = statefulSets.flatMap(podsOf);
  const images = statefulSets.flatMap((object) => specOf(object).template.spec.containers.map(({ image }) => image));

  say(`The stack "${stack}" will consist of`);
  printTable(objects.map(({ kind, metadata }) => [kind, metadata.name]));
  printTable(pods.map(({ name, claims }) => ["Pod", name, ...claims.map((claim) => `on the claim ${claim}`)]));

  const shell = context === undefined ? await ownCluster() : await namedCluster(context, images);
  writeEnvironmentFile(environmentFile, shell, passphraseFileName);
  const env = { ...process.env, ...environment(shell, passphraseFileName) };

  const hasEngine = await succeeds("pulumi", ["version"], env);
  if (!hasEngine) {
    say("Pulumi cannot be downloaded here: kubectl applies what `npm run render` prints instead.");
  }
  const deployment = hasEngine ? await byEngine(stack, env) : await byKubectl(stack, objects, env);

  say("Deploying");
  await deployment.up();
  say("Visiting each pod");
  for (const [index, pod] of pods.entries()) {
    for (let visit = 0; visit <= index; visit++) await ask(pod, "/", env);
  }
  const before = await visitsOf(pods, env);
  say("Destroying: pods are removed, volumes stay");
  await deployment.destroy();
  say("Deploying again");
  await deployment.up();
  const after = await visitsOf(pods, env);

  say("The visits of each pod, before and after:");
  printTable([
    ["pod", "claim", "visits before", "visits after"],
    ...pods.map(({ name, claims }, index) => [name, claims.join(" "), String(before[index]), String(after[index])]),
  ]);
  const lost = pods.filter((_, index) => before[index] !== after[index]);
  if (lost.length > 0) throw userError(`Visits were lost: ${lost.map(({ name }) => name).join(", ")}`);

  say("What next");
  console.log(nextSteps(hasEngine, pods));
}

function nextSteps(hasEngine: boolean, [pod]: Pod[]): string {
  const namespace = pod?.namespace ?? "default";
  return [
    "In this folder, in any shell:",
    `  . ${environmentFile}                       # this cluster, and the passphrase of this clone`,
    ...(hasEngine
      ? [
          "  npx pulumi stack output nextSteps    # how to reach each app",
          "  npx pulumi config set replicas 4     # four pods each, once `up` has run",
          "  npx pulumi up --yes",
          "  npx pulumi destroy --yes             # pods and Services go; volumes and the namespace stay",
        ]
      : [
          "  npm run --silent render -- --show-secrets | kubectl apply --server-side --field-manager stateful-apps -f -",
        ]),
    `  kubectl --namespace ${namespace} get pods,pvc`,
  ].join("\n");
}

void reportErrors(main);
