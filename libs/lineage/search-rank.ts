/** The order of what a search finds: exact name, prefix, whole token, substring of the name, then the rest. */
import type { SearchHit } from './read-model.ts';

/** Of a node; several lines where there are several of a kind. */
export interface SearchedTexts {
  readonly name: string;
  readonly namespace: string;
  readonly aliases: string;
  readonly fields: string;
  readonly tags: string;
}

export interface SearchRank {
  /** Less is better. */
  readonly rank: number;
  readonly matched: SearchHit['matched'];
}

/**
 * How well a node that holds the text somewhere answers to it.
 * @param needle in small letters
 */
export function searchRank(needle: string, { name, namespace, aliases, fields, tags }: SearchedTexts): SearchRank {
  const lower = name.toLowerCase();
  if (lower === needle) return { rank: 0, matched: 'name' };
  // `orders` is what a person calls `shop.public.orders` or `/lake/orders`; in `daily_orders` it is a word of the name.
  const segments = lower.split(/[./:]/);
  const last = segments.at(-1) ?? lower;
  const words = lower.split(/[^\p{L}\p{N}]+/u);
  if (last === needle) return { rank: 1, matched: 'name' };
  if (lower.startsWith(needle) || last.startsWith(needle)) return { rank: 2, matched: 'name' };
  if (words.includes(needle)) return { rank: 3, matched: 'name' };
  if (words.some((word) => word.startsWith(needle))) return { rank: 4, matched: 'name' };
  if (lower.includes(needle)) return { rank: 5, matched: 'name' };
  if (aliases.toLowerCase().includes(needle)) return { rank: 6, matched: 'alias' };
  const field = fields.split('\n').find((one) => one.toLowerCase().includes(needle));
  if (field !== undefined && field !== '')
    return { rank: field.toLowerCase() === needle ? 7 : 8, matched: `field ${field}` };
  if (tags.toLowerCase().includes(needle)) return { rank: 9, matched: 'tag' };
  if (namespace.toLowerCase().includes(needle)) return { rank: 11, matched: 'namespace' };
  return { rank: 10, matched: 'description' };
}

interface Ranked {
  readonly rank: number;
  readonly node: { readonly id: string | number; readonly name: string };
}

/** Better ones first, then shorter names. */
export const bySearchRank = (a: Ranked, b: Ranked): number =>
  a.rank - b.rank ||
  a.node.name.length - b.node.name.length ||
  (a.node.name < b.node.name ? -1 : a.node.name > b.node.name ? 1 : a.node.id < b.node.id ? -1 : 1);
