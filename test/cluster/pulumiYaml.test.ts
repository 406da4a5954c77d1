import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { scalars } from "../unit/support/scalars";
import { cluster, useCluster } from "./sharedCluster";
import { Project } from "./support";

describe("YAML as Pulumi reads it, asked of Pulumi itself", function () {
  this.timeout("10m");
  const project = new Project(cluster, "yaml", {});

  useCluster([project]);

  it("is what render reads", async () => {
    const entries = Object.entries(scalars);
    const lines = entries.map(([written], i) => `    v${String(i)}: ${written}`);
    writeFileSync(project.stackFile, `config:\n  stateful-apps:configMaps:\n${lines.join("\n")}\n`);
    const config = JSON.parse(await project.pulumi("config", "--json")) as Record<string, { value: string }>;
    const passed = JSON.parse(config["stateful-apps:configMaps"]?.value ?? "") as Record<string, unknown>;
    assert.deepEqual(
      entries.map(([written], i) => [written, passed[`v${String(i)}`]]),
      entries,
    );
  });
});
