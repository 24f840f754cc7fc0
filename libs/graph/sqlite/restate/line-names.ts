/** Names by the ids that lines have, whose namespaces and names may both hold colons. */
import { type AssetName, assetId, type ExportInterval, FOREVER, parseInstant, parseNodeId, type Span } from '#lineage';
import { BadRows } from '../graph-rows.ts';
import type { Interned } from '../interned.ts';

export class LineNames {
  readonly #interned: Interned;
  readonly #numbers = new Map<string, number>();

  constructor(interned: Interned) {
    this.#interned = interned;
  }

  /** A name that a line spells out. */
  know({ kind, namespace, name }: AssetName): number {
    const asset = { kind, namespace, name };
    const id = assetId(asset);
    const held = this.#numbers.get(id);
    if (held !== undefined) return held;
    const made = this.#interned.asset(asset);
    this.#numbers.set(id, made);
    return made;
  }

  /** null: no line spelled it out so far. */
  find(id: string): number | null {
    return this.#numbers.get(id) ?? null;
  }

  /** Of an id that stands alone: a known name's, else cut where that is likeliest. */
  number(id: string): number {
    return this.#numbers.get(id) ?? this.know(cutOf(id));
  }
}

/** Whichever cut it is, the id is made of it again. */
export function cutOf(id: string): AssetName {
  for (const ref of parseNodeId(id)) {
    if ((ref.kind === 'dataset' || ref.kind === 'job') && assetId(ref) === id) return ref;
  }
  const [kind, namespace, ...name] = id.split(':');
  if ((kind !== 'dataset' && kind !== 'job') || namespace === undefined || name.length === 0)
    throw new BadRows(`${id} is no id of a dataset or a job`);
  return { kind, namespace, name: name.join(':') };
}

/** @throws BadRows where the text is no instant */
export function instantOf(text: string): number {
  const t = parseInstant(text);
  if (t === null) throw new BadRows(`${JSON.stringify(text)} is no instant`);
  return t;
}

export const instantOrNull = (text: string | null): number | null => (text === null ? null : instantOf(text));

export function spanOf({ from, to }: ExportInterval): Span {
  return { from: instantOf(from), to: to === null ? FOREVER : instantOf(to) };
}
