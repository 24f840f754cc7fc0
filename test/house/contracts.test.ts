/** One suite per port, run on every implementation of it: two that only look alike drift apart. */
import { basename } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';
import { FILES, importsOf, isTest, parse, read, SOURCES } from './repository.ts';

/**
 * Ports without a suite in `test/contracts`, and where they are held to their word instead. A port that gets its suite
 * is taken out here.
 */
const ELSEWHERE: Readonly<Record<string, string>> = {};

interface Implementation {
  readonly port: string;
  readonly name: string;
}

const PORTS: readonly string[] = parse('libs/lineage/ports.ts')
  .statements.filter(ts.isInterfaceDeclaration)
  .map(({ name }) => name.text);

const IMPLEMENTATIONS: readonly Implementation[] = SOURCES.filter(
  (path) => path.startsWith('libs/') && !path.startsWith('libs/lineage/'),
).flatMap((path) =>
  parse(path)
    .statements.filter(ts.isClassDeclaration)
    .flatMap((declared) =>
      (declared.heritageClauses ?? [])
        .filter(({ token }) => token === ts.SyntaxKind.ImplementsKeyword)
        .flatMap(({ types }) => types.map((type) => type.expression.getText()))
        .filter((port) => PORTS.includes(port))
        .map((port) => ({ port, name: declared.name?.text ?? '' })),
    ),
);

const SUITES = FILES.filter((path) => /^test\/contracts\/[^/]+\.ts$/.test(path) && !isTest(path));

/** `event-log` of EventLog. */
const kebab = (name: string): string => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase();

/** An implementation says how in its first word: `sqlite` of SqliteEventLog. */
const wayOf = (name: string): string => kebab(name).split('-')[0] ?? '';

describe('contracts', () => {
  it('finds the ports and what implements them', () => {
    expect(PORTS).toContain('GraphStore');
    expect(IMPLEMENTATIONS.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['SqliteEventLog', 'SqliteGraphStore']),
    );
  });

  it.each(IMPLEMENTATIONS.map(({ name, port }) => [name, port] as const))('%s is held to %s', (name, port) => {
    const elsewhere = ELSEWHERE[port];
    if (elsewhere !== undefined) {
      expect(FILES).toContain(elsewhere);
      return;
    }
    const suite = `test/contracts/${kebab(port)}.ts`;
    expect(SUITES, `${port} has no suite: write ${suite}`).toContain(suite);
    const test = `test/contracts/${kebab(port)}.${wayOf(name)}.test.ts`;
    expect(FILES, `${suite} is not run on ${name}: write ${test}`).toContain(test);
    expect(
      importsOf(test).map(({ of }) => of),
      test,
    ).toContain(`./${kebab(port)}.ts`);
  });

  it('runs every suite that there is', () => {
    const idle = SUITES.filter(
      (suite) =>
        !FILES.some(
          (path) =>
            path.startsWith('test/contracts/') &&
            isTest(path) &&
            importsOf(path).some(({ of }) => of === `./${basename(suite)}`),
        ),
    );
    expect(idle).toEqual([]);
  });

  it('takes a port out of the exceptions when it has its suite', () => {
    expect(Object.keys(ELSEWHERE).filter((port) => SUITES.includes(`test/contracts/${kebab(port)}.ts`))).toEqual([]);
  });

  it('skips none: a test that does not run proves nothing', () => {
    const skipping = FILES.filter((path) => isTest(path) && !path.startsWith('test/house/')).flatMap((path) =>
      read(path)
        .split('\n')
        .flatMap((line, n) =>
          /\b(?:it|test|describe)\.(?:skip|only|todo|fails|skipIf|runIf)\b/.test(line)
            ? [`${path}:${n + 1} ${line.trim()}`]
            : [],
        ),
    );
    expect(skipping).toEqual([]);
  });
});
