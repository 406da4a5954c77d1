import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { run } from "./cluster/support";

const helmVersion = "v3.22.0";

/** Helm from the PATH, or built once, of one version. */
export async function helm(): Promise<string> {
  try {
    execFileSync("helm", ["version"], { stdio: "ignore" });
    return "helm";
  } catch {
    const folder = join(
      process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"),
      `stateful-apps/programs/helm-${helmVersion}`,
    );
    if (!existsSync(join(folder, "helm"))) {
      console.log(`building helm ${helmVersion} (about a minute)`);
      await run("go", ["install", `helm.sh/helm/v3/cmd/helm@${helmVersion}`], {
        env: { ...process.env, GOBIN: folder },
      });
    }
    return join(folder, "helm");
  }
}
