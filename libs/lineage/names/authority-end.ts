/**
 * Where the authority of a URL ends (its `//` lies just before `from`): at the first of `/ ? # \` or a character that
 * no URL holds. A password may hold an unescaped `/`, which ends the authority too early and would leave the rest of
 * the password standing; so where what stands there can't be `host` or `host:port`, the end moves beyond the next `@`.
 *
 * ```
 * postgres://u:p@db:5432/shop      u:p@db:5432
 * postgres://u:a/b@db:5432/shop    u:a/b@db:5432      `a` is no port
 * hdfs://nn:8020/home/a@b          nn:8020
 * ```
 */
export function authorityEnd(text: string, from: number): number {
  let end = firstOf(text, from, (code) => code === SLASH || endsUrl(code));
  if (text.charCodeAt(end) !== SLASH) return end;
  const colon = text.indexOf(':', from);
  if (colon < 0 || colon > end || text.charCodeAt(from) === OPEN_BRACKET) return end;
  if (text.lastIndexOf('@', end) >= from || isPort(text, colon + 1, end)) return end;
  const at = firstOf(text.slice(0, end + MAX_PASSWORD), end, (code) => code === AT || endsUrl(code));
  if (text.charCodeAt(at) === AT) end = firstOf(text, at, (code) => code === SLASH || endsUrl(code));
  return end;
}

/** How far a password with a `/` in it is followed: bounded, so that hostile text costs no more than its length. */
const MAX_PASSWORD = 256;

const SLASH = 47;
const AT = 64;
const OPEN_BRACKET = 91;

// Controls and space, " # < > ? \ `
const endsUrl = (code: number): boolean =>
  code <= 32 || code === 34 || code === 35 || code === 60 || code === 62 || code === 63 || code === 92 || code === 96;

function firstOf(text: string, from: number, found: (code: number) => boolean): number {
  let i = from;
  while (i < text.length && !found(text.charCodeAt(i))) i++;
  return i;
}

function isPort(text: string, from: number, end: number): boolean {
  const port = text.slice(from, Math.min(end, from + 8));
  return /^(?:\d{0,5}|-1|None|null)$/.test(port);
}
