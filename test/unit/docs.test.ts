import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { globSync } from "glob";
import { generatedDocs } from "../../tools/configDocs";

describe("the generated docs", () => {
  it("are what `npm run docs` writes today", async () => {
    for (const [path, content] of Object.entries(await generatedDocs())) {
      assert.equal(readFileSync(path, "utf8"), content, `${path} is stale: npm run docs`);
    }
  });
});

describe("the table of requirements", () => {
  it("names tests that are there", () => {
    const named = [...readFileSync("docs/requirements.md", "utf8").matchAll(/(\w+) › ([^;|"]+)/g)];
    assert.ok(named.length > 30);
    for (const [, file = "", title = ""] of named) {
      const texts = globSync(`test/*/${file}{.test,}.ts`).map((path) => readFileSync(path, "utf8"));
      assert.ok(
        texts.some((text) => text.includes(title.trim())),
        `${file} › ${title}`,
      );
    }
  });
});
