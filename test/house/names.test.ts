/** A file is its main export, in kebab-case, and small enough to be read. */
import { basename } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FILES, read, SOURCES } from './repository.ts';

/** A drawer that takes everything in the end. */
const DRAWER = /(^|[-.])(utils?|helpers?|misc|common|shared|managers?|impl|stuff|tools)(?=[-.]|$)/;
const KEBAB = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;

const MOST_LINES = 500;
/** Files that have outgrown it, and how far they may go until they are parted. Taken out when they fit again. */
const LONGER: Readonly<Record<string, number>> = {};

const linesOf = (path: string): number => read(path).split('\n').length - 1;

describe('files', () => {
  const code = FILES.filter((path) => /^(libs|apps|connectors|test|bin)\/.*\.(m?ts|tsx|mjs|js)$/.test(path));

  it('have names in kebab-case', () => {
    expect(code.filter((path) => !KEBAB.test(basename(path)))).toEqual([]);
    const folders = new Set(code.flatMap((path) => path.split('/').slice(0, -1)));
    expect([...folders].filter((folder) => !KEBAB.test(folder))).toEqual([]);
  });

  it('say what they hold', () => {
    expect(code.filter((path) => path.split('/').some((part) => DRAWER.test(part)))).toEqual([]);
  });

  it('have an end: no source is longer than 500 lines', () => {
    const long = SOURCES.filter((path) => linesOf(path) > (LONGER[path] ?? MOST_LINES));
    expect(long.map((path) => `${path} has ${linesOf(path)} lines`)).toEqual([]);
  });

  it('lose their exception when they fit', () => {
    expect(Object.keys(LONGER).filter((path) => !SOURCES.includes(path) || linesOf(path) <= 0.8 * MOST_LINES)).toEqual(
      [],
    );
  });

  it.each(['utils.ts', 'date-utils.ts', 'graph-manager.ts', 'test.helpers.ts', 'common'])(
    'would not be called %s',
    (name) => {
      expect(DRAWER.test(name)).toBe(true);
    },
  );

  it.each(['communal.ts', 'reducer.ts', 'simple-name.ts', 'impala.ts'])('might be called %s', (name) => {
    expect(DRAWER.test(name)).toBe(false);
  });

  it.each(['graphStore.ts', 'Graph.ts', 'graph_store.ts', '-graph.ts'])('would not be spelled %s', (name) => {
    expect(KEBAB.test(name)).toBe(false);
  });
});
