export function log(line) {
  console.log(new Date().toISOString(), line);
}

/** A text from outside as a log may have it: in quotes, in printable ASCII, and not too long. */
export function quoted(text, longest = 200) {
  const escape = (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return JSON.stringify(text.slice(0, longest)).replace(/[^ -~]/g, escape);
}
