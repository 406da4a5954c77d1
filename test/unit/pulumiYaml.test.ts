import assert from "node:assert/strict";
import * as fc from "fast-check";
import { mayHoldAlterations } from "../../config/mayHoldAlterations";
import { readPulumiYaml } from "../../config/pulumiYaml";
import { withSalt } from "../../tools/lib/deployment";
import { scalars } from "./support/scalars";
import { yamlValue } from "./support/yamlValues";

describe("YAML as Pulumi reads it", () => {
  for (const [written, read] of Object.entries(scalars)) {
    it(`reads ${JSON.stringify(written)} as ${String(read)}`, () => {
      assert.deepEqual(readPulumiYaml(`key: ${written}\n`).value, { key: read });
    });
  }

  for (const [yaml, value] of [
    ["a: &a { x: 1, y: 1 }\nb: { <<: *a, y: 2 }", { a: { x: 1, y: 1 }, b: { x: 1, y: 2 } }],
    ["a: &a { x: 1 }\nb: &b { <<: *a, x: 2, y: 2 }\nc: { <<: [*a, *b] }", { c: { x: 1, y: 2 } }],
    ["a: { <<: { x: 1 }, y: 2 }", { a: { x: 1, y: 2 } }],
    ["a: &x 022\nb: [*x, *x]", { b: [18, 18] }],
    ["a: &x 1\nb: *x\nc: &x 2\nd: *x", { b: 1, d: 2 }],
    ["1: a\ntrue: b\n'022': c", { "1": "a", true: "b", "022": "c" }],
    ["__proto__: { a: 1 }", JSON.parse('{ "__proto__": { "a": 1 } }')],
    ["a: |\n  x\n  y", { a: "x\ny" }],
    ["a: >+\n  x\n  y\n\n", { a: "x y\n\n" }],
    ["a: |+\n  x\n  ", { a: "x\n" }],
    ["\ufeffa: b", { a: "b" }],
    ["a: b\r\nc: |\r\n  d\r\n  e\r\n", { a: "b", c: "d\ne\n" }],
    ["a: http://x/?y", { a: "http://x/?y" }],
    ["", null],
  ] as [string, Record<string, unknown> | null][]) {
    it(`reads ${JSON.stringify(yaml)}`, () => {
      const read = readPulumiYaml(yaml).value as Record<string, unknown> | null;
      if (value === null) assert.equal(read, null);
      else assert.deepEqual({ ...read, ...value }, read);
    });
  }

  for (const [yaml, problem] of [
    ["a: 1\na: 2", "line 2: Map keys must be unique"],
    ["1: a\n'1': b", "line 2: Map keys must be unique"],
    ["a: *x", "line 1: *x refers to nothing"],
    ["a: &x [*x]", "line 1: *x refers to itself"],
    ["a: &x.y 1", "line 1: the anchor x.y must consist of"],
    ["a: &x { <<: *x }", "line 1: *x refers to itself"],
    ["a: { <<: 1 }", "line 1: << requires a map or a list of maps"],
    ["a: &x [{}]\nb: { <<: *x }", "line 1: << requires a map"],
    ["a: &x { 1: a }\nb: { <<: *x }", "line 1: the name 1 of a merged map must be in quotes"],
    ["a: { '<<': {} }", 'line 1: "<<" is not supported as a name'],
    ['a: { "x\\n": 1 }', 'line 1: "x\\n" is not supported as a name'],
    ["? [a]\n: b", "line 1: a name must be text"],
    [": a", "line 1: a name is missing"],
    ["a: !!binary aGk=", "line 1: "],
    ["a: !!int '022'", "line 1: "],
    ["a: ! 022", "line 1: the tag ! is not supported"],
    ["a: !!set { b }", "line 1: the tag tag:yaml.org,2002:set is not supported"],
    ["a: !!str", "line 1: a tag requires a value"],
    ["%YAML 1.1\n---\na: b", "line 1: contains a directive"],
    ["a: b\n---\na: c", "line 2: Source contains multiple documents"],
    ["a: .inf", "line 1: .inf is a number that Pulumi cannot pass on"],
    ["a: [x?y]", "line 1: x?y must be in quotes"],
    ["a: {b:}", "line 1: a colon must be followed by a space"],
    ['a: "\\/"', "line 1: \\/ is not an escape"],
    ["a: x\u2028y", "line 1: contains a character"],
    ["a: x\ry", "line 1: contains a character"],
    ["b: x\na: x\u0007y", "line 2: contains a character"],
    ['a: "\\ud800"', "line 1: contains half of a character"],
    ['a: "\\tx\\ny"', "line 1: text of several lines must not begin with a tab or"],
    ["a: [", "line 1: "],
  ] as const) {
    it(`refuses ${JSON.stringify(yaml)}`, () => {
      assert.throws(
        () => readPulumiYaml(yaml),
        (error: Error) => {
          assert.ok(error.message.startsWith(problem), error.message);
          return true;
        },
      );
    });
  }

  it("refuses what aliases make too large", () => {
    const lines = [..."abcdefgh"].map((name, i) => {
      const item = i === 0 ? "x" : `*${"abcdefgh"[i - 1] ?? ""}`;
      return `${name}: &${name} [${Array<string>(10).fill(item).join(", ")}]`;
    });
    assert.throws(() => readPulumiYaml(lines.join("\n")), /too many aliases/);
  });

  for (const [yaml, expected] of [
    ["a: { b: [022] }", [{ path: ["a", "b", 0], written: "022", of: "value" }]],
    ["a: { 022: b }", [{ path: ["a", "18"], written: "022", of: "name" }]],
    ["~: a", [{ path: ["<nil>"], written: "~", of: "name" }]],
    ["a: |\n\n  b", [{ path: ["a"], written: "\nb", of: "text" }]],
    ["a: &x 0x1F\nb: *x", ["a", "b"].map((name) => ({ path: [name], written: "0x1F", of: "value" }))],
    ["a: &x { b: 022 }\nc: { <<: *x, b: 1 }", [{ path: ["a", "b"], written: "022", of: "value" }]],
    ["a: [8080, -1, true, false, ~, '022', \"1.0\", !!str 1.5, 1.2.3, 128Mi, yes]", []],
  ] as const) {
    it(`finds what is altered in ${JSON.stringify(yaml)}`, () => {
      assert.deepEqual(readPulumiYaml(yaml).alterations, expected);
    });
  }

  it("finds a date, a fraction, another base, an exponent and a capital letter", () => {
    for (const written of ["2024-10-01", "1.5", "1.10", "0b11", "0o17", "1_000", "+5", "-0", "1e3", "True"]) {
      assert.deepEqual(readPulumiYaml(`a: ${written}`).alterations, [{ path: ["a"], written, of: "value" }]);
    }
    const long = "9007199254740993";
    assert.equal(readPulumiYaml(`a: ${long}`).alterations[0]?.written, long);
  });

  const accepted = yamlValue.filter((written) => {
    try {
      readPulumiYaml(`config:\n  a:${written("x")}\n`);
      return true;
    } catch {
      return false;
    }
  });

  it("knows without reading a file whether something can be altered in it", () => {
    fc.assert(
      fc.property(accepted, (written) => {
        const yaml = `config:\n  a:${written("x")}\n`;
        assert.ok(mayHoldAlterations(yaml) || readPulumiYaml(yaml).alterations.length === 0, yaml);
      }),
      { numRuns: 1000 },
    );
    assert.ok(
      !mayHoldAlterations(
        "# About 1.5 of them.\nconfig:\n  a: [8080, -1, true, ~, localhost/app:1.0.0, 100m, 512Mi, yes]\n",
      ),
    );
    for (const yaml of [
      "a: {~: b}",
      "null : b",
      "? null\n: b",
      'a: "\\x0ab"',
      "a: '\n\n  b'",
      "a: >2-\n\n  b",
      "a: ['b\n # c', 022]",
    ]) {
      assert.ok(mayHoldAlterations(yaml), yaml);
    }
  });

  it("is the same in a copy with a salt", () => {
    fc.assert(
      fc.property(accepted, fc.constantFrom("", "# a comment\n---\n", "name: x\n"), (written, before) => {
        const yaml = `${before}config:\n  a:${written("x")}\n`;
        const value = readPulumiYaml(yaml).value as object;
        const salt = "v1:a+/=:v1:b:c";
        assert.deepEqual(readPulumiYaml(withSalt(yaml, salt)).value, { ...value, encryptionsalt: salt });
      }),
    );
    for (const yaml of ["", "# nothing", "{}", "{config: {a: 022}}", "  config: {}\n  x: y"]) {
      const value = readPulumiYaml(yaml).value as object | null;
      assert.deepEqual(readPulumiYaml(withSalt(yaml, "s")).value, { ...value, encryptionsalt: "s" });
    }
  });
});
