/**
 * The core takes time and identity as arguments: two hubs that hold the same events hold the same graph. What needs a
 * name that isn't there (`process`, `fetch`, `setTimeout`) doesn't compile; these come with the language itself.
 */
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { lineOf, parse, SOURCES } from './repository.ts';

const CORE = SOURCES.filter((path) => /^libs\/(lineage|rules)\//.test(path));

/** What of a source reads the clock, or chance, or the place where it runs. */
function impurities(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const what = impurityOf(node, source);
    if (what !== null) found.push(`${source.fileName}:${lineOf(source, node)} ${what}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function impurityOf(node: ts.Node, source: ts.SourceFile): string | null {
  if (ts.isNewExpression(node) && node.expression.getText(source) === 'Date' && (node.arguments?.length ?? 0) === 0)
    return 'new Date() reads the clock';
  if (ts.isCallExpression(node) && node.expression.getText(source) === 'Date') return 'Date() reads the clock';
  if (ts.isPropertyAccessExpression(node)) {
    const text = node.getText(source);
    if (text === 'Date.now') return 'Date.now reads the clock';
    if (text === 'Math.random') return 'Math.random is chance';
    // Letters and numbers by the machine's own language and zone differ from hub to hub.
    if (/^(toLocale\w+|getTimezoneOffset)$/.test(node.name.text)) return `${node.name.text} asks where it runs`;
  }
  return null;
}

describe('the core', () => {
  it('reads no clock, throws no dice and does not ask where it runs', () => {
    expect(CORE.length).toBeGreaterThan(40);
    expect(CORE.flatMap((path) => impurities(parse(path)))).toEqual([]);
  });

  it.each([
    'const t = Date.now();',
    'const t = new Date();',
    'const t = new Date;',
    'const t = Date();',
    'const now = Date.now;',
    'const n = Math.random();',
    'const s = new Date(0).toLocaleString();',
    'const n = new Date(0).getTimezoneOffset();',
  ])('sees %s', (text) => {
    expect(impurities(ts.createSourceFile('seen.ts', text, ts.ScriptTarget.Latest, true))).toHaveLength(1);
  });

  it.each(['const t = new Date(0);', 'const t = Date.parse("2026-01-01");', 'const t = Date.UTC(2026, 0);'])(
    'lets %s be',
    (text) => {
      expect(impurities(ts.createSourceFile('seen.ts', text, ts.ScriptTarget.Latest, true))).toEqual([]);
    },
  );
});
