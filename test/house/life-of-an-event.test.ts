/**
 * `docs/life-of-an-event.md` is true at every commit: what it shows of the door, the reduction and the rows is made here
 * again from its own example events, by the code that makes it in the hub. A comment before a block says what it shows:
 *
 * - `<!-- accepted NAME -->`  what the door makes of `docs/examples/NAME.json`
 * - `<!-- delta NAME KEY -->` that part of its reduction
 * - `<!-- apply NAME -->`     applies it; the `sql` blocks from here on ask the graph's file, their `text` blocks answer
 *
 * `UPDATE_DOCS=1 npx vitest run test/house/life-of-an-event.test.ts` writes the blocks anew.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { GRAPH_FILE, GraphFile } from '#graph';
import { canonicalJson, FOREVER, formatInstant, redact, reduceEvent } from '#lineage';
import { Database } from '../../libs/graph/sqlite/database.ts';
import { ROOT, read } from './repository.ts';

const PAGE = 'docs/life-of-an-event.md';
const WIDTH = 118;

const folder = mkdtempSync(join(tmpdir(), 'headwater-life-'));
const graph = new GraphFile(folder);
afterAll(() => {
  graph.close();
  rmSync(folder, { recursive: true });
});

/** As the door does it: redacted, canonical, hashed. */
function accepted(name: string): { readonly hash: string; readonly body: string } {
  const body = canonicalJson(redact(JSON.parse(read(`docs/examples/${name}.json`))));
  return { hash: createHash('sha256').update(body).digest('hex'), body };
}

let position = 0;
function apply(name: string): void {
  position += 1;
  const { faults } = graph.apply([{ position, receivedAt: Date.UTC(2026, 0, position), ...accepted(name) }], 0);
  if (faults[0] !== undefined) throw new Error(faults[0].reason);
}

/** Times in milliseconds, as times: what the page says that it does. */
function cellOf(value: unknown): string {
  if (value === FOREVER) return 'open';
  return typeof value === 'number' && value > 1e12 && value < 1e13 ? formatInstant(value) : String(value);
}

/** Rows as a table, columns aligned. */
function answer(sql: string): string {
  const db = new Database(join(folder, GRAPH_FILE), { readOnly: true });
  try {
    const rows = db.all(sql);
    const names = Object.keys(rows[0] ?? {});
    const cells = [names, ...rows.map((row) => names.map((name) => cellOf(row[name])))];
    const widths = names.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0)));
    return cells
      .map((line) =>
        line
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd(),
      )
      .join('\n');
  } finally {
    db.close();
  }
}

/** JSON in which what fits on a line is on one. */
function pretty(value: unknown, indent = ''): string {
  const flat = JSON.stringify(value, null, 1)
    .replace(/\n\s*/g, ' ')
    .replace(/([[{]) (?=[\]}])/g, '$1');
  if (typeof value !== 'object' || value === null || indent.length + flat.length <= WIDTH) return flat;
  const inner = `${indent}  `;
  const parts = Array.isArray(value)
    ? value.map((one) => `${inner}${pretty(one, inner)}`)
    : Object.entries(value).map(([key, one]) => `${inner}${JSON.stringify(key)}: ${pretty(one, inner)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${parts.join(',\n')}\n${indent}${close}`;
}

function shown(what: string): string | null {
  const [verb, name = '', key = ''] = what.split(' ');
  if (verb === 'accepted') {
    const { hash, body } = accepted(name);
    return `hash  ${hash}\nbody  ${body.slice(0, 300)}… (${body.length} bytes)`;
  }
  if (verb === 'delta') {
    const { hash, body } = accepted(name);
    return pretty((reduceEvent(JSON.parse(body), hash) as unknown as Record<string, unknown>)[key]);
  }
  if (verb === 'apply') apply(name);
  return null;
}

it('shows what the code does', () => {
  const written = read(PAGE);
  const COMMENT_THEN_BLOCK = /<!-- ((?:accepted|delta) [^>]*) -->\n```(\w+)\n(?:[\s\S]*?\n)??```/;
  const APPLY = /<!-- (apply [^>]*) -->/;
  const QUESTION = /```sql\n([\s\S]*?)\n```\n+```text\n(?:[\s\S]*?\n)??```/;
  const all = new RegExp([COMMENT_THEN_BLOCK, APPLY, QUESTION].map(({ source }) => source).join('|'), 'g');
  let blocks = 0;
  const made = written.replace(all, (found: string, show?: string, kind?: string, applied?: string, sql?: string) => {
    blocks += 1;
    if (applied !== undefined) shown(applied);
    if (show !== undefined) return `<!-- ${show} -->\n\`\`\`${kind}\n${shown(show)}\n\`\`\``;
    return sql === undefined ? found : `\`\`\`sql\n${sql}\n\`\`\`\n\n\`\`\`text\n${answer(sql)}\n\`\`\``;
  });
  expect(blocks).toBeGreaterThan(8);
  if (process.env.UPDATE_DOCS === '1') writeFileSync(join(ROOT, PAGE), made);
  else expect(written).toBe(made);
});
