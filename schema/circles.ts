/** Those of the names that refer to themselves, directly or by others. */
export function inCircles(references: Map<string, string[]>): string[] {
  const reaches = (from: string, to: string, seen = new Set<string>()): boolean =>
    (references.get(from) ?? []).some((next) => {
      if (next === to) return true;
      if (seen.has(next)) return false;
      seen.add(next);
      return reaches(next, to, seen);
    });
  return [...references.keys()].filter((name) => reaches(name, name));
}
