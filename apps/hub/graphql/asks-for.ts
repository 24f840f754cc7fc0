import { type FieldNode, type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql/index.js';

/**
 * Whether the query asks, anywhere below the field that is being resolved, for a field of one of these names: what is
 * costly to read need not be read for those who don't want it. Rather once too often than once too seldom: a field of
 * that name in another type counts too, and so does one that `@skip` leaves out.
 */
export function asksFor(
  names: ReadonlySet<string>,
  info: Pick<GraphQLResolveInfo, 'fieldNodes' | 'fragments'>,
): boolean {
  const spread = new Set<string>();
  const isIn = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.some((selection) => {
      switch (selection.kind) {
        case Kind.FIELD:
          return names.has(selection.name.value) || isIn(selection.selectionSet);
        case Kind.INLINE_FRAGMENT:
          return isIn(selection.selectionSet);
        case Kind.FRAGMENT_SPREAD: {
          const name = selection.name.value;
          if (spread.has(name)) return false;
          spread.add(name);
          return isIn(info.fragments[name]?.selectionSet);
        }
      }
      return false;
    }) ?? false;
  return info.fieldNodes.some(({ selectionSet }: FieldNode) => isIn(selectionSet));
}
