import { parse, type ScalarTag } from "yaml";

/*
 * Reads YAML as Pulumi does, which is neither YAML 1.1 nor 1.2: 022 is 18, 1_000 is 1000, and yes is text.
 * https://github.com/go-yaml/yaml/blob/v3.0.1/resolve.go
 */

const withoutUnderscores = (text: string) => text.replaceAll("_", "");

/** The prefixes of Go: 0b, 0o, 0x, and 0 for octal. */
function integer(text: string): number {
  const [, sign = "", digits = ""] = /^([-+]?)(.*)$/.exec(withoutUnderscores(text)) ?? [];
  const octal = /^0[0-7]+$/.test(digits);
  return Number(octal ? `0o${digits.slice(1)}` : digits) * (sign === "-" ? -1 : 1) + 0;
}

/** A date becomes the text that Go has for it. */
function date(text: string): string {
  const [, year, month, day, rest = ""] = /^(\d{4})-(\d\d?)-(\d\d?)(.*)$/.exec(text) ?? [];
  const [, hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] =
    /^[Tt ]+(\d\d?):(\d\d?):(\d\d?)(\.\d+)?\s*(Z|[-+].+)?$/.exec(rest) ?? [];
  const two = (number = "") => number.padStart(2, "0");
  const parts = `${String(year)}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}${fraction.replace(/\.?0*$/, "")}`;
  return zone === "Z" ? `${parts} +0000 UTC` : `${parts} ${zone.replace(":", "")} ${zone.replace(":", "")}`;
}

const tag = (name: string, test: RegExp, resolve: (text: string) => unknown): ScalarTag => ({
  tag: `tag:yaml.org,2002:${name}`,
  default: true,
  test,
  resolve,
});

const tags: ScalarTag[] = [
  tag("null", /^(~|null|Null|NULL)?$/, () => null),
  tag("bool", /^(true|True|TRUE|false|False|FALSE)$/, (text) => /^t/i.test(text)),
  tag("int", /^[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|0[0-7_]*|[1-9][0-9_]*)$/, integer),
  tag("float", /^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9_]*)?)([eE][-+]?[0-9]+)?$/, (text) =>
    Number(withoutUnderscores(text)),
  ),
  tag("timestamp", /^\d{4}-\d\d?-\d\d?([Tt ]\s*\d\d?:\d\d?:\d\d?(\.\d+)?\s*(Z|[-+]\d\d?(:\d\d)?)?)?$/, date),
];

/** The value of a YAML document, as Pulumi passes it to a program. */
export const parsePulumiYaml = (text: string): unknown =>
  parse(text, { schema: "failsafe", customTags: tags, merge: true });
