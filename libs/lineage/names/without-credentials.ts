import { isSecretKey } from '../redact.ts';
import { authorityEnd } from './authority-end.ts';

/**
 * A namespace without credentials: the user information of each host, and parameters that name a user or a secret
 * (`?user=…`, `;password=…`). All else stays as it was written. Azure's `container@account` is no user information.
 *
 * ```
 * foo://fred:secret@h1:1,fred:secret@h2:1/db?user=fred&ssl=true    foo://h1:1,h2:1/db?ssl=true
 * ```
 */
export function withoutCredentials(namespace: string): string {
  if (!MAY_HOLD_CREDENTIALS.test(namespace)) return namespace;
  return withoutSecretParameters(withoutUserinfo(namespace));
}

const MAY_HOLD_CREDENTIALS = /[@=]/;

/** The hosts of an authority without their user information. */
export function hostsOf(authority: string): string {
  if (!authority.includes('@')) return authority;
  const hosts: string[] = [];
  for (const piece of authority.split(',')) {
    const at = piece.lastIndexOf('@');
    // `u:p,w@host`: what is no host is the first half of a password with a comma in it.
    while (at >= 0 && hosts.length > 0 && !HOST.test(hosts.at(-1) ?? '')) hosts.pop();
    hosts.push(piece.slice(at + 1));
  }
  return hosts.join(',');
}

const HOST = /^(?:\[[^\]]*\]|[\w.-]+)(?::\d*)?$/;

function withoutUserinfo(namespace: string): string {
  const from = namespace.indexOf('://') + 3;
  if (from < 3) return namespace.replace(ORACLE_USERINFO, '$1');
  const end = authorityEnd(namespace, from);
  const authority = namespace.slice(from, end);
  const hosts = CONTAINERS.test(namespace) ? containerOf(authority) : hostsOf(authority);
  const head = namespace.slice(0, from);
  // jdbc:oracle:thin:user/password@tcp://host
  return `${head.replace(ORACLE_USERINFO, '$1')}${hosts}${namespace.slice(end)}`;
}

/** jdbc:oracle:thin:user/password@host */
const ORACLE_USERINFO = /((?:^|:)oracle:\w+:)(?:[^/@]*\/[^@]*|\[redacted\])(?=@)/i;
/** Schemes whose authority is `container@account`. */
const CONTAINERS = /^(?:abfss?|wasbs?|adls?):/i;

/** `container@account`, without the password that no container has. */
export function containerOf(authority: string): string {
  const at = authority.lastIndexOf('@');
  const colon = authority.indexOf(':');
  return colon >= 0 && colon < at ? `${authority.slice(0, colon)}${authority.slice(at)}` : authority;
}

/** Without `name=value` of users and secrets, in any of the ways in which URLs carry parameters. */
export function withoutSecretParameters(text: string): string {
  let kept = '';
  let done = 0;
  // A value may be a URL with parameters of its own, so the search goes on inside it.
  for (const { 0: start, 1: separator = '', 2: name = '', index } of text.matchAll(PARAMETER)) {
    const from = index + start.length;
    if (from <= done || !(USER.test(name) || isSecretKey(name))) continue;
    kept += text.slice(done, Math.max(done, index));
    if (OPENS.test(separator) && index >= done) kept += separator;
    done = endOfValue(text, from, separator);
    // `?user=fred&ssl=true`, `(user=fred,port=1)`: what opened the list opens what is left of it.
    if (OPENS.test(kept.slice(-1)) && FOLLOWS.test(text.charAt(done))) done++;
  }
  if (done === 0) return text;
  return (kept + text.slice(done)).replaceAll('()', '').replace(/[?&;:,]+$/, '');
}

const USER = /^(?:user|username|user_name|uid|userid)$/i;
const PARAMETER = /([?&;,:(])([\w.-]{1,64})=/g;
const OPENS = /[?(]/;
const FOLLOWS = /[&;,]/;

function endOfValue(text: string, from: number, separator: string): number {
  const ends = separator === '?' || separator === '&' ? /[&#]/ : separator === ';' ? /;/ : /[;&,:()]/;
  const length = text.slice(from).search(ends);
  return length < 0 ? text.length : from + length;
}
