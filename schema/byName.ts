/*
 * The one order of everything that is made from a map: that of its names, byte by byte, as Pulumi sorts the maps of a stack
 * file. The order in which a map was written says nothing, and JavaScript puts names like "10" first.
 */

/** The entries of a map in the order of their names. */
export const byName = <V>(map: Record<string, V>): [string, V][] =>
  Object.entries(map).sort(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other)));

/** Whether something is a plain map or a list, as opposed to an output, which refers to all resources there are. */
export const isMapOrList = (given: unknown): given is object =>
  typeof given === "object" &&
  given !== null &&
  (Array.isArray(given) || [Object.prototype, null].includes(Object.getPrototypeOf(given) as object | null));

/** A value in which the maps at every depth are in the order of their names. */
export function inOrder<T>(given: T): T {
  if (!isMapOrList(given)) return given;
  if (Array.isArray(given)) return given.map(inOrder) as T;
  return Object.fromEntries(
    byName(given as Record<string, unknown>).map(([name, value]) => [name, inOrder(value)]),
  ) as T;
}
