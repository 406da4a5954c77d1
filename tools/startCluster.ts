import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { delimiter, resolve } from "node:path";
import { userError } from "../schema/userError";
import { capture, say, show } from "./run";

/** How a shell reaches a cluster. */
export interface ClusterShell {
  kubeconfig: string;
  /** Where kubectl is, when it is not on the PATH already. */
  programs?: string;
}

/** Starts the throw-away cluster, or does nothing where it runs. It loads the sample apps' images by itself. */
export async function ownCluster(): Promise<ClusterShell> {
  await show("bash", ["local-cluster/cluster.sh", "up"]);
  const status = await capture("bash", ["local-cluster/cluster.sh", "status"]);
  return clusterShell(status);
}

/** What cluster.sh tells a shell to export. */
export function clusterShell(output: string): Required<ClusterShell> {
  const [, kubeconfig, programs] = /export KUBECONFIG=(\S+) PATH=\$PATH:(\S+)/.exec(output) ?? [];
  if (kubeconfig === undefined || programs === undefined) throw new Error(`cluster.sh said:\n${output}`);
  return { kubeconfig, programs };
}

/** A cluster that the user named, by a kubeconfig that leads there and nowhere else. */
export async function namedCluster(context: string, images: string[]): Promise<ClusterShell> {
  const config = await capture("kubectl", ["config", "view", "--minify", "--flatten", "--raw", "--context", context]);
  const server = /server: (\S+)/.exec(config)?.[1] ?? "?";
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

/** What brings images that no registry has to a cluster: `localhost/app-NAME` is built from apps/NAME. */
export function imageCommands(context: string, images: string[]): string[][] {
  const local = [...new Set(images)].filter((image) => image.startsWith("localhost/"));
  const [, tool, name = ""] = /^(kind|stateful-apps)-(.+)$/.exec(context) ?? [];
  // cluster.sh has loaded them.
  if (tool === "stateful-apps") return [];
  return local.flatMap((image) => {
    const folder = `apps/${/^localhost\/app-([^:]+)/.exec(image)?.[1] ?? ""}`;
    if (!existsSync(`${folder}/Dockerfile`))
      throw userError(`There is no ${folder} from which ${image} could be built.`);
    if (tool === "kind") {
      return [
        ["docker", "build", "--tag", image, folder],
        ["kind", "load", "docker-image", "--name", name, image],
      ];
    }
    if (context === "minikube") return [["minikube", "image", "build", "--tag", image, folder]];
    throw userError(
      `The image ${image} is on this machine only, and the cluster of the context ${context} is elsewhere; nothing was changed.\n` +
        "  Push it to a registry of yours, and name it there: stateful-apps:apps.NAME.image in Pulumi.dev.yaml",
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
