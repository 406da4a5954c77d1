import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import * as fc from "fast-check";
import { parse, parseAllDocuments } from "yaml";
import { toYaml } from "../../tools/lib/render";

const root = resolve(__dirname, "../..");

/** A stack file as the engine left it; its passphrase is "correct". */
const stackFile = `config:
  stateful-apps:apps:
    one:
      containerPort: 8080
      image: localhost/app-go:1.0.0
      env:
        DB_USER: { valueFrom: { secretKeyRef: { name: db, key: user } } }
  stateful-apps:secrets:
    db:
      password: { generate: 24 }
      user:
        secure: v1:BliGuuzCuSBiNxj4:9JI8nN22BSvf3SyUyhU4jIn4aA==
encryptionsalt: v1:t858O7tmbb0=:v1:VQjETgzHtJLCmP2i:ZSvgH7h0mUzQCoMtl6ovYAF8UQ2szg==
`;

interface Manifest {
  kind: string;
  metadata: { name: string; annotations?: Record<string, string> };
  data?: Record<string, string>;
}

describe("npm run render", function () {
  const folder = mkdtempSync(join(tmpdir(), "stateful-apps-render-"));
  const file = join(folder, "Pulumi.dev.yaml");

  before(() => {
    writeFileSync(file, stackFile);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  /** Neither cluster nor engine: the environment has a passphrase at most. */
  function render(args: string[] = [], passphrase?: string, config = file) {
    const { KUBECONFIG, PULUMI_CONFIG_PASSPHRASE_FILE, ...env } = process.env;
    return new Promise<{ code: number; stdout: string; stderr: string }>((fulfil) => {
      const command = ["--require", "./tools/bundle.cjs", "tools/render.ts", "--config-file", config, ...args];
      const options = { cwd: root, env: { ...env, KUBECONFIG: "/nowhere", PULUMI_CONFIG_PASSPHRASE: passphrase } };
      execFile("node", command, options, (error, stdout, stderr) => {
        fulfil({ code: error ? Number(error.code) : 0, stdout, stderr });
      });
    });
  }

  /** What most tests look at. */
  let hidden: ReturnType<typeof render>;
  let shown: ReturnType<typeof render>;
  before(() => {
    hidden = render();
    shown = render(["--show-secrets"], "correct");
  });

  const manifests = (text: string) => parseAllDocuments(text).map((document) => document.toJS() as Manifest);
  const secretOf = (text: string) => manifests(text).find(({ kind }) => kind === "Secret")?.data ?? {};
  const decoded = (value = "") => Buffer.from(value, "base64").toString();

  it("prints the same bytes each time, without anything else", async () => {
    const [one, other] = await Promise.all([hidden, render()]);
    assert.equal(one.stderr, "");
    assert.ok(one.stdout.length > 0);
    assert.equal(one.stdout, other.stdout);
  });

  it("prints what others need before them", async () => {
    const kinds = manifests((await hidden).stdout).map(({ kind }) => kind);
    assert.deepEqual(
      [...new Set(kinds)],
      ["Namespace", "ServiceAccount", "Secret", "NetworkPolicy", "PodDisruptionBudget", "Service", "StatefulSet"],
    );
  });

  it("leaves out what is said to Pulumi's provider", async () => {
    assert.doesNotMatch((await hidden).stdout, /pulumi\.com/);
  });

  it("hides secret values, in a form that no API server accepts", async () => {
    const { stdout } = await hidden;
    assert.deepEqual(secretOf(stdout), { password: "[secret]", user: "[secret]" });
  });

  it("shows secret values on demand, the made-up one the same each time", async () => {
    const one = secretOf((await shown).stdout);
    const other = secretOf((await render(["--show-secrets"], "correct")).stdout);
    assert.equal(decoded(one.user), "ann");
    assert.match(decoded(one.password), /^[A-Za-z0-9]{24}$/);
    assert.equal(one.password, other.password);
  });

  it("makes up other values for another stack", async () => {
    const one = secretOf((await shown).stdout);
    const other = secretOf((await render(["--show-secrets", "--stack", "live"], "correct")).stdout);
    assert.notEqual(one.password, other.password);
  });

  for (const [what, args, passphrase, message] of [
    ["no passphrase", ["--show-secrets"], undefined, /^error: --show-secrets requires PULUMI_CONFIG_PASSPHRASE/],
    ["a wrong passphrase", ["--show-secrets"], "wrong", /^error: The passphrase is not the one/],
    ["an unknown option", ["--foo"], undefined, /^error: Unknown option '--foo'/],
  ] as const) {
    it(`says so, and prints nothing, with ${what}`, async () => {
      const { code, stdout, stderr } = await render([...args], passphrase);
      assert.equal(code, 1);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /^\s+at /m);
    });
  }

  it("puts quotes around text that Kubernetes would take for something else", () => {
    const metadata = { name: "on", labels: { a: "yes", b: "1.0", c: "1e3", d: "12:30" } };
    const printed = toYaml([{ apiVersion: "v1", kind: "ConfigMap", metadata }]);
    for (const text of ["on", "yes", "1.0", "1e3", "12:30"]) assert.match(printed, new RegExp(`: "${text}"\n`));
  });

  it("prints any text so that it is read as it is, with characters alone that every reader keeps", () => {
    // What kubectl's reader accepts, without the line breaks that only some readers know.
    const kept = /^[\n\t\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]*$/u;
    const awkward = fc.constantFrom(..."\r\n\t \0\u0085\u2028\ufeff\uffffa#:-'\"\\%", "---");
    const text = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: awkward }));
    fc.assert(
      fc.property(text, text, (text, other) => {
        const data = { text, [`key ${other}`]: other };
        const printed = toYaml([{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" }, data }]);
        assert.match(printed, kept);
        assert.deepEqual((parse(printed, { version: "1.1" }) as Manifest).data, data);
      }),
      { numRuns: 2000 },
    );
  });

  it("says every mistake of the config without a stack trace", async () => {
    const wrong = join(folder, "wrong.yaml");
    writeFileSync(wrong, stackFile.replace("containerPort: 8080", "containerPort: 0"));
    const { code, stderr } = await render([], undefined, wrong);
    assert.equal(code, 1);
    assert.match(stderr, /apps\.one\.containerPort is 0; it must be/);
    assert.doesNotMatch(stderr, /^\s+at /m);
  });
});
