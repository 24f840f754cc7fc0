import type { Page } from '#lineage';

/** Relay's connection with the `nodes` shortcut. */
export interface Connection<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount: number;
}

export const connection = <Node>({ items, next, total }: Page<Node>): Connection<Node> => ({
  nodes: items,
  pageInfo: { hasNextPage: next !== null, endCursor: next },
  totalCount: total,
});

export const EMPTY: Connection<never> = connection({ items: [], next: null, total: 0 });
