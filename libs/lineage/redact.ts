import { authorityEnd } from './names/authority-end.ts';

/** What stands where a secret stood. */
export const REDACTED = '[redacted]';

/**
 * A copy of a JSON value with secrets cut out, or the value itself where it holds none. It is what makes an event fit
 * to be stored, hashed and shown; so it is deterministic, and running it again changes nothing.
 *
 * Cut out, and replaced by `[redacted]`:
 * - strings and numbers under a key that names a secret (`isSecretKey`), also where the key is an object's or list's,
 *   and `value` beside `{name|key: 'DB_PASSWORD'}`, as the environmentVariables facet has it;
 * - in any string: URL credentials, `password=…` in query strings, JDBC properties, connection strings and SQL, quoted
 *   `"password": "…"`, `Authorization: …`, `Bearer …`, AWS access keys, PEM private keys, JWTs and a few well-known
 *   token prefixes.
 *
 * Names stay: a column that is called `password` is lineage, not a secret, so objects keyed by column are walked
 * (`fields: {password: {inputFields: […]}}`), and `null`, booleans and '' hide nothing.
 *
 * Depth is the caller's to bound.
 *
 * @param under the key that the value has in the event; '': it is the event
 */
export function redact(value: unknown, under = ''): unknown {
  return redactValue(value, under);
}

/**
 * Text that couldn't be parsed, fit to be shown: its first `limit` characters without secrets. Beyond what `redact`
 * finds in strings, unquoted `password: …` counts. It looks beyond the limit, so that a secret across it is seen whole.
 */
export function redactText(text: string, limit = 256): string {
  return redactString(text.slice(0, limit + LOOK_AHEAD), true).slice(0, limit);
}

/** Long enough for a PEM key's header, a token and a URL; short enough that refusing 64 MB of noise is cheap. */
const LOOK_AHEAD = 4096;

function redactValue(value: unknown, parentKey: string): unknown {
  if (typeof value === 'string') return redactString(value, false);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return mapped(value, (item) => redactValue(item, parentKey));
  const object = value as JsonObject;
  let copy: Record<string, unknown> | undefined;
  let isRenamed = false;
  for (const key of Object.keys(object)) {
    const part = object[key];
    const isOrdinary = ordinaryKeys.has(key);
    if (isOrdinary && typeof part !== 'string' && typeof part !== 'object') continue;
    const clean = isOrdinary ? redactValue(part, key) : redactMember(object, parentKey, key, part);
    if (!isOrdinary && verdictOn(key).text !== key) isRenamed = true;
    if (clean === part) continue;
    // Spreading defines properties, it doesn't assign them: a key named `__proto__` stays one, here and below.
    copy ??= { ...object };
    copy[key] = clean;
  }
  return isRenamed ? renamed(copy ?? object) : (copy ?? object);
}

/** Everything below a secret key that could be the secret. */
function redactWhole(value: unknown): unknown {
  if (typeof value === 'string') return value === '' ? value : REDACTED;
  if (typeof value === 'number' || typeof value === 'bigint') return REDACTED;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return mapped(value, redactWhole);
  let copy: Record<string, unknown> | undefined;
  for (const [key, part] of Object.entries(value)) {
    const clean = redactWhole(part);
    if (clean === part) continue;
    copy ??= { ...value };
    copy[key] = clean;
  }
  return renamed(copy ?? (value as JsonObject));
}

function redactMember(object: JsonObject, parentKey: string, key: string, value: unknown): unknown {
  const isColumn = COLUMN_MAPS.has(parentKey) && typeof value === 'object';
  if (verdictOn(key).isSecret && !isColumn) return redactWhole(value);
  if (key === 'value' && (namesSecret(object.name) || namesSecret(object.key))) return redactWhole(value);
  return redactValue(value, key);
}

/** Objects under these keys are keyed by column, and columns are called `password` and `token`. */
const COLUMN_MAPS: ReadonlySet<string> = new Set(['fields', 'columns', 'columnMetrics', 'column_metrics']);

const namesSecret = (name: unknown): boolean => typeof name === 'string' && name.length <= 128 && isSecretKey(name);

type JsonObject = Readonly<Record<string, unknown>>;

/** The same list where nothing changes. */
function mapped(items: readonly unknown[], each: (item: unknown) => unknown): readonly unknown[] {
  let copy: unknown[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const item = items[i];
    const clean = each(item);
    if (clean === item) continue;
    copy ??= items.slice();
    copy[i] = clean;
  }
  return copy ?? items;
}

/** The object with secrets cut out of its keys: a map may be keyed by URL. The same object where they hold none. */
function renamed(object: JsonObject): JsonObject {
  const entries = Object.entries(object);
  if (entries.every(([key]) => verdictOn(key).text === key)) return object;
  return Object.fromEntries(entries.map(([key, value]) => [verdictOn(key).text, value]));
}

interface KeyVerdict {
  readonly isSecret: boolean;
  /** The key itself without secrets. */
  readonly text: string;
}

// The same few hundred keys come in every event: those that need no second look are kept. A memo: no result depends on
// what is in it.
const ordinaryKeys = new Set<string>();
const MAX_ORDINARY_KEYS = 4096;

function verdictOn(key: string): KeyVerdict {
  const text = redactString(key, false);
  const isSecret = key.length <= 256 && (isSecretKey(key) || isSecretKey(text));
  // `value` counts together with the `name` beside it.
  if (!isSecret && text === key && key !== 'value' && key.length <= 64) {
    if (ordinaryKeys.size >= MAX_ORDINARY_KEYS) ordinaryKeys.clear();
    ordinaryKeys.add(key);
  }
  return { isSecret, text };
}

/**
 * Whether a key, property or parameter of this name holds a secret: `password`, `DB_PASSWORD`, `database.password`,
 * `sasl.jaas.config`, `apiKey`, `fs.s3a.secret.key`, `x-auth-token` … but not `tokenizer`, `max_tokens`, `primary_key`,
 * `key`, `password_file`, `token_type`.
 */
export function isSecretKey(key: string): boolean {
  if (!MAY_NAME_SECRET.test(key)) return false;
  const words = wordsOf(key);
  // `password_hash`, `secret2`, `token.value`: the tail says nothing of what it is, only in which form.
  let end = words.length;
  while (end > 1 && TAIL.test(words[end - 1] ?? '')) end--;
  const last = words[end - 1] ?? '';
  if (SECRET_WORD.test(last)) return true;
  const text = `.${words.slice(0, end).join('.')}.`;
  return SECRET_PHRASE.test(text) || SECRET_AT_END.test(text);
}

const MAY_NAME_SECRET = /pass|pwd|secret|token|key|cred|auth|jaas|cookie|connection.?string|signature/i;
const SECRET_WORD =
  /^(?:\w*(?:password|passwd|passphrase|passcode|secret|token|apikey|accesskey|secretkey|privatekey)|\w*passwords|pwd|secrets|credentials?|authorization|cookie)$/;
const TAIL =
  /^(?:\d+|value|text|plain|plaintext|raw|string|base64|b64|encoded|encrypted|enc|hash|hashed|md5|sha256|old|new|current|previous|default)$/;
/** Anywhere in the key: account names follow (`fs.azure.account.key.NAME.blob.core.windows.net`). */
const SECRET_PHRASE = /\.(?:sasl\.jaas\.config|auth\.user\.info|account\.key|access\.key\.id|set\.cookie)\./;
const SECRET_AT_END =
  /\.(?:(?:api|access|private|secret|signing|encryption|encrypt|shared|storage|master|hmac|license|ssh|gpg|pgp|keystore|signature)\.key|(?:access|auth|refresh|api|bearer|session)\.tokens|(?:api|access|secret|private)\.keys|(?:db|database|user|admin|root|smtp|ftp|ssh|ldap|sasl|proxy|jdbc|truststore)\.pass|(?:amz|access|request)\.signature)\.$/;

/** `databasePassword`, `DB_PASSWORD`, `database.password` → database password. */
const wordsOf = (key: string): string[] =>
  key
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .replace(/([a-z])(\d+)(?![a-z\d])/g, '$1 $2')
    .split(/[^a-z\d]+/)
    .filter((word) => word !== '');

// Most strings of an event are names and schema URLs: neither these characters nor a token's beginning is in them.
const MARKS = /[=@"'\s]/;
const SUSPECT =
  /[=@]|["']\s?:|[Aa][Uu][Tt][Hh][Oo][Rr]|[Bb][Ee][Aa][Rr][Ee][Rr]|[Bb][Aa][Ss][Ii][Cc]\s|-----BEGIN|(?:PASSWORD|assword|BY|by)\s+'/;
const TOKEN_HINT = /A(?:KIA|SIA|Iza)|eyJ|gh[opusr]_|github_pat|xox|sk_live/;
/** Any token is longer than this. */
const SHORT = 14;

const isClean = (text: string): boolean =>
  !(MARKS.test(text) && SUSPECT.test(text)) && (text.length < SHORT || !TOKEN_HINT.test(text));

function redactString(text: string, loose: boolean): string {
  if (!loose && isClean(text)) return text;
  // Until nothing changes: what is cut out may have hidden what stands beside it, and a second call must change nothing.
  let clean = text;
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const before = clean;
    clean = redactOnce(before, loose);
    if (clean === before) break;
  }
  return clean;
}

const MAX_PASSES = 16;

function redactOnce(text: string, loose: boolean): string {
  let clean = text;
  if (clean.includes('-----BEGIN')) clean = withoutPrivateKeys(clean);
  if (clean.includes('@')) clean = withoutUserinfo(clean);
  if (AUTHORIZATION_HINT.test(clean)) clean = clean.replace(AUTHORIZATION, `$1${REDACTED}`);
  if (loose || ASSIGNS.test(clean)) clean = withoutAssigned(clean, loose);
  if (BEARER_HINT.test(clean)) clean = clean.replace(BEARER, withoutBearer);
  if (TOKEN_HINT.test(clean)) clean = clean.replace(TOKEN, REDACTED);
  return clean;
}

// PEM ----------------------------------------------------------------------------------------------------------------

const PEM_BEGIN = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;
const PEM_END = /-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----/;

/** A key without an end is cut to the end of the text: it was cut off, and what is left of it is still a key. */
function withoutPrivateKeys(text: string): string {
  let clean = '';
  let rest = text;
  for (let begin = PEM_BEGIN.exec(rest); begin !== null; begin = PEM_BEGIN.exec(rest)) {
    clean += rest.slice(0, begin.index) + REDACTED;
    const body = rest.slice(begin.index + begin[0].length);
    const end = PEM_END.exec(body);
    rest = end === null ? '' : body.slice(end.index + end[0].length);
  }
  return clean + rest;
}

// URLs ---------------------------------------------------------------------------------------------------------------

/** `scheme://user:password@host` of every host; a user alone stays, unless the scheme is one where it may be a token. */
function withoutUserinfo(text: string): string {
  let clean = '';
  let done = 0;
  for (let at = text.indexOf('://'); at >= 0; at = text.indexOf('://', at + 3)) {
    const from = at + 3;
    if (from < done) continue;
    const end = authorityEnd(text, from);
    const authority = text.slice(from, end);
    if (!authority.includes('@')) continue;
    const userIsToken = /(?:https?|git|ftps?)$/i.test(text.slice(Math.max(0, at - 5), at));
    const hosts = withoutUserinfoOfHosts(authority, userIsToken);
    if (hosts === authority) continue;
    clean += text.slice(done, from) + hosts;
    done = end;
  }
  clean += text.slice(done);
  // jdbc:oracle:thin:user/password@host, with or without //
  return ORACLE_HINT.test(clean) ? clean.replace(ORACLE_USERINFO, `$1${REDACTED}@`) : clean;
}

const ORACLE_HINT = /oracle:/i;
const ORACLE_USERINFO = /(oracle:(?:thin|oci8?):)[^\s/@:"'()[\]]{1,64}\/[^\s@"']{1,256}@/gi;
const HOST = /^(?:\[[^\]]*\]|[\w.-]+)(?::\d*)?$/;

function withoutUserinfoOfHosts(authority: string, userIsToken: boolean): string {
  const hosts: string[] = [];
  let pending = '';
  for (const piece of authority.split(',')) {
    const whole = pending === '' ? piece : `${pending},${piece}`;
    const at = whole.lastIndexOf('@');
    if (at < 0) {
      // `u:p,w@host`: what is no host is the first half of a password with a comma in it.
      if (HOST.test(whole) || !authority.includes('@')) hosts.push(whole);
      else pending = whole;
      continue;
    }
    const userinfo = whole.slice(0, at);
    hosts.push(userinfo.includes(':') || pending !== '' || userIsToken ? `${REDACTED}${whole.slice(at)}` : whole);
    pending = '';
  }
  if (pending !== '') hosts.push(pending);
  return hosts.join(',');
}

// name=value ---------------------------------------------------------------------------------------------------------

const ASSIGNS = /=|["']\s?:|(?:PASSWORD|assword|BY|by)\s+'/;
/** `name=`, `"name":`, `\"name\":`, `name: `, SQL's `PASSWORD '` and `IDENTIFIED BY '`. Bounded, so it is linear. */
const ASSIGNMENT = /(?<![\w.-])((?:\\{0,3}["'`])?)([\w.-]{1,80})\1(\s{0,4}[=:]\s{0,4}|\s{1,4}(?='))/g;

interface Assignment {
  readonly name: string;
  /** The quote around the name, with the backslashes before it; ''. */
  readonly quote: string;
  /** `=` or `:` with the white space around it; white space alone before a quoted value. */
  readonly sign: string;
  /** The character before; ''. */
  readonly before: string;
  /** Where the value begins. */
  readonly from: number;
}

function withoutAssigned(text: string, loose: boolean): string {
  let clean = '';
  let done = 0;
  let sql: boolean | undefined;
  ASSIGNMENT.lastIndex = 0;
  for (let match = ASSIGNMENT.exec(text); match !== null; match = ASSIGNMENT.exec(text)) {
    const [all, quote = '', name = '', sign = ''] = match;
    // The next name may begin where this value does: `url=jdbc:…;password=…`.
    const from = match.index + all.length;
    ASSIGNMENT.lastIndex = from;
    const before = text.charAt(match.index - 1);
    if (!namesSecretHere(text, match.index, before, name, sign)) continue;
    sql ??= looksLikeSql(text);
    const end = endOfSecret(text, { name, quote, sign, before, from }, sql, loose);
    if (end <= from) continue;
    clean += text.slice(done, from) + inQuotesOf(text.slice(from, end));
    done = end;
    ASSIGNMENT.lastIndex = end;
  }
  return done === 0 ? text : clean + text.slice(done);
}

function namesSecretHere(text: string, at: number, before: string, name: string, sign: string): boolean {
  if (sign.trim() === '') return isSqlPassword(text, at, name);
  // A path has such parts where a table is partitioned by a column `token`; Teradata has its parameters there.
  if (before === '/') return isSecretKey(name) && /teradata:/i.test(text.slice(0, at));
  return isSecretKey(name) || ((before === '?' || before === '&') && SIGNATURE.test(name));
}

/** What signs a URL (Azure's `sig`) is its password; elsewhere a signature is a function's. */
const SIGNATURE = /^(?:sig|signature|auth|pw)$/i;

/** `CREATE ROLE r PASSWORD 'x'` and `IDENTIFIED BY 'x'`, but not `SELECT password 'alias'` or `ORDER BY 'x'`. */
function isSqlPassword(text: string, at: number, name: string): boolean {
  const head = text.slice(Math.max(0, at - 200), at);
  if (/^by$/i.test(name)) return /identified\s+$/i.test(head);
  return /^password$/i.test(name) && /\b(?:user|role|login|group)\b/i.test(head);
}

const looksLikeSql = (text: string): boolean =>
  (/\bselect\b/i.test(text) && /\bfrom\b/i.test(text)) ||
  /\b(?:insert\s+into|delete\s+from|merge\s+into|update\s+\S+\s+set|create\s+(?:or\s+replace\s+)?(?:table|view)|where\s+[\w."]+\s*=)/i.test(
    text,
  );

/** Where the secret of an assignment ends; its beginning, where the value is none or may not be one. */
function endOfSecret(text: string, assignment: Assignment, sql: boolean, loose: boolean): number {
  const { name, quote, sign, before, from } = assignment;
  const isColon = sign.includes(':');
  // `password: the user's password` is prose, `"password": …` is not.
  if (isColon && quote === '' && !loose) return from;
  const opening = /^\\{0,3}["']/.exec(text.slice(from, from + 4))?.[0];
  if (opening !== undefined) {
    if (sql && sign !== '=' && !isColon && !isSecretInSql(name, opening)) return from;
    const end = endOfQuoted(text, from + opening.length, opening);
    return end <= from + 2 * opening.length ? from : end;
  }
  if (isColon) return endOfBare(text, from, loose ? LOOSE_VALUE : JSON_VALUE);
  if (before === '?' || before === '&') return endOfBare(text, from, QUERY_VALUE);
  if (before === ';') return endOfBare(text, from, PROPERTY_VALUE);
  // Without quotes, SQL compares columns: `a.password = b.password`.
  return sql ? from : endOfBare(text, from, LISTED_VALUE);
}

/** A column called `token` is compared with words; one called `password` or `access_token` with secrets. */
const isSecretInSql = (name: string, opening: string): boolean =>
  opening === "'" &&
  !/^(?:token|secret|cookie|credentials?|authorization)$/i.test(name.slice(name.lastIndexOf('.') + 1));

/** Just after the closing quote, doubled quotes being part of the text; the end of the text where there is none. */
function endOfQuoted(text: string, from: number, quote: string): number {
  for (let at = text.indexOf(quote, from); at >= 0; at = text.indexOf(quote, at + quote.length)) {
    if (quote.length === 1 && isEscaped(text, at, from)) continue;
    const end = at + quote.length;
    if (!text.startsWith(quote, end) || at === from) return end;
    at += quote.length;
  }
  return text.length;
}

function isEscaped(text: string, at: number, from: number): boolean {
  let backslashes = 0;
  while (at - 1 - backslashes >= from && text.charAt(at - 1 - backslashes) === '\\') backslashes++;
  return backslashes % 2 === 1;
}

const QUERY_VALUE = /[^&#\s"'<>]*/y;
const PROPERTY_VALUE = /(?:\{[^}]{0,256}\})?[^;\s"'<>]*/y;
// A comma ends the value where another assignment or white space follows; else the secret may hold one.
const LISTED_VALUE = /(?:\{[^}]{0,256}\})?(?:[^\s;&"'<>(),]|,(?!\s|$|[\w.-]{1,80}\s?=))*/y;
const JSON_VALUE = /(?!null\b|true\b|false\b)[^\s,{}[\]"']*/y;
const LOOSE_VALUE = /(?!null\b|true\b|false\b)[^\s,{}"']*/y;

function endOfBare(text: string, from: number, value: RegExp): number {
  value.lastIndex = from;
  return value.test(text) ? value.lastIndex : from;
}

/** The replacement keeps the quotes, so that JSON and SQL stay what they are. */
function inQuotesOf(value: string): string {
  const opening = /^\\{0,3}["']/.exec(value)?.[0];
  if (opening === undefined) return REDACTED;
  const isClosed = value.length >= 2 * opening.length && value.endsWith(opening);
  return `${opening}${REDACTED}${isClosed ? opening : ''}`;
}

// Headers and tokens --------------------------------------------------------------------------------------------------

const AUTHORIZATION_HINT = /authoriz/i;
const AUTHORIZATION =
  /(\bauthorization\\{0,3}["']?\s{0,4}[:=]\s{0,4}\\{0,3}["']?)(?:(?:digest|aws4-hmac-sha256)\s[^\n"'\\]*|(?:(?:bearer|basic|token|negotiate|apikey)\s{1,4})?[^\s"'\\,;&]+)/gi;

const BEARER_HINT = /bearer|basic/i;
const BEARER = /\b(bearer|basic)(\s{1,4})([A-Za-z0-9._~+/=-]{4,})/gi;

function withoutBearer(all: string, scheme: string, space: string, token: string, at: number, text: string): string {
  const isHeader = scheme === 'Bearer' && at === 0 && all.length === text.length;
  if (!isHeader && isProse(token)) return all;
  return `${scheme}${space}${REDACTED}`;
}

/** `Bearer authentication`, `bearer token-based`: words, however they are joined. */
const isProse = (token: string): boolean => token.length < 24 && /^[A-Za-z]+(?:[-/][a-z]+)*[.]*$/.test(token);

// The look-behind gives each run of characters one start, so that a long run costs its length and no more.
const TOKEN =
  /(?<![A-Za-z0-9_-])(?:(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Za-z0-9_-])|eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]*){0,3}|gh[opusr]_[A-Za-z0-9]{30,}|github_pat_\w{40,}|xox[abeprs]-[A-Za-z0-9-]{10,}|sk_live_[A-Za-z0-9]{16,}|AIza[\w-]{35})/g;
