import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = join(__dirname, "../..");

describe("a program that runs as one file", () => {
  let folder: string;
  beforeEach(() => {
    // In the checkout, where the packages are.
    folder = mkdtempSync(join(root, ".bundle-test-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  const write = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
  };

  /** What the program prints, or its error. */
  const outputOf = () =>
    new Promise<string>((fulfil) => {
      const command = ["--require", "./tools/bundle.cjs", join(folder, "program.ts")];
      execFile("node", command, { cwd: root }, (_, stdout, stderr) => {
        fulfil(stdout + stderr);
      });
    });

  it("is what is written, after each edit of each file", async () => {
    write("program.ts", `import { word } from "./word";\nconsole.log("one", word);`);
    write("word.ts", `export const word: string = "two";`);
    assert.equal(await outputOf(), "one two\n");
    assert.equal(await outputOf(), "one two\n");
    write("word.ts", `export const word: string = "three";`);
    assert.equal(await outputOf(), "one three\n");
    write("word.ts", `export const word: string = "seven";`);
    assert.equal(await outputOf(), "one seven\n");
    write("program.ts", `import { word } from "./word";\nconsole.log("1", word);`);
    assert.equal(await outputOf(), "1 seven\n");
    rmSync(join(folder, "word.ts"));
    assert.match(await outputOf(), /program\.ts:1:21/);
  });

  for (const [how, start] of [
    ["thrown", "fail();"],
    ["rejected", "void (async () => { await null; fail(); })();"],
  ] as const) {
    it(`names the lines of the source of an error that is ${how}, kept or not`, async () => {
      write("wrong.ts", `interface Nothing {}\n\nexport const fail = () => {\n  throw new Error("wrong");\n};`);
      write("program.ts", `import { fail } from "./wrong";\n\n${start}`);
      for (let run = 0; run < 2; run++) {
        const output = await outputOf();
        assert.match(output, /Error: wrong\n.*wrong\.ts:4:9\)?\n.*program\.ts:3:\d+/);
      }
    });
  }

  it("loads what the SDK seldom needs when that is used, and as it is", async () => {
    write(
      "program.ts",
      `require("@pulumi/pulumi");
      const fromFiles = require("node:module").createRequire(process.cwd() + "/");
      const names = Object.keys(fromFiles.cache).filter((file) => /\\/(typescript|@npmcli\\/arborist)\\//.test(file));
      console.log(names.length, fromFiles("typescript").version === fromFiles("typescript/package.json").version);
      console.log(typeof fromFiles("@npmcli/arborist").Arborist);`,
    );
    assert.equal(await outputOf(), "2 true\nfunction\n");
  });

  it("says where it is not TypeScript", async () => {
    write("program.ts", "const one = 1;\nconst = 2;");
    assert.match(await outputOf(), /SyntaxError: .*program\.ts:2:6/s);
  });

  it("has Pulumi's packages outside, of which a process has one copy", async () => {
    write(
      "program.ts",
      `import * as pulumi from "@pulumi/pulumi";\nimport { stringify } from "yaml";\n` +
        `console.log(Object.keys(require.cache).some((path) => path.includes("@pulumi/pulumi")), stringify({ a: 1 }), pulumi.output(1) !== undefined);`,
    );
    assert.equal(await outputOf(), "true a: 1\n true\n");
  });
});
