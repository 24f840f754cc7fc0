import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'hw_';

/** A new key: 256 random bits behind a prefix that secret scanners and people recognise. */
export function newApiKey(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

/**
 * SHA-256 and not scrypt: a slow hash protects secrets that can be guessed, and 256 random bits can't. On each request
 * a slow one would cost tens of milliseconds, and be a lever for anyone who sends wrong keys.
 */
export function hashApiKey(key: string): Buffer {
  return createHash('sha256').update(key, 'utf8').digest();
}
