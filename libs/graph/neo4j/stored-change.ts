/** A change as properties of its node, and back. */
import { type Change, canonicalJson } from '#lineage';
import type { Properties } from './neo4j-database.ts';

export function storedChange({ before, after, ...plain }: Change): Properties {
  return { ...plain, id: plain.sequence, before: canonicalJson(before ?? null), after: canonicalJson(after ?? null) };
}

export function changeOf(p: Properties): Change {
  return {
    sequence: Number(p['sequence']),
    kind: p['kind'] as Change['kind'],
    subject: String(p['subject']),
    at: Number(p['at']),
    seen: Number(p['seen']),
    text: String(p['text']),
    breaking: typeof p['breaking'] === 'boolean' ? p['breaking'] : null,
    corrected: p['corrected'] === true,
    before: JSON.parse(String(p['before'])) as unknown,
    after: JSON.parse(String(p['after'])) as unknown,
    // None was worked out, which is not the same as nobody.
    ...(Array.isArray(p['hit']) ? { hit: p['hit'].map(String) } : {}),
  };
}
