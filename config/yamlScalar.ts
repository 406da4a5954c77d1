/*
 * What Pulumi reads a scalar without quotes as, which is neither what YAML 1.1 nor what YAML 1.2 says: 022 is 18, 1_000 is
 * 1000, and yes is text.
 * https://github.com/go-yaml/yaml/blob/v3.0.1/resolve.go
 */

export interface YamlScalar {
  /** A date is the text that Go has for it. */
  value: string | number | bigint | boolean | null;
  /** Whether the value is text, nothing, or a boolean or an integer of JavaScript that prints as it is written. */
  isAsWritten: boolean;
}

export function yamlScalar(text: string): YamlScalar {
  if (/^(~|null|Null|NULL)?$/.test(text)) return { value: null, isAsWritten: true };
  if (/^(true|True|TRUE|false|False|FALSE)$/.test(text)) return printed(/^t/i.test(text), text);
  if (!/^[-+.\d]/.test(text)) return { value: text, isAsWritten: true };
  const date = goDate(text);
  if (date !== undefined) return { value: date, isAsWritten: false };
  const integer = goInteger(text);
  if (integer !== undefined) {
    const isSafe = Number.isSafeInteger(Number(integer));
    return isSafe ? printed(Number(integer), text) : { value: integer, isAsWritten: false };
  }
  const float = goFloat(text);
  return float === undefined ? { value: text, isAsWritten: true } : { value: float, isAsWritten: false };
}

const printed = (value: number | boolean, text: string) => ({ value, isAsWritten: String(value) === text });

/** An integer with a prefix of Go, such as 0x, 0o or 0 for octal, if it has at most 64 bits. */
function goInteger(text: string): bigint | undefined {
  const plain = text.replaceAll("_", "");
  const [, sign, binary, octal, hexadecimal, oldOctal, decimal] = integerPattern.exec(plain) ?? [];
  // Go takes a sign after these prefixes too.
  const [, late] = /^0(?:b(?=[-+][01]+$)|o(?=[-+][0-7]+$))(.+)$/.exec(plain) ?? [];
  const digits =
    late !== undefined
      ? `${plain.slice(0, 2)}${late.slice(1)}`
      : binary !== undefined
        ? `0b${binary}`
        : octal !== undefined || oldOctal !== undefined
          ? `0o${octal ?? oldOctal ?? ""}`
          : hexadecimal !== undefined
            ? `0x${hexadecimal}`
            : decimal;
  if (digits === undefined) return undefined;
  const isNegative = sign === "-" || late?.startsWith("-");
  const value = BigInt(digits) * (isNegative ? -1n : 1n);
  const isUnsigned = sign === "" && BigInt.asUintN(64, value) === value;
  return BigInt.asIntN(64, value) === value || isUnsigned ? value : undefined;
}

const integerPattern = /^([-+]?)(?:0[bB]([01]+)|0[oO]([0-7]+)|0[xX]([\da-fA-F]+)|0([0-7]+)|(0|[1-9]\d*))$/;

function goFloat(text: string): number | undefined {
  // Only a float that starts with a dot cannot have underscores.
  const plain = text.startsWith(".") ? text : text.replaceAll("_", "");
  if (/^[-+]?\.(inf|Inf|INF)$/.test(text)) return Infinity;
  if (/^\.(nan|NaN|NAN)$/.test(text)) return NaN;
  if (!/^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(plain)) return undefined;
  const value = Number(plain);
  // Zero has no sign once Pulumi has written and read it again.
  return Number.isFinite(value) ? value + 0 : undefined;
}

const datePattern =
  /^(\d{4})-(\d\d?)-(\d\d?)(?:(?:[Tt](?=.*(?:Z|[-+]\d\d:\d\d)$)| +(?!.*(?:Z|[-+]\d\d:\d\d)$))(\d\d?):(\d\d?):(\d\d?)(?:[.,](\d+))?(Z|[-+]\d\d:\d\d)?)?$/;

/** A date as the text that Go has for it. */
function goDate(text: string): string | undefined {
  const match = datePattern.exec(text);
  if (!match) return undefined;
  const [, year = "", month = "", day = "", hour = "0", minute = "0", second = "0", fraction = "", zone = "Z"] = match;
  const [y, m, d] = [year, month, day].map(Number) as [number, number, number];
  const daysOfMonth = new Date(Date.UTC(2000 + (y % 400), m, 0)).getUTCDate();
  const isDate = m >= 1 && m <= 12 && d >= 1 && d <= daysOfMonth;
  if (!isDate || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
  const two = (number: string) => number.padStart(2, "0");
  const nanoseconds = fraction.slice(0, 9).replace(/0+$/, "");
  const time = `${two(hour)}:${two(minute)}:${two(second)}${nanoseconds === "" ? "" : `.${nanoseconds}`}`;
  const offset = zone.replace(":", "");
  const inZone = /^(Z|[-+]0000)$/.test(offset) ? "+0000 UTC" : `${offset} ${offset}`;
  return `${year}-${two(month)}-${two(day)} ${time} ${inZone}`;
}
