/** Of what a transaction wrote of streams: where what follows from them may be another than before. */
import { type Database, int, text } from '../database.ts';
import type { TouchedRows } from '../write/touched-rows.ts';
import type { LineReads } from './line-reads.ts';

export interface TouchedStreams {
  /** Datasets, as observed, of which another schema may be shown. */
  readonly schemas: ReadonlySet<number>;
  /** Jobs whose SQL or code location may differ. */
  readonly texts: ReadonlySet<number>;
  /** Datasets, as observed, of which versions of a schema began or ended. */
  readonly versioned: ReadonlySet<number>;
}

/**
 * @param db sees the open transaction, as `after` does
 * @param committed sees the last commit
 */
export function touchedStreams(
  db: Database,
  committed: Database,
  touched: TouchedRows,
  after: LineReads,
): TouchedStreams {
  const streamOf = (stream: number): { readonly kind: string; readonly name: number } => {
    const row = db.get('SELECT kind, name FROM stream WHERE id = ?', stream) ?? {};
    return { kind: text(row, 'kind'), name: int(row, 'name') };
  };
  const namesMoved = touched.has('structure');

  /**
   * Whether what was said in streams, of which no version began or ended, leaves all that follows from it: so where
   * something was told before, and all tell the same. Most of what is said is this.
   */
  const onlyRepeats = (kind: string, name: number): boolean => {
    if (namesMoved || after.names.members(after.names.byId(name).root).length > 1) return false;
    if (kind === 'schema') {
      const [told, ...others] = after.schemas.last(name).flatMap(({ statement }) => statement ?? []);
      // A deletion begins no version, also where it is the first word.
      return told?.content != null && others.every(({ content }) => content === told.content);
    }
    const streams = db.all('SELECT id FROM stream WHERE name = ? AND kind = ? LIMIT 2', name, kind);
    const [only, ...others] = streams.map((row) => int(row, 'id'));
    const told = 'SELECT 1 AS yes FROM stream_point WHERE stream = ? AND begins = 1 LIMIT 1';
    return only !== undefined && others.length === 0 && committed.get(told, only) !== undefined;
  };

  const [schemas, texts, versioned] = [new Set<number>(), new Set<number>(), new Set<number>()];
  const turned = new Set<string>();
  for (const [stream] of touched.get('version') ?? []) {
    const { kind, name } = streamOf(stream);
    turned.add(`${kind} ${name}`);
    if (kind === 'schema') versioned.add(name);
  }
  const looked = new Set<string>();
  for (const stream of saidIn(db, touched)) {
    const { kind, name } = streamOf(stream);
    const key = `${kind} ${name}`;
    if (looked.has(key)) continue;
    looked.add(key);
    if (turned.has(key) || !onlyRepeats(kind, name)) (kind === 'schema' ? schemas : texts).add(name);
  }
  return { schemas, texts, versioned };
}

/** Streams in which something was said, or that runs speak in which ended or began anew. */
function saidIn(db: Database, touched: TouchedRows): Set<number> {
  const streams = new Set((touched.get('stream') ?? []).map(([stream]) => stream));
  for (const [run] of touched.get('runStatus') ?? []) {
    for (const row of db.all('SELECT DISTINCT stream FROM stream_said WHERE run = ?', run))
      streams.add(int(row, 'stream'));
  }
  return streams;
}
