/** A page of the change feed, in the order of commits. */
import type { ChangeFeed, ChangeQuery } from '#lineage';
import type { Properties, Statements } from '../neo4j-database.ts';
import { READ_FEED, READ_FEED_OF_SUBJECTS } from '../queries/run-queries.ts';
import { shownOf } from '../shown-position.ts';
import { changeOf } from '../stored-change.ts';
import { findNodes } from './node-finder.ts';

export async function readChanges(
  statements: Statements,
  { kinds, subjects, since, breaking, first, after }: ChangeQuery,
): Promise<ChangeFeed> {
  const asked = { kinds, since, breaking, first, after: after === null ? 0 : Number(after) };
  const found = await shownOf(statements, async () => {
    const rows =
      subjects === null
        ? await statements.run(READ_FEED, asked)
        : await statements.run(READ_FEED_OF_SUBJECTS, { ...asked, subjects: await canonical(statements, subjects) });
    return rows.map(({ change }) => changeOf(change as Properties));
  });
  const items = found.sort((a, b) => a.sequence - b.sequence).slice(0, first);
  const last = items.at(-1);
  return { items, next: items.length < first || last === undefined ? null : String(last.sequence) };
}

/** Subjects that are no nodes are asked for as they are. */
async function canonical(statements: Statements, ids: readonly string[]): Promise<string[]> {
  const nodes = await findNodes(
    statements,
    ids.filter((id) => id.startsWith('dataset:') || id.startsWith('job:')),
  );
  return [...new Set(ids.map((id) => nodes.get(id) ?? id))];
}
