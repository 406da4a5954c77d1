import assert from "node:assert/strict";
import { parsePulumiYaml } from "../../tools/lib/pulumiYaml";
import { scalars } from "./support/scalars";

describe("YAML as Pulumi reads it", () => {
  for (const [written, read] of Object.entries(scalars)) {
    it(`reads ${JSON.stringify(written)} as ${JSON.stringify(read)}`, () => {
      assert.deepEqual(parsePulumiYaml(`key: ${written}\n`), { key: read });
    });
  }

  it("reads merged maps", () => {
    assert.deepEqual(parsePulumiYaml("a: &a { x: 1, y: 1 }\nb: { <<: *a, y: 2 }\n"), {
      a: { x: 1, y: 1 },
      b: { x: 1, y: 2 },
    });
  });
});
