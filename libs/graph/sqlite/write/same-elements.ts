import type { Element } from '#lineage';

/** Element for element the same, notes included. */
export function sameElements(a: readonly Element[], b: readonly Element[]): boolean {
  return a.length === b.length && a.every((element, i) => sameElement(element, b[i]));
}

function sameElement(a: Element, b: Element | undefined): boolean {
  if (b === undefined || a.kind !== b.kind) return false;
  if (a.kind === 'COLUMN' || b.kind === 'COLUMN') {
    return (
      a.kind === 'COLUMN' &&
      b.kind === 'COLUMN' &&
      a.fromField === b.fromField &&
      a.toField === b.toField &&
      a.type === b.type &&
      a.subtype === b.subtype &&
      a.from.name === b.from.name &&
      a.from.namespace === b.from.namespace &&
      a.to.name === b.to.name &&
      a.to.namespace === b.to.namespace &&
      a.description === b.description &&
      a.masking === b.masking
    );
  }
  return (
    a.from.name === b.from.name &&
    a.to.name === b.to.name &&
    a.from.namespace === b.from.namespace &&
    a.to.namespace === b.to.namespace &&
    a.from.kind === b.from.kind &&
    a.to.kind === b.to.kind
  );
}
