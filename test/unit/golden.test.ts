import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { globSync } from "glob";
import { goldenFiles } from "../../tools/golden";

describe("the examples", function () {
  it("render to the golden files", async () => {
    const files = Object.entries(await goldenFiles());
    assert.deepEqual(files.map(([path]) => path).sort(), globSync("test/golden/*").sort());
    for (const [path, content] of files) {
      assert.equal(content, readFileSync(path, "utf8"), `${path} shows another state; to accept it: npm run golden`);
    }
  });
});
