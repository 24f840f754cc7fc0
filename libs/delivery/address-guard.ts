/**
 * Which addresses may be called. Whoever writes a rule file, or owns a name that one calls, must not reach what only
 * this machine can reach: its own services, the network behind it, a cloud's metadata address.
 *
 * Judged is every address that would be connected to: a literal in the URL (where `new URL` has already made one form
 * of `2130706433`, `0177.0.0.1` and `0x7f.1`), and each one that a name resolves to, at the moment of connecting, so
 * that a name can't be one thing when it is judged and another when it is called.
 */
import { lookup as resolve } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Hosts and networks that may be called although private or without TLS. */
export interface AllowList {
  readonly hosts: ReadonlySet<string>;
  readonly networks: readonly (readonly [ipaddr.IPv4 | ipaddr.IPv6, number])[];
}

export type HostVerdict = { readonly ok: true } | { readonly ok: false; readonly reason: string };

const FINE: HostVerdict = { ok: true };
const refused = (reason: string): HostVerdict => ({ ok: false, reason });

/** `127.0.0.1/32,10.0.0.0/8,hooks.internal`; a text: what is wrong with it. */
export function parseAllowList(text: string): AllowList | string {
  const hosts = new Set<string>();
  const networks: [ipaddr.IPv4 | ipaddr.IPv6, number][] = [];
  for (const entry of text.split(',').map((part) => part.trim())) {
    if (entry === '') continue;
    if (ipaddr.isValidCIDR(entry)) networks.push(ipaddr.parseCIDR(entry));
    else if (ipaddr.IPv4.isValidFourPartDecimal(entry) || ipaddr.IPv6.isValid(entry)) {
      const address = ipaddr.parse(entry);
      networks.push([address, address.kind() === 'ipv4' ? 32 : 128]);
    } else if (/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(entry)) hosts.add(entry.toLowerCase());
    else return `"${entry}" is no host, address or network; write hooks.internal, 127.0.0.1 or 10.0.0.0/8`;
  }
  return { hosts, networks };
}

/** Whether a URL may be called, as far as it can be told without asking for its name's addresses. */
export function judgeUrl(url: URL, allowed: AllowList): HostVerdict {
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return refused(`${url.protocol} can't be called; use https:`);
  if (url.username !== '' || url.password !== '') return refused('the URL holds user or password');
  const host = hostOf(url);
  if (url.protocol === 'http:' && !isAllowed(host, allowed))
    return refused(`${host} may be called by https only; allow it to be called without TLS`);
  return isAddress(host) ? judgeAddress(host, host, allowed) : FINE;
}

/** Whether an address may be connected to, for a host that was asked for. */
export function judgeAddress(address: string, host: string, allowed: AllowList): HostVerdict {
  if (allowed.hosts.has(host.toLowerCase()) || inNetworks(address, allowed)) return FINE;
  if (!isAddress(address)) return refused(`${host} has the address ${address}, which is none`);
  const parsed = plain(address);
  const range = rangeOf(parsed);
  // Private, loopback, link-local, multicast, reserved; and what carries an IPv4 address in it (6to4, Teredo, NAT64).
  if (range === 'unicast') return FINE;
  return refused(
    `${host === address ? address : `${host} is ${address}, which`} is ${range}, not public; allow it to be called`,
  );
}

/** A lookup that gives only addresses that may be called: what it gave is what is connected to. */
export function guardedLookup(allowed: AllowList, lookup: typeof resolve = resolve): LookupFunction {
  return (host, options, callback) => {
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error !== null) {
        callback(error, []);
        return;
      }
      // One bad address among good ones is an attack, or will be one at the next attempt.
      for (const { address } of addresses) {
        const verdict = judgeAddress(address, host, allowed);
        if (verdict.ok) continue;
        callback(new RefusedAddress(verdict.reason), []);
        return;
      }
      const [first] = addresses;
      if (options.all === true || first === undefined) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

/** A name led to an address that may not be called. */
export class RefusedAddress extends Error {}

/** Without the brackets of IPv6 and the dot of a full name. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');

const isAddress = (text: string): boolean => ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);

/** `::ffff:127.0.0.1` is 127.0.0.1. */
function plain(address: string): ipaddr.IPv4 | ipaddr.IPv6 {
  const parsed = ipaddr.parse(address);
  return parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress() ? parsed.toIPv4Address() : parsed;
}

/** All of IPv6 that was ever given out to be routed. `::127.0.0.1` and the like lie outside, and have no name of their own. */
const GIVEN_OUT = ipaddr.IPv6.parse('2000::');

const rangeOf = (address: ipaddr.IPv4 | ipaddr.IPv6): string =>
  address instanceof ipaddr.IPv6 && address.range() === 'unicast' && !address.match(GIVEN_OUT, 3)
    ? 'reserved'
    : address.range();

function inNetworks(address: string, { networks }: AllowList): boolean {
  if (!isAddress(address)) return false;
  const parsed = plain(address);
  return networks.some(([network, bits]) => parsed.kind() === network.kind() && parsed.match(network, bits));
}

const isAllowed = (host: string, allowed: AllowList): boolean =>
  allowed.hosts.has(host.toLowerCase()) || inNetworks(host, allowed);
