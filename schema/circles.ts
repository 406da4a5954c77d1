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

/** The entries, each after those that it refers to. If some refer to each other in a circle, one of them comes first. */
export function afterReferences<V>(entries: [string, V][], referencesOf: (value: V) => string[]): [string, V][] {
  const all = new Map(entries);
  const ordered = new Map<string, V>();
  const entered = new Set<string>();
  const enter = (name: string) => {
    if (!all.has(name) || entered.has(name)) return;
    entered.add(name);
    const value = all.get(name) as V;
    referencesOf(value).forEach(enter);
    ordered.set(name, value);
  };
  for (const [name] of entries) enter(name);
  return [...ordered];
}
