import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { readPulumiYaml } from "../../config/pulumiYaml";
import { readStackConfig, readStackFile } from "../../tools/lib/stackConfig";
import { needsProgram } from "../skip";
import { scalars } from "../unit/support/scalars";
import { yamlValue } from "../unit/support/yamlValues";
import { engine, root, run } from "./support";

/** A program that writes down the config that Pulumi passes to it. */
const program = `const { runtime } = require("@pulumi/pulumi");
require("node:fs").writeFileSync("passed.json", JSON.stringify(runtime.allConfig()));
`;

describe("YAML as Pulumi reads it, asked of Pulumi itself", function () {
  this.timeout("10m");
  const folder = mkdtempSync(join(tmpdir(), "stateful-apps-yaml-"));
  const stackFile = join(folder, "Pulumi.test.yaml");
  /** A sealed value, and the salt that belongs to it. */
  let sealed: string;
  let salt: string;

  const pulumi = (...args: string[]) =>
    run(engine, [...args, "--stack", "test", "--non-interactive"], {
      cwd: folder,
      env: { ...process.env, PULUMI_CONFIG_PASSPHRASE: "test", PULUMI_SKIP_UPDATE_CHECK: "true" },
    });

  before("a project", async function () {
    needsProgram(this, "pulumi", "version");
    mkdirSync(join(folder, ".state"));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    writeFileSync(join(folder, "index.js"), program);
    const project = "name: stateful-apps\nruntime: nodejs\nmain: index.js\nbackend: { url: 'file://./.state' }\n";
    writeFileSync(join(folder, "Pulumi.yaml"), project);
    await pulumi("stack", "init");
    await pulumi("config", "set", "--secret", "a", "a secret");
    const { config, encryptionsalt = "" } = readStackFile(stackFile);
    sealed = (config?.["stateful-apps:a"] as { secure: string }).secure;
    salt = encryptionsalt;
  });

  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** What Pulumi passes to a program, and what `render` reads, of these values by key. */
  async function readings(values: Record<string, string>) {
    const lines = Object.entries(values).map(([key, yaml]) => `  stateful-apps:${key}:${yaml}\n`);
    writeFileSync(stackFile, `config:\n${lines.join("")}encryptionsalt: ${salt}\n`);
    const content = readFileSync(stackFile);
    await pulumi("preview");
    // Pulumi writes a file that has no salt again.
    assert.deepEqual(readFileSync(stackFile), content);
    const passed = JSON.parse(readFileSync(join(folder, "passed.json"), "utf8")) as Record<string, string>;
    return { passed, read: readStackConfig(stackFile, "test").values };
  }

  /** What passes as JSON, in which the order of names means nothing. A text may only begin as JSON does. */
  const parsed = (value = ""): unknown => {
    try {
      return /^[{[]/.test(value) ? (JSON.parse(value) as unknown) : value;
    } catch {
      return value;
    }
  };

  it("is what render reads: scalars", async () => {
    const entries = Object.entries(scalars);
    const lines = entries.map(([written], i) => `\n    v${String(i)}: ${written}`);
    const { passed, read } = await readings({ maps: lines.join(""), list: " [022, ~]" });
    const values = parsed(passed["stateful-apps:maps"]) as Record<string, unknown>;
    assert.deepEqual(
      entries.map(([written], i) => [written, values[`v${String(i)}`]]),
      entries,
    );
    assert.deepEqual(parsed(read["stateful-apps:maps"]), values);
  });

  const seed = Number(process.env.SEED ?? randomInt(2 ** 31));
  it(`is what render reads: anything (SEED=${String(seed)})`, async () => {
    const generated = fc
      .sample(yamlValue, { numRuns: 400, seed })
      .map((written, i) => [`k${String(i)}`, written(`x${String(i)}`, sealed)] as const);
    const accepted = generated.filter(([, yaml]) => {
      try {
        // What is altered in any case is refused once it is known where it stands.
        return readPulumiYaml(`config:\n  a:${yaml}\n`).alterations.every((alteration) => alteration.of === "value");
      } catch {
        return false;
      }
    });
    // The rest has a name twice, or is a block within brackets: that is no YAML, or only Pulumi's.
    assert.ok(accepted.length > 0.95 * generated.length, `${String(accepted.length)} are accepted`);
    const { passed, read } = await readings(Object.fromEntries(accepted));
    assert.deepEqual(Object.keys(read).sort(), Object.keys(passed).sort());
    for (const [key, yaml] of accepted) {
      const name = `stateful-apps:${key}`;
      assert.deepEqual(parsed(read[name]), parsed(passed[name]), `${yaml} is read in another way`);
    }
  });
});
