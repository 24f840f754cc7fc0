import { isLoopback } from '../config/check-settings.ts';

export interface OriginFacts {
  readonly method: string;
  /** The Host header as it came. */
  readonly host: string | undefined;
  /** The host that the client meant: through a trusted proxy, the one that the proxy was asked for. */
  readonly askedHost: string;
  readonly origin: string | undefined;
  /** Sec-Fetch-Site: what a browser says of the page that asks. */
  readonly fetchSite: string | undefined;
  readonly upgrade: boolean;
}

export interface OriginPolicy {
  readonly keyed: boolean;
  /** The host that the hub was told to listen on. */
  readonly host: string;
  /** Origins whose pages may call. */
  readonly cors: readonly string[];
}

const READING = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Why this request may come from a web page that must not be heard; null: it may not.
 *
 * Without keys every process of this machine is trusted, and a browser is one, whatever page it shows. Two ways in:
 * - DNS rebinding: evil.example resolves to 127.0.0.1, so its page *reads* us as its own origin. The Host header still
 *   says evil.example: only names of this machine are served.
 * - A cross-site POST or WebSocket needs no permission to be *sent*: the Origin header tells them. So it does a page's
 *   `fetch` that reads: it could not see the answer, but would have us work for it.
 * A link, an image or a form on another site still GETs without an Origin: it sees nothing, and no GET changes anything.
 */
export function originProblem(facts: OriginFacts, policy: OriginPolicy): string | null {
  if (!policy.keyed) {
    const name = hostName(facts.host);
    if (name === null || !(isLoopback(name) || name === policy.host.toLowerCase())) {
      return `Host "${(facts.host ?? '').slice(0, 200)}" is not a name of this hub. Without keys it answers only to localhost and 127.0.0.1; to serve it under another name, set HEADWATER_KEYS.`;
    }
  }
  if (facts.origin !== undefined) {
    if (policy.cors.includes(facts.origin)) return null;
    if (URL.canParse(facts.origin) && new URL(facts.origin).host === facts.askedHost.toLowerCase()) return null;
    return `A page of ${facts.origin.slice(0, 200)} may not call this hub. To allow it, add its origin to cors in the settings.`;
  }
  if (READING.has(facts.method) && !facts.upgrade) return null;
  if (facts.fetchSite !== undefined && facts.fetchSite !== 'same-origin' && facts.fetchSite !== 'none') {
    return 'A page of another site may not call this hub. To allow it, add its origin to cors in the settings.';
  }
  return null;
}

/** `[::1]:4600` → `::1`; `LocalHost:4600` → `localhost`; null for what is no host. */
function hostName(header: string | undefined): string | null {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:/@\s]+))(?::\d{1,5})?$/i.exec(header ?? '');
  const name = match?.[1] ?? match?.[2];
  // A trailing dot is the same name to DNS.
  return name === undefined ? null : name.toLowerCase().replace(/\.$/, '');
}
