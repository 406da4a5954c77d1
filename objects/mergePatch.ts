import * as pulumi from "@pulumi/pulumi";
import { isMapOrList } from "../schema/byName";
import { isInput } from "../schema/values";

/**
 * A value after a JSON merge patch: maps are merged at every depth, null removes a field, and everything else, such as a
 * list, replaces what was there. An undefined patch changes nothing. https://www.rfc-editor.org/rfc/rfc7396
 *
 * A part that is known only later is merged when it is known.
 */
export function mergePatch<T>(target: T, patch: unknown): T {
  if (patch === undefined) return target;
  if (isInput(patch) || (isInput(target) && isMap(patch))) {
    const known = pulumi.output<unknown[]>([target, patch]) as pulumi.Output<unknown[]>;
    return known.apply(([target, patch]) => mergePatch<unknown>(target, patch)) as T;
  }
  if (!isMap(patch)) return patch as T;
  const merged = new Map(isMap(target) ? Object.entries(target) : []);
  for (const [field, value] of Object.entries(patch)) {
    if (value === null) merged.delete(field);
    else if (value !== undefined) merged.set(field, mergePatch(merged.get(field), value));
  }
  return Object.fromEntries(merged) as T;
}

const isMap = (given: unknown): given is Record<string, unknown> => isMapOrList(given) && !Array.isArray(given);
