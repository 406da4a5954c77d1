import { type z } from "zod";

/** Words for everything that is wrong with the config: a line each, with the full key, the value, and what is allowed. */
export function describeMistakes(project: string, given: unknown, error: z.ZodError): string {
  const lines = error.issues.flatMap((issue) => describeIssue(project, given, issue));
  const count = lines.length === 1 ? "a mistake" : `${String(lines.length)} mistakes`;
  return [`The stack's config has ${count}; nothing was changed.`, ...lines.map((line) => `  ${line}`)].join("\n");
}

function describeIssue(project: string, given: unknown, issue: z.core.$ZodIssue): string[] {
  const key = (path: PropertyKey[]) => `${project}:${path.map(String).join(".")}`;
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.message.split("\n").map((advice, i) => `${key([...issue.path, issue.keys[i] ?? ""])} ${advice}`);
    case "invalid_key":
      return issue.issues.map((inner) => `${key(issue.path)}: the name ${inner.message}`);
    default: {
      const value = issue.path.reduce<unknown>(
        (parent, name) => (parent as Record<PropertyKey, unknown> | undefined)?.[name],
        given,
      );
      return [
        value === undefined
          ? `${key(issue.path)} is missing; it ${issue.message}`
          : `${key(issue.path)} is ${JSON.stringify(value)}; it ${issue.message}`,
      ];
    }
  }
}
