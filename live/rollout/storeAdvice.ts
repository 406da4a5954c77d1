/** The sections of docs/stores.md, by what redis writes to its log for the last time. */
const sections: [RegExp, string][] = [
  [/Bad file format reading the append only file|Unexpected end of file reading the append only file/, "a-damaged-log"],
  [/No space left on device|AOF write error|MISCONF/, "a-full-volume"],
  [/WRONGPASS|NOAUTH/, "the-password"],
];

/** What to do about a store that is not ready, if its error contains a known cause; empty if it does not. */
export function storeAdvice(error: string): string {
  const section = sections.find(([words]) => words.test(error))?.[1];
  return section === undefined ? "" : `docs/stores.md#${section} says what to do.`;
}
