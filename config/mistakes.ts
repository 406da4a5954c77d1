import type { z } from "zod";
import type { Mistake } from "./checks";

/** The mistakes that a schema found in the value it was given. */
export function schemaMistakes(given: unknown, error: z.ZodError): Mistake[] {
  return error.issues.flatMap((issue): Mistake[] => {
    const path = issue.path as (string | number)[];
    switch (issue.code) {
      case "unrecognized_keys":
        return issue.message.split("\n").map((allowed, i) => ({ path: [...path, issue.keys[i] ?? ""], allowed }));
      case "invalid_key":
        return issue.issues.map(({ message }) => ({ path, allowed: `has a name that ${message}` }));
      default: {
        const value = path.reduce<unknown>(
          (parent, key) => (parent as Record<string, unknown> | undefined)?.[key],
          given,
        );
        return [{ path, value, allowed: value === undefined ? `is missing; it ${issue.message}` : issue.message }];
      }
    }
  });
}

/** The words for mistakes: a line each, with the full key, the value unless it is secret, and what is allowed. */
export function describeMistakes(ownProject: string, mistakes: Mistake[], isSecret: (key: string) => boolean): string {
  const count = mistakes.length === 1 ? "a mistake" : `${String(mistakes.length)} mistakes`;
  return [
    `The stack's config has ${count}; nothing was changed.`,
    ...mistakes.map(({ project = ownProject, path, value, allowed }) => {
      const key = `${project}:${path.join(".")}`;
      const shown = value === undefined || isSecret(String(path[0])) ? "" : `is ${JSON.stringify(value)}; it `;
      return `  ${key} ${shown}${allowed}`;
    }),
  ].join("\n");
}
