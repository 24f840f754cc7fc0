/**
 * Which rows an open transaction wrote, as far as a line of the graph, or what is served beside it, rests on them. Triggers of this connection alone
 * tell, so that no part of the writer has to remember to: who doesn't ask has no triggers and pays nothing.
 *
 * ```
 * writer ──INSERT, UPDATE, DELETE──▶ rows ──trigger──▶ temp.touched (what, id, other) ──take()──▶ lines to look at
 * ```
 */
import { type Database, int } from '../database.ts';

/**
 * What a line may rest on:
 *
 * | what | id, other | written |
 * |---|---|---|
 * | seen | name | when it was seen, when its facets were said |
 * | told | name | what its facets say |
 * | asset | name | its spellings, facets that it is found by, contested symlinks, flow, data time |
 * | structure | name | which node it is part of, whose life cuts its edges |
 * | mentioned | name | by the first event about it: edges that knew it appear |
 * | life | name whose life it is | when it was dropped |
 * | processing | job | how it may be processed |
 * | stream | stream | what was said in it |
 * | version | stream, at | where a version of it begins |
 * | run | run | anything of its row |
 * | runStatus | run | whether it is still open |
 * | measured | name, run | its statistics or checks |
 * | span | element, timeline | when it held |
 * | edge, column | element | it is new |
 * | usage | set, timeline | who said it first and last |
 * | usageAgain | set, timeline | that it was said once more, later |
 * | note | content, timeline | what was noted beside columns |
 * | activity | job, hour | events of an hour |
 * | merge | merge | a person's word |
 * | remark | remark | an annotation or a tag of a person |
 */
const WHATS = [
  'seen',
  'told',
  'asset',
  'structure',
  'mentioned',
  'life',
  'processing',
  'stream',
  'version',
  'run',
  'runStatus',
  'measured',
  'span',
  'edge',
  'column',
  'usage',
  'usageAgain',
  'note',
  'activity',
  'merge',
  'remark',
] as const;
export type TouchedWhat = (typeof WHATS)[number];

/** An asset is found by what these say of it. */
export const FOUND_FACETS = ['documentation', 'ownership', 'tags'] as const;

/** Pairs of (id, other) by what they are; `other` is 0 where there is none. */
export type TouchedRows = ReadonlyMap<TouchedWhat, readonly (readonly [id: number, other: number])[]>;

interface Watch {
  readonly table: string;
  readonly on: 'INSERT' | 'DELETE' | `UPDATE${string}`;
  readonly when?: string;
  readonly what: TouchedWhat;
  readonly id: string;
  readonly other?: string;
}

/** The same of a row that came, and of one that went. */
const comeAndGone = (table: string, what: TouchedWhat, column: string, otherColumn?: string): Watch[] =>
  (['INSERT', 'UPDATE', 'DELETE'] as const).map((on) => {
    const row = on === 'DELETE' ? 'OLD' : 'NEW';
    const other = otherColumn === undefined ? {} : { other: `${row}.${otherColumn}` };
    return { table, on, what, id: `${row}.${column}`, ...other };
  });

const isFoundBy = (on: Watch['on']): string =>
  `${on === 'DELETE' ? 'OLD' : 'NEW'}.facet IN (${FOUND_FACETS.map((facet) => `'${facet}'`).join(', ')})`;

/** Nothing moved but the last time, and that not back. */
const SAID_AGAIN = `OLD.first_t = NEW.first_t AND OLD.first_k = NEW.first_k AND
  ((NEW.last_t, NEW.last_k) > (OLD.last_t, OLD.last_k) OR ((NEW.last_t, NEW.last_k) = (OLD.last_t, OLD.last_k) AND NEW.how = OLD.how))`;

const WATCHED: readonly Watch[] = [
  { table: 'name', on: 'UPDATE OF first_t, last_t', what: 'seen', id: 'NEW.id' },
  {
    table: 'name',
    on: 'UPDATE OF root, life',
    when: 'OLD.root <> NEW.root OR OLD.life <> NEW.life',
    what: 'structure',
    id: 'NEW.id',
  },
  {
    table: 'name',
    on: 'UPDATE OF first_t',
    when: 'OLD.first_t IS NULL',
    what: 'mentioned',
    id: 'NEW.id',
  },
  ...comeAndGone('spelling', 'asset', 'name'),
  { table: 'facet', on: 'UPDATE OF t', what: 'seen', id: 'NEW.owner' },
  { table: 'facet', on: 'INSERT', what: 'told', id: 'NEW.owner' },
  { table: 'facet', on: 'UPDATE OF owner, producer, schema_url, value', what: 'told', id: 'NEW.owner' },
  { table: 'facet', on: 'DELETE', what: 'told', id: 'OLD.owner' },
  ...comeAndGone('facet', 'asset', 'owner').map((watch) => ({ ...watch, when: isFoundBy(watch.on) })),
  ...comeAndGone('contested', 'asset', 'name'),
  ...comeAndGone('dead', 'life', 'life'),
  ...comeAndGone('declared_type', 'processing', 'job'),
  { table: 'run', on: 'INSERT', what: 'processing', id: 'NEW.job' },
  { table: 'run', on: 'UPDATE OF type, stated, start_t, start_k', what: 'processing', id: 'NEW.job' },
  { table: 'run', on: 'DELETE', what: 'processing', id: 'OLD.job' },
  ...comeAndGone('run', 'run', 'id'),
  { table: 'run', on: 'UPDATE OF status', when: 'OLD.status <> NEW.status', what: 'runStatus', id: 'NEW.id' },
  ...comeAndGone('stream_said', 'stream', 'stream'),
  ...comeAndGone('stream_point', 'stream', 'stream'),
  { table: 'stream_point', on: 'INSERT', when: 'NEW.begins = 1', what: 'version', id: 'NEW.stream', other: 'NEW.at' },
  {
    table: 'stream_point',
    on: 'UPDATE OF begins',
    when: 'OLD.begins <> NEW.begins',
    what: 'version',
    id: 'NEW.stream',
    other: 'NEW.at',
  },
  { table: 'stream_point', on: 'DELETE', when: 'OLD.begins = 1', what: 'version', id: 'OLD.stream', other: 'OLD.at' },
  { table: 'edge', on: 'INSERT', what: 'edge', id: 'NEW.id' },
  { table: 'column_edge', on: 'INSERT', what: 'column', id: 'NEW.id' },
  ...comeAndGone('span', 'span', 'element', 'timeline'),
  { table: 'usage', on: 'INSERT', what: 'usage', id: 'NEW.eset', other: 'NEW.timeline' },
  { table: 'usage', on: 'UPDATE', when: SAID_AGAIN, what: 'usageAgain', id: 'NEW.eset', other: 'NEW.timeline' },
  { table: 'usage', on: 'UPDATE', when: `NOT (${SAID_AGAIN})`, what: 'usage', id: 'NEW.eset', other: 'NEW.timeline' },
  { table: 'usage', on: 'DELETE', what: 'usage', id: 'OLD.eset', other: 'OLD.timeline' },
  ...comeAndGone('note', 'note', 'content', 'timeline'),
  ...comeAndGone('activity', 'activity', 'job', 'hour'),
  ...comeAndGone('merge', 'merge', 'id'),
  ...comeAndGone('remark', 'remark', 'id'),
  // No line rests on these, but what is served beside the lines of their nodes does.
  { table: 'event', on: 'INSERT', when: 'NEW.run > 0', what: 'run', id: 'NEW.run' },
  ...comeAndGone('statistics', 'measured', 'name', 'run'),
  ...comeAndGone('quality', 'measured', 'name', 'run'),
  ...comeAndGone('flow', 'asset', 'job'),
  ...comeAndGone('freshness', 'asset', 'dataset'),
  ...comeAndGone('watched', 'asset', 'dataset'),
  ...comeAndGone('contribution', 'asset', 'dataset'),
  ...comeAndGone('data_time_step', 'asset', 'dataset'),
];

export class TouchedRecorder {
  readonly #db: Database;

  /** @param db the writer's connection */
  constructor(db: Database) {
    this.#db = db;
    // No key: an INSERT within a trigger takes over what the outer statement does about conflicts.
    db.exec('CREATE TEMP TABLE touched (what INTEGER, id INTEGER, other INTEGER)');
    for (const [i, { table, on, when, what, id, other }] of WATCHED.entries()) {
      db.exec(`CREATE TEMP TRIGGER touched_${i} AFTER ${on} ON main.${table} ${when === undefined ? '' : `WHEN ${when}`}
        BEGIN INSERT INTO touched VALUES (${WHATS.indexOf(what)}, ${id}, ${other ?? 0}); END`);
    }
  }

  /** What was written since the last call, in the open transaction. */
  take(): TouchedRows {
    const touched = new Map<TouchedWhat, (readonly [number, number])[]>();
    for (const row of this.#db.all('SELECT DISTINCT what, id, other FROM temp.touched')) {
      const what = WHATS[int(row, 'what')];
      if (what === undefined) continue;
      const held = touched.get(what);
      const pair = [int(row, 'id'), int(row, 'other')] as const;
      if (held === undefined) touched.set(what, [pair]);
      else held.push(pair);
    }
    this.#db.exec('DELETE FROM temp.touched');
    return touched;
  }
}
