/**
 * The graph as if nobody had merged anything: what an export shows. Names are resolved anew in temporary tables, which
 * hide the graph's own on this connection alone.
 *
 * ```
 * main.name   orders ◀─ merge ─ orders_v2   root(orders_v2) = orders
 * temp.name   orders            orders_v2   root(orders_v2) = orders_v2, and so are dead and contested
 * ```
 * Nothing else that an export reads depends on which names are one.
 */
import { type Database, int } from '../database.ts';
import { Interned } from '../interned.ts';
import { NameResolver } from '../write/name-resolver.ts';
import { SpanRecorder } from '../write/span-recorder.ts';

/** Nothing is copied where no merge holds. */
export function hideMerges(db: Database): void {
  const merged = db.all(
    'SELECT name AS id FROM main.merge WHERE undone_at IS NULL UNION SELECT target FROM main.merge WHERE undone_at IS NULL',
  );
  if (merged.length === 0) return;
  db.exec(`
    CREATE TEMP TABLE name (id INTEGER PRIMARY KEY, kind, namespace, name, first_t, last_t, root, life, tracked);
    INSERT INTO temp.name SELECT id, kind, namespace, name, first_t, last_t, root, life, tracked FROM main.name;
    CREATE INDEX temp.temp_name_text ON name(kind, name, namespace);
    CREATE INDEX temp.temp_name_members ON name(root) WHERE root <> id;
    CREATE TEMP TABLE dead (life, since, until, PRIMARY KEY (life, since));
    INSERT INTO temp.dead SELECT life, since, until FROM main.dead;
    CREATE TEMP TABLE contested (name, target, PRIMARY KEY (name, target));
    INSERT INTO temp.contested SELECT name, target FROM main.contested;
    CREATE TEMP TABLE merge (name, target, undone_at);
  `);
  const resolver = new NameResolver(db, new Interned(db), new SpanRecorder(db), new Set());
  for (const row of merged) resolver.touch(int(row, 'id'));
  resolver.settle();
}
