/** Annotations and tags of people, by the node that their name leads to now. */
import { numberOfLine, type Remark } from '#lineage';
import type { Statements } from '../neo4j-database.ts';
import { PropertyReader } from '../property-reader.ts';
import { READ_CARRIED_REMARKS, READ_REMARKS } from '../queries/asset-queries.ts';
import { askEach } from './node-finder.ts';

export class Neo4jRemarkReads {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  async on(assets: readonly string[]): Promise<Map<string, readonly Remark[]>> {
    const found = await askEach(this.#statements, READ_REMARKS, assets);
    return new Map([...found].map(([id, rows]) => [id, oldestFirst(rows)]));
  }

  async carried(): Promise<readonly Remark[]> {
    const rows = await this.#statements.run(READ_CARRIED_REMARKS);
    return oldestFirst(rows.map((row) => new PropertyReader(row)));
  }
}

const oldestFirst = (rows: readonly PropertyReader[]): Remark[] =>
  rows.map(remarkOf).sort((a, b) => Number(a.id) - Number(b.id));

function remarkOf(row: PropertyReader): Remark {
  const remark = row.of('remark');
  const line = remark.text('id');
  return {
    id: String(numberOfLine(line)),
    kind: line.startsWith('tag:') ? 'TAG' : 'ANNOTATION',
    asset: row.text('node'),
    field: remark.textOrNull('field'),
    text: remark.text('text'),
    carried: remark.flag('carried'),
    by: remark.text('by'),
    at: remark.time('at'),
    expiresAt: remark.timeOrNull('expiresAt'),
  };
}
