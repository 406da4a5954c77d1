import type { Mistake } from "../schema/mistakes";
import { quotesNeeded, unquoted } from "../schema/unquoted";
import type { ConfigAlteration } from "./alterations";

/** The alterations of the settings whose full keys start with `prefix`, with the paths of the settings. */
const ofSettings = (prefix: string, alterations: ConfigAlteration[]) =>
  alterations
    .filter(({ key }) => key.startsWith(prefix))
    .map((alteration) => ({ ...alteration, path: [alteration.key.slice(prefix.length), ...alteration.path] }));

/** Marks the values among the settings that have no quotes, because each setting decides what that means. */
export function withUnquoted(
  given: Record<string, unknown>,
  prefix: string,
  alterations: ConfigAlteration[],
): Record<string, unknown> {
  for (const { path, written, of } of ofSettings(prefix, alterations)) {
    if (of !== "value") continue;
    const name = path.at(-1) ?? "";
    const parent = path.slice(0, -1).reduce<Record<string, unknown>>((map, key) => map[key] as typeof map, given);
    parent[name] = unquoted(written, parent[name]);
  }
  return given;
}

/** What is wrong wherever it stands. */
export function alterationMistakes(prefix: string, alterations: ConfigAlteration[]): Mistake[] {
  return ofSettings(prefix, alterations).flatMap(({ path, written, of }) => {
    if (of === "name") return [{ path, problem: `is written ${written}; the name ${quotesNeeded}` }];
    return of === "text" ? [{ path, problem: "begins with a line break, which Pulumi removes" }] : [];
  });
}

/** Mistakes in keys that are text and have no schema. */
export function unquotedMistakes(
  config: Record<string, string>,
  keys: string[],
  alterations: ConfigAlteration[],
): Mistake[] {
  return alterations
    .filter(({ key }) => keys.includes(key))
    .map(({ key, written }) => ({ path: [], key, value: unquoted(written, config[key]), problem: quotesNeeded }));
}
