import { timingSafeEqual } from 'node:crypto';
import { statSync } from 'node:fs';
import { ALL_SCOPES, LOCAL_VIEWER, type Scope, type Viewer } from '#lineage';
import { StartupError } from '../config/startup-error.ts';
import { hashApiKey } from './api-key.ts';
import { readKeyFile } from './key-file.ts';

/** How soon a key that was added or removed counts in a running hub. */
const RELOAD_EVERY_MS = 2_000;

/** Asks before it has shown a key (a WebSocket whose key comes in its first message): may do nothing. */
export const ANONYMOUS: Viewer = { name: 'anonymous', scopes: new Set<Scope>() };

export type Authentication =
  | { readonly kind: 'viewer'; readonly viewer: Viewer }
  | { readonly kind: 'denied'; readonly message: string };

/** Who a caller is. */
export interface Access {
  /** False: no keys, so only this machine may ask, and it may do everything. */
  readonly keyed: boolean;
  /** How many keys there are now. */
  readonly count: number;
  /** `authorization`: the header's value, or what a WebSocket sent in its place. */
  authenticate(authorization: string | undefined): Authentication;
  stop(): void;
}

interface HeldKey {
  readonly digest: Buffer;
  readonly viewer: Viewer;
}

export const OPEN_ACCESS: Access = {
  keyed: false,
  count: 0,
  authenticate: () => ({ kind: 'viewer', viewer: LOCAL_VIEWER }),
  stop: () => undefined,
};

/**
 * Access by the keys of a file. The file is looked at again every two seconds, so that a removed key stops working
 * without a restart. A file that can't be read later leaves the keys as they were, and says so.
 */
export function openKeyedAccess(path: string, complain: (message: string) => void): Access {
  let keys = load(path);
  let seen = stampOf(path);
  const reload = (): void => {
    const stamp = stampOf(path);
    if (stamp === seen) return;
    seen = stamp;
    try {
      keys = load(path);
    } catch (error) {
      complain(error instanceof StartupError ? error.message : String(error));
    }
  };
  const timer = setInterval(reload, RELOAD_EVERY_MS);
  timer.unref();
  return {
    keyed: true,
    get count() {
      return keys.length;
    },
    authenticate(authorization) {
      if (authorization === undefined) {
        return {
          kind: 'denied',
          message:
            'This hub wants a key: send the header "Authorization: Bearer KEY" (over a WebSocket: {"authorization": "Bearer KEY"} with connection_init).',
        };
      }
      const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
      if (token === undefined) {
        return {
          kind: 'denied',
          message: 'The Authorization header must be "Bearer KEY", with a key made by "headwater keys add".',
        };
      }
      const digest = hashApiKey(token);
      let found: Viewer | null = null;
      // All are compared, each in constant time: how long it takes tells nothing of which came near.
      for (const key of keys) if (timingSafeEqual(key.digest, digest)) found = key.viewer;
      return found === null
        ? { kind: 'denied', message: 'This key is not known here, or was removed.' }
        : { kind: 'viewer', viewer: found };
    },
    stop: () => clearInterval(timer),
  };
}

function load(path: string): readonly HeldKey[] {
  return readKeyFile(path).map((entry) => ({
    digest: Buffer.from(entry.sha256, 'hex'),
    // Who may administer may do everything.
    viewer: { name: entry.name, scopes: entry.scopes.includes('admin') ? ALL_SCOPES : new Set<Scope>(entry.scopes) },
  }));
}

/** Size and inode too: two writes can share a time. A missing file is a stamp of its own. */
function stampOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? 'missing' : `${stats.mtimeMs}:${stats.size}:${stats.ino}`;
}
