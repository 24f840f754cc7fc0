import { endOfString } from '#lineage';

const QUOTE = 0x22;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Whether the JSON text nests objects and arrays deeper than `max`: one pass, no recursion, so that it may look at what
 * would overflow a stack or, fed to a parser, fill the memory (64 MB of `[`). On text that isn't JSON any answer is right.
 */
export function exceedsDepth(text: string, max: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === QUOTE) {
      i = endOfString(text, i) - 1;
      if (i < 0) return false;
    } else if (unit === OPEN_BRACE || unit === OPEN_BRACKET) {
      if (++depth > max) return true;
    } else if (unit === CLOSE_BRACE || unit === CLOSE_BRACKET) {
      depth--;
    }
  }
  return false;
}
