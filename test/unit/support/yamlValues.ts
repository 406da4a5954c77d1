import * as fc from "fast-check";

/*
 * Values of a stack file in the shapes and styles that YAML has for them, those included that only look like something else.
 */

/** What follows the colon of a key or the dash of an item. What belongs to it on later lines has the indentation. */
type Written = (indentation: string) => string;

/** Without quotes: numbers, dates and words as people write them, and what only looks like one. */
export const plainScalars = [
  ...[
    "0",
    "8080",
    "-1",
    "022",
    "0755",
    "08",
    "-022",
    "-0",
    "+5",
    "1_000",
    "_1",
    "1_",
    "0x1F",
    "0X1f",
    "0x_1",
    "0x",
    "0xG",
  ],
  ...[
    "0o17",
    "0O17",
    "0o8",
    "0o+7",
    "0b11",
    "0B11",
    "0b2",
    "0b+1",
    "0b-1",
    "1e3",
    "1E3",
    "1e+3",
    "1e-3",
    "1e400",
    "1e-400",
  ],
  ...[
    "1.5",
    "1.10",
    "1.0",
    ".5",
    "5.",
    ".5e1",
    "._5",
    "-.5",
    "+.5",
    "0.00001",
    "100000000000000000000000",
    "+",
    "-",
    ".",
    "..",
  ],
  ...["9007199254740993", "123456789012345678", "9223372036854775808", "-9223372036854775808", "-9223372036854775809"],
  ...[
    "18446744073709551615",
    "18446744073709551616",
    "0xffffffffffffffff",
    "0xfffffffffffffffff",
    "07777777777777777777777",
  ],
  ...[
    "true",
    "True",
    "TRUE",
    "tRUE",
    "false",
    "False",
    "FALSE",
    "yes",
    "No",
    "on",
    "OFF",
    "y",
    "n",
    "~",
    "null",
    "Null",
    "nULL",
  ],
  ...[
    "2024-10-01",
    "2024-1-2",
    "2024-02-30",
    "2023-02-29",
    "2024-02-29",
    "2024-13-01",
    "0000-01-01",
    "20240-1-1",
    "2024-10",
  ],
  ...["2024-10-01T10:20:30Z", "2024-10-01t1:2:3.50+02:00", "2024-10-01 10:20:30", "2024-10-01  10:20:30,5"],
  ...["2024-10-01T10:20:30", "2024-10-01 1:2:3Z", "2024-10-01 25:00:00", "2024-10-01T10:20:30.1234567890Z"],
  ...[
    "2024-10-01T00:00:00-00:00",
    "2024-10-01T00:00:00+00:00",
    "1:30",
    "12:30:45",
    "1.2.3",
    "10m",
    "128Mi",
    "0.5Gi",
    "10%",
  ],
  ...[
    "a b",
    "a:b",
    "a#b",
    "-a",
    "é",
    "日本",
    "😀",
    "a'b",
    'a"b',
    "a&b",
    "a*b",
    "a!b",
    "a|b",
    "=",
    "/a/b",
    "a\\b",
    "$(A)",
    "v1.0",
  ],
  ...["1.0.0-rc.1", "NaN", "Infinity", "http://a:80/b", "x=y", "<a>", "a@b", "(a)"],
];
const plain = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...plainScalars) },
  fc
    .tuple(
      fc.constantFrom("", "", "-", "+"),
      fc.string({ unit: fc.constantFrom(..."0123456789"), minLength: 1, maxLength: 20 }),
      fc.constantFrom("", "", ".", "_", "e", ".5", "E+", "e-"),
      fc.string({ unit: fc.constantFrom(..."0123456789"), maxLength: 3 }),
    )
    .map((parts) => parts.join("")),
);

/** Characters that some style has a rule for, and some of other alphabets. */
const characters = [..."abc 019.:-#,[]{}'\"\\&*!|>%@`~<=?/é日😀$()\u00a0\ufffd\ue000"];
const escapes = ["\\n", "\\t", "\\0", "\\x41", "\\u00e9", "\\U0001F600", "\\ ", "\\r", "\\N", "\\_", "\\L", "\\P"];
const line = fc.string({ unit: fc.constantFrom(...characters), maxLength: 12 });
const quoted = fc.oneof(
  fc.oneof(line, plain).map((text) => `'${text.replaceAll("'", "''")}'`),
  fc
    .array(fc.constantFrom(...characters.map((c) => (/["\\]/.test(c) ? `\\${c}` : c)), ...escapes), { maxLength: 10 })
    // Pulumi cannot pass these on.
    .map((parts) => `"${parts.join("")}"`.replace(/^"(\\n|\\t)+/, '"')),
  plain.map((text) => `!!str ${text}`),
);
const scalar = fc.oneof({ weight: 2, arbitrary: plain }, quoted);

const textNames = [..."abcdefg", "a-b", "A_B", "é", "yes", "'1'", '"x y"', "x y", "'~'", "constructor", "'022'"];
const name = fc.constantFrom(...textNames, ...textNames, "10", "2", "true");
const map = <V>(names: fc.Arbitrary<string>, value: fc.Arbitrary<V>) =>
  fc.array(fc.tuple(names, value), { maxLength: 4 }).map((entries) => [...new Map(entries)]);

const inBrackets = (entries: [string, string][]) => `{${entries.map((entry) => entry.join(": ")).join(", ")}}`;
const { inline } = fc.letrec<{ inline: string }>((tie) => ({
  inline: fc.oneof(
    { depthSize: "small" },
    scalar,
    fc.array(tie("inline"), { maxLength: 3 }).map((items) => `[${items.join(", ")}]`),
    fc.array(scalar, { maxLength: 2 }).map((items) => `[ ${items.join(" ,")} ]`),
    map(name, fc.oneof(tie("inline"), fc.constant(""))).map(inBrackets),
    scalar.map((value) => `{"a":${value},b: ${value} }`),
    fc.constant("{ secure: SEALED }"),
  ),
}));

const { node } = fc.letrec<{ node: Written }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    inline.map((text) => () => ` ${text}`),
    fc.oneof(inline, fc.constant("")).map((text) => () => ` ${text} # a comment: 022`),
    // Text of several lines.
    fc
      .tuple(
        fc.constantFrom("|", ">"),
        fc.constantFrom("", "-", "+"),
        fc.array(fc.oneof(line, plain), { maxLength: 4 }),
      )
      .map(
        ([style, end, lines]): Written =>
          (indentation) =>
            [` ${style}${end}`, ...["x", ...lines].map((text) => indentation + text)].join("\n"),
      ),
    fc.tuple(fc.constantFrom("a", "1", "true"), plain).map(
      ([one, two]): Written =>
        (indentation) =>
          ` ${one}\n${indentation}${two.replace(/^- |^-$/, "")}`,
    ),
    fc.tuple(line, line).map(
      ([one, two]): Written =>
        (indentation) =>
          ` 'x${one.replaceAll("'", "")}\n\n${indentation}${two.replaceAll("'", "")}'`,
    ),
    fc.array(tie("node"), { minLength: 1, maxLength: 3 }).map(
      (items): Written =>
        (indentation) =>
          items.map((item) => `\n${indentation}-${item(`${indentation}  `)}`).join(""),
    ),
    fc.tuple(map(name, tie("node")), tie("node")).map(
      ([entries, last]): Written =>
        (indentation) =>
          [...entries, ["last", last] as const]
            .map(([name, value]) => `\n${indentation}${name}:${value(`${indentation}  `)}`)
            .join(""),
    ),
    // An anchor, and aliases of it.
    inline.map(
      (item): Written =>
        (indentation) =>
          `\n${indentation}- &ID ${item}\n${indentation}- *ID\n${indentation}- [*ID, {a: *ID }]`,
    ),
    fc
      .tuple(
        map(fc.constantFrom(...textNames), inline),
        map(fc.constantFrom(...textNames), inline),
        fc.constantFrom("*ID", "[*ID, *ID2]", "[*ID2, {a: 022}, *ID]", "{b: 1}"),
      )
      .map(
        ([base, own, merged]): Written =>
          (indentation) =>
            `\n${indentation}- &ID ${inBrackets(base)}\n${indentation}- &ID2 {b: x, c: *ID }\n` +
            `${indentation}- ${inBrackets([...own, ["<<", merged]])}`,
      ),
  ),
}));

/**
 * What follows a key of `config`. `id` distinguishes the anchors of one value from those of others, and `sealed` is an
 * encrypted value.
 */
export const yamlValue = node.map(
  (written) =>
    (id: string, sealed = "v1:a:b") =>
      written("    ").replaceAll("ID", id).replaceAll("SEALED", sealed),
);
