import type { Mistake } from "../schema/mistakes";
import { describeValue } from "../schema/unquoted";

/** One message for all mistakes: a line each, with the full key, the value unless it is secret, and the problem. */
export function describeMistakes(
  project: string,
  mistakes: Mistake[],
  isSecret: (path: Mistake["path"]) => boolean,
): string {
  const count = mistakes.length === 1 ? "one mistake" : `${String(mistakes.length)} mistakes`;
  return [
    `The stack's config has ${count}; nothing was changed.`,
    ...mistakes.map((mistake) => `  ${mistakeText(project, mistake, isSecret)}`),
  ].join("\n");
}

/** What is wrong with a setting, as a sentence without a full stop. */
export function mistakeText(
  project: string,
  { path, value, problem, key = `${project}:${path.join(".")}` }: Mistake,
  isSecret: (path: Mistake["path"]) => boolean = () => false,
): string {
  const shown = value === undefined || isSecret(path) ? "" : `is ${describeValue(value)}; it `;
  return `${key} ${shown}${problem}`;
}
