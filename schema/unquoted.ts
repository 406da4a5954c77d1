import { isMapOrList } from "./byName";

/**
 * A value of a stack file that has no quotes, and that YAML reads as something other than the text that is written: 022 is
 * 18. A setting that is a number uses what was read. A setting that is text refuses the value.
 *
 * It is a function, which gives what was read, because a schema of a map or a list refuses functions.
 */
export interface Unquoted {
  (): unknown;
  written: string;
}

const all = new WeakSet();

export function unquoted(written: string, read: unknown): Unquoted {
  const value = Object.assign(() => read, { written });
  all.add(value);
  return value;
}

export const isUnquoted = (given: unknown): given is Unquoted => typeof given === "function" && all.has(given);

/** A value for a message: as it is written, and as YAML reads it. */
export function describeValue(value: unknown): string {
  if (!isUnquoted(value)) return JSON.stringify(asRead(value));
  const read = String(value());
  return read === value.written ? read : `${value.written}, which YAML reads as ${read}`;
}

/** What is said of a value that must be text. */
export const quotesNeeded = "must be in quotes, because YAML can change it";

/** Whether YAML has changed a value that is meant as text, or can have changed it: 1.10 becomes 1.1. */
export const isChanged = (given: unknown): boolean =>
  isUnquoted(given) || (typeof given === "number" && !Number.isSafeInteger(given));

/** Whether a value is a date without quotes, as Pulumi passes it on. No setting is a date. */
export const isDate = (given: unknown): boolean =>
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)? [+-]\d{4} \S+$/.test(String(asRead(given)));

/** A value as YAML reads it, at every depth. */
export function asRead(given: unknown): unknown {
  if (isUnquoted(given)) return given();
  if (!isMapOrList(given)) return given;
  if (Array.isArray(given)) return given.map(asRead);
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, asRead(value)]));
}
