/** What the pages name is there: files of the repository, pages that they link to, settings and metrics of the code. */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { FILES, parse, ROOT, read, SOURCES } from './repository.ts';

const PAGES = FILES.filter((path) => path.endsWith('.md'));
const PLACES = /^(libs|apps|connectors|test|docs|graphql|bin)\/|^[a-z.]+\.(json|ts|yml|md)$/;

const lines = (path: string): [number, string][] =>
  read(path)
    .split('\n')
    .map((line, n) => [n + 1, line]);

describe('pages', () => {
  it('link to what is there', () => {
    const broken = PAGES.flatMap((page) =>
      lines(page).flatMap(([n, line]) =>
        [...line.matchAll(/\]\(([^)\s]+)\)/g)]
          .map(([, target = '']) => target.split('#')[0] ?? '')
          .filter((target) => target !== '' && !/^[a-z]+:/.test(target))
          .filter((target) => !existsSync(join(ROOT, posix.join(posix.dirname(page), target))))
          .map((target) => `${page}:${n} ${target}`),
      ),
    );
    expect(broken).toEqual([]);
  });

  it('name files that are there', () => {
    const missing = PAGES.filter((page) => page.startsWith('docs/') || page === 'CONTRIBUTING.md').flatMap((page) =>
      lines(page).flatMap(([n, line]) =>
        [...line.matchAll(/`([\w./-]+)`/g)]
          .map(([, name = '']) => name.replace(/\/$/, ''))
          .filter((name) => PLACES.test(name) && name.includes('/') && !name.includes('*'))
          .filter((name) => !existsSync(join(ROOT, name)))
          .map((name) => `${page}:${n} ${name}`),
      ),
    );
    expect(missing).toEqual([]);
  });

  it('list each metric of the hub, and no other', () => {
    const said = new Set(read('docs/operations.md').match(/\bheadwater_[a-z_]+\b/g));
    const made = new Set(read('apps/hub/http/hub-metrics.ts').match(/(?<=')headwater_[a-z_]+(?=')/g));
    expect([...said].sort()).toEqual([...made].sort());
  });

  it('say what each line of the log means', () => {
    const page = read('docs/operations.md');
    const texts = SOURCES.flatMap(logged);
    expect(texts.length).toBeGreaterThan(25);
    // What follows a colon says what to do.
    expect(texts.filter((text) => !page.includes(`\`${text.split(/[:;]/, 1)[0]?.trim()}`))).toEqual([]);
  });
});

/** What the code can log: the texts of each `logger.info(…)`, as far as they are the same each time. */
function logged(path: string): string[] {
  const texts: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && /\blogger\??\.(info|warn|error)$/.test(node.expression.getText()))
      for (const argument of node.arguments) texts.push(...textsOf(argument));
    ts.forEachChild(node, visit);
  };
  visit(parse(path));
  return texts;
}

/** A choice has several; of a text with something in it, what comes before that. */
function textsOf(node: ts.Node): string[] {
  if (ts.isConditionalExpression(node)) return [...textsOf(node.whenTrue), ...textsOf(node.whenFalse)];
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) return [node.text];
  return ts.isTemplateExpression(node) ? [node.head.text] : [];
}
