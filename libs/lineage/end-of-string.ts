const BACKSLASH = 0x5c;

/** Of a JSON text: behind the quote that ends the string begun at `from`; -1: none does. */
export function endOfString(text: string, from: number): number {
  for (let end = text.indexOf('"', from + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(end - 1 - backslashes) === BACKSLASH) backslashes += 1;
    // `\"` is in the string, `\\"` ends it.
    if (backslashes % 2 === 0) return end + 1;
  }
  return -1;
}
