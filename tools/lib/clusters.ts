import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { parseEnv } from "node:util";
import { parse } from "yaml";
import { userError } from "../../schema/userError";
import { capture, say, show } from "./commands";
import { project } from "./stackConfig";

/** How a shell reaches a cluster. */
export interface ClusterShell {
  kubeconfig: string;
  /** The folder of kubectl, if it is not on the PATH already. */
  programs?: string;
}

/** Starts the local cluster if it does not run. It loads the images of the sample apps by itself. */
export async function ownCluster(): Promise<ClusterShell> {
  await show("bash", ["local-cluster/cluster.sh", "up"]);
  return clusterShell(await capture("bash", ["local-cluster/cluster.sh", "env"]));
}

/** What `cluster.sh env` prints. */
export function clusterShell(output: string): Required<ClusterShell> {
  const { KUBECONFIG = "", PROGRAMS = "" } = parseEnv(output);
  return { kubeconfig: KUBECONFIG, programs: PROGRAMS };
}

/** A cluster that the user named, by a kubeconfig that contains no other. */
export async function namedCluster(context: string, images: string[]): Promise<ClusterShell> {
  const config = await capture("kubectl", ["config", "view", "--minify", "--flatten", "--raw", "--context", context]);
  const { clusters } = parse(config) as { clusters: { cluster: { server: string } }[] };
  const server = clusters[0]?.cluster.server ?? "";
  say(`Using the cluster of the context ${context}, at ${server}`);
  const kubeconfig = resolve(".state/kubeconfig");
  writeFileSync(kubeconfig, config, { mode: 0o600 });
  chmodSync(kubeconfig, 0o600);
  await show("kubectl", ["--kubeconfig", kubeconfig, "config", "use-context", context]);
  for (const command of imageCommands(context, images)) {
    say(command.join(" "));
    const [program = "", ...args] = command;
    await show(program, args);
  }
  return { kubeconfig };
}

/** The commands that load images into a cluster that no registry has: `localhost/app-NAME` is built from apps/NAME. */
export function imageCommands(context: string, images: string[]): string[][] {
  const local = [...new Set(images)].filter((image) => image.startsWith("localhost/"));
  const [, tool, name = ""] = /^(kind|stateful-apps)-(.+)$/.exec(context) ?? [];
  // cluster.sh has loaded the images.
  if (tool === "stateful-apps") return [];
  return local.flatMap((image) => {
    const folder = `apps/${/^localhost\/app-([^:]+)/.exec(image)?.[1] ?? ""}`;
    if (!existsSync(`${folder}/Dockerfile`))
      throw userError(`The image ${image} cannot be built: there is no folder ${folder}.`);
    if (tool === "kind") {
      return [
        ["docker", "build", "--tag", image, folder],
        ["kind", "load", "docker-image", "--name", name, image],
      ];
    }
    if (context === "minikube") return [["minikube", "image", "build", "--tag", image, folder]];
    throw userError(
      `The image ${image} exists only on this machine, and the cluster of the context ${context} is elsewhere; nothing was changed.\n` +
        `  Push the image to your registry, and set its name: ${project}:apps.NAME.image in Pulumi.dev.yaml`,
    );
  });
}

/** The environment of a shell that uses the cluster. */
export function environment({ kubeconfig, programs }: ClusterShell, passphraseFile: string | undefined) {
  const path = process.env.PATH ?? "";
  return {
    KUBECONFIG: kubeconfig,
    ...(programs === undefined
      ? {}
      : { PATH: path.split(delimiter).includes(programs) ? path : `${path}:${programs}` }),
    ...(passphraseFile === undefined ? {} : { PULUMI_CONFIG_PASSPHRASE_FILE: passphraseFile }),
  };
}

/** The same, as a file for a new shell to read. */
export function writeEnvironmentFile(file: string, shell: ClusterShell, passphraseFile: string | undefined): void {
  const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;
  const lines = [
    `export KUBECONFIG=${quoted(shell.kubeconfig)}`,
    ...(shell.programs === undefined ? [] : [`export PATH="$PATH":${quoted(shell.programs)}`]),
    ...(passphraseFile === undefined ? [] : [`export PULUMI_CONFIG_PASSPHRASE_FILE=${quoted(passphraseFile)}`]),
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
}
