import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { generatedDocs } from "../../tools/configDocs";

describe("the generated docs", () => {
  it("are what `npm run docs` writes today", async () => {
    for (const [path, content] of Object.entries(await generatedDocs())) {
      assert.equal(readFileSync(path, "utf8"), content, `${path} is stale: npm run docs`);
    }
  });
});
