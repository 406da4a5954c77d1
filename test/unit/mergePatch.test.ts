import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import fc from "fast-check";
import { mergePatch } from "../../objects/mergePatch";

const json = fc.jsonValue({ maxDepth: 4 });
const without = (value: unknown) => JSON.stringify(value).replaceAll("null", "0");

describe("a JSON merge patch", () => {
  // The table of https://www.rfc-editor.org/rfc/rfc7396#appendix-A
  for (const [target, patch, result] of [
    [{ a: "b" }, { a: "c" }, { a: "c" }],
    [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
    [{ a: "b" }, { a: null }, {}],
    [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
    [{ a: ["b"] }, { a: "c" }, { a: "c" }],
    [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
    [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
    [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
    [
      ["a", "b"],
      ["c", "d"],
      ["c", "d"],
    ],
    [{ a: "b" }, ["c"], ["c"]],
    [{ a: "foo" }, null, null],
    [{ a: "foo" }, "bar", "bar"],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: "b", c: null }, { a: "b" }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ] as [unknown, unknown, unknown][]) {
    it(`of ${JSON.stringify(target)} with ${JSON.stringify(patch)}`, () => {
      assert.deepEqual(mergePatch(target, patch), result);
    });
  }

  it("changes nothing if it is undefined, or has undefined fields", () => {
    assert.deepEqual(mergePatch({ a: 1 }, undefined), { a: 1 });
    assert.deepEqual(mergePatch({ a: 1 }, { a: undefined, b: undefined }), { a: 1 });
  });

  it("gives the same if it is applied again, and changes neither of its operands", () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const before = JSON.stringify([target, patch]);
        const once = mergePatch(target, patch);
        assert.deepEqual(mergePatch(once, patch), once);
        assert.equal(JSON.stringify([target, patch]), before);
      }),
    );
  });

  it("makes of nothing what it says, if it removes nothing", () => {
    fc.assert(
      fc.property(json, (given) => {
        const patch: unknown = JSON.parse(without(given));
        assert.deepEqual(mergePatch<unknown>(undefined, patch), patch);
      }),
    );
  });

  it("is the same if a program knows parts of it, or of what is patched, only later", async () => {
    const target = { a: { b: 1, c: 2 }, d: [3] };
    const patch = { a: { b: null, e: { f: 4 } }, d: [5] };
    const operands: [unknown, unknown][] = [
      [pulumi.output(target), patch],
      [target, pulumi.output(patch)],
      [target, Promise.resolve(patch)],
      [{ ...target, a: pulumi.output(target.a) }, patch],
      [
        { ...target, a: pulumi.output(target.a) },
        { ...patch, a: { ...patch.a, e: { f: pulumi.output(4) } } },
      ],
      [target, { ...patch, a: pulumi.output(patch.a) }],
      [target, { ...patch, d: [pulumi.output(5)] }],
    ];
    for (const [one, other] of operands) {
      const merged = await new Promise((resolve) => pulumi.output(mergePatch(one as object, other)).apply(resolve));
      assert.deepEqual(merged, { a: { c: 2, e: { f: 4 } }, d: [5] });
    }
  });
});
