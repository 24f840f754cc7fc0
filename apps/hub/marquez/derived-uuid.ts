import { createHash } from 'node:crypto';

/** Our own name space, so that no other tool's version 5 UUIDs meet ours. */
const NAMESPACE = Buffer.from('6c7b1f2e0d5a4f4e9b3a5e1c8f7d2a60', 'hex');

/**
 * A version 5 UUID of a few texts. Marquez makes up a UUID for what it stores (versions, jobs); ours follow from what
 * they stand for, so that every hub with the same events, and every restart, gives the same one.
 */
export function derivedUuid(...parts: readonly string[]): string {
  // JSON keeps ('a', 'bc') and ('ab', 'c') apart.
  const hash = createHash('sha1').update(NAMESPACE).update(JSON.stringify(parts)).digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
