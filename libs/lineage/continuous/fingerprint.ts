/**
 * 32 bits of a text (FNV-1a over its UTF-16 units), for telling apart the few runs or partition sets of one job in less
 * room than their names need. Two that collide are taken for one: an interval may then be learnt a little wrongly.
 */
export function fingerprint(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
