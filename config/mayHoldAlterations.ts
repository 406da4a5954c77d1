/*
 * Whether YAML text can hold something that YAML alters, found out without reading the YAML: that would cost each preview
 * more time than everything else that the program reads. What this finds in comments or in text does no harm.
 */

const number = /[-+]?[\d_.]*\d[\d_.]*(?:[eE][-+]?\d+)?|0[xX][\da-fA-F_]+|0[bBoO][-+]?[\d_]+/;
const plainInteger = /0|-?[1-9]\d{0,14}/;
const date = /\d{4}-\d\d?-\d\d?(?:[Tt ].*)?/;
const boolean = /True|TRUE|False|FALSE/;
const start = /^|[\s,[{]|["'\]}]:/;
const end = /[\s,\]}:]|$/;

const scalar = new RegExp(
  `(?:${start.source})(?!(?:${plainInteger.source})(?:${end.source}))(?:${[number, date, boolean].map(({ source }) => source).join("|")})(?=${end.source})`,
  "m",
);
const nullAsName = /(?:^|[\s,{])(?:~|null|Null|NULL)\s*:/m;
const firstLineBreak =
  /[|>][-+\d]*[ \t]*(?:#.*)?\r?\n[ \t]*\r?\n|["'][ \t]*\r?\n[ \t]*\r?\n|"\\(?:n|x0a|u000a|U0000000a|\r?\n)/i;

export function mayHoldAlterations(yaml: string): boolean {
  // A line that begins with # can also belong to a text in quotes, and have its end.
  const withoutComments = yaml.replaceAll(/^[ \t]*#[^"'\n]*$/gm, "");
  return [scalar, nullAsName, firstLineBreak].some((pattern) => pattern.test(withoutComments));
}
