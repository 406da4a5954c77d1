import type { z } from "zod";
import { isMapOrList } from "./byName";
import { isDate, isUnquoted, quotesNeeded } from "./unquoted";
import { isInput } from "./values";

/** Something wrong with a setting: where it is, what is there, and what is wrong with it. */
export interface Mistake {
  /** The full key, if it is not one of the project's. */
  key?: string;
  path: (string | number)[];
  /** What is there, for messages. Missing if the whole setting is wrong, or must not be shown. */
  value?: unknown;
  /** The rest of a sentence that starts with the key or, if there is a value, with "it". */
  problem: string;
}

/** Checks a value by a schema, and gives what the schema makes of it, unless there are mistakes. */
export function checkBySchema<S extends z.ZodType>(
  schema: S,
  given: unknown,
): { data?: z.output<S>; mistakes: Mistake[] } {
  const unusable = [...unusableParts(given)];
  const { data, error } = schema.safeParse(given);
  if (error === undefined && unusable.length === 0) return { data, mistakes: [] };
  const reported = new Set(unusable.map(({ path }) => path.join("\0")));
  const others = error ? schemaMistakes(given, error).filter(({ path }) => !reported.has(path.join("\0"))) : [];
  return { mistakes: [...unusable, ...others] };
}

/** The mistakes that a schema found in the value it was given. */
function schemaMistakes(given: unknown, error: z.ZodError): Mistake[] {
  return error.issues.flatMap((issue): Mistake[] => {
    const path = issue.path as (string | number)[];
    switch (issue.code) {
      case "unrecognized_keys":
        return issue.message.split("\n").map((problem, i) => ({ path: [...path, issue.keys[i] ?? ""], problem }));
      case "invalid_key":
        return issue.issues.map(({ message }) => ({ path, problem: `has a name that ${message}` }));
      default: {
        const at = writtenPath(given, path);
        const value = valueAt(given, at);
        // An output cannot be shown.
        if (isInput(value)) return [{ path: at, problem: issue.message }];
        return [{ path: at, value, problem: value === undefined ? `is missing; it ${issue.message}` : issue.message }];
      }
    }
  });
}

/** The path to a value as it is written: it can stand in place of a map with the value as one of its settings. */
function writtenPath(given: unknown, path: (string | number)[]): (string | number)[] {
  const parent = valueAt(given, path.slice(0, -1));
  return parent === null || !["object", "undefined"].includes(typeof parent) ? path.slice(0, -1) : path;
}

const valueAt = (given: unknown, path: (string | number)[]) =>
  path.reduce<unknown>(
    (parent, key) =>
      typeof parent === "object" && parent !== null && Object.hasOwn(parent, key)
        ? (parent as Record<string | number, unknown>)[key]
        : undefined,
    given,
  );

/** A key that the schema would drop, and say nothing. */
const unusableKey = "__proto__";

/** What no setting accepts, also not those of Kubernetes. */
function* unusableParts(given: unknown, path: (string | number)[] = []): Iterable<Mistake> {
  if (typeof given === "string" || isUnquoted(given)) {
    if (isDate(given)) yield { path, value: given, problem: quotesNeeded };
  } else if (isMapOrList(given)) {
    for (const [key, value] of Object.entries(given)) {
      const at = [...path, Array.isArray(given) ? Number(key) : key];
      if (key === unusableKey) yield { path: at, problem: "is not allowed as a name" };
      else yield* unusableParts(value, at);
    }
  }
}

/** Everything that `items` yields again after it yielded it once. */
export function* repeated<T extends { key: string | number }>(items: Iterable<T>): Iterable<T & { first: T }> {
  const seen = new Map<string | number, T>();
  for (const item of items) {
    const first = seen.get(item.key);
    if (first) yield { ...item, first };
    else seen.set(item.key, item);
  }
}
