/**
 * The import directions and the purity of the core are enforced by the compiler. Each case puts one file that breaks a
 * rule into a library, in memory, compiles that library as `tsc -b` does, and wants the compiler to refuse just that.
 */
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { afterAll, describe, expect, it } from 'vitest';
import { ROOT } from './repository.ts';

/** Parsed once for all libraries: the standard library and Node's types are most of the work. */
const parsed = new Map<string, ts.SourceFile | undefined>();
afterAll(() => parsed.clear());

/** What the compiler says of each file that isn't there, by its name. */
function compileWith(member: string, overlay: Readonly<Record<string, string>>): Map<string, string[]> {
  const configPath = join(ROOT, member, 'tsconfig.json');
  const files = new Map(Object.entries(overlay).map(([name, text]) => [join(ROOT, member, name), text]));
  const config = ts.getParsedCommandLineOfConfigFile(
    configPath,
    { noEmit: false },
    {
      ...ts.sys,
      onUnRecoverableConfigFileDiagnostic: (problem) => {
        throw new Error(ts.flattenDiagnosticMessageText(problem.messageText, '\n'));
      },
    },
  );
  if (config === undefined) throw new Error(`${configPath} can't be read`);
  const host = ts.createCompilerHost(config.options);
  const fromDisk = host.getSourceFile.bind(host);
  host.fileExists = (path) => files.has(path) || ts.sys.fileExists(path);
  host.readFile = (path) => files.get(path) ?? ts.sys.readFile(path);
  host.getSourceFile = (path, options, onError, shouldCreate) => {
    const text = files.get(path);
    if (text !== undefined) return ts.createSourceFile(path, text, options);
    if (!parsed.has(path)) parsed.set(path, fromDisk(path, options, onError, shouldCreate));
    return parsed.get(path);
  };
  const program = ts.createProgram({
    rootNames: [...config.fileNames, ...files.keys()],
    options: config.options,
    ...(config.projectReferences === undefined ? {} : { projectReferences: config.projectReferences }),
    host,
  });
  const said = new Map(Object.keys(overlay).map((name) => [name, [] as string[]]));
  const whole = program.getOptionsDiagnostics();
  for (const [name, messages] of said) {
    const path = join(ROOT, member, name);
    const source = program.getSourceFile(path);
    if (source === undefined) throw new Error(`${path} is not in the program`);
    for (const problem of [
      ...whole,
      ...program.getSemanticDiagnostics(source),
      ...program.getSyntacticDiagnostics(source),
    ]) {
      const text = ts.flattenDiagnosticMessageText(problem.messageText, '\n');
      if (problem.file?.fileName === path || text.includes(path)) messages.push(`TS${problem.code} ${text}`);
    }
  }
  return said;
}

/** A file of a library that this one doesn't refer to. */
const NOT_LISTED = 'TS6307';
/** A name, or a module, that isn't there. */
const NOT_THERE = /^TS(2304|2307|2552|2580|2584|2591|2792) /;

const value = (specifier: string): string => `import * as other from '${specifier}';\nexport const used = other;\n`;
/** A type alone binds two libraries as much as a value does. */
const type = (specifier: string): string =>
  `import type * as other from '${specifier}';\nexport type Used = typeof other;\n`;

describe('import directions', () => {
  it.each([
    ['libs/lineage', [value('#graph'), type('#pipeline'), type('#openlineage'), value('../queue/storage-error.ts')]],
    ['libs/openlineage', [value('#lineage'), type('../lineage/instant.ts')]],
    ['libs/graph', [value('#queue'), type('#pipeline'), type('#openlineage'), value('../queue/storage-error.ts')]],
    ['libs/queue', [value('#graph'), type('#pipeline'), value('../graph/sqlite/stamps.ts')]],
    ['libs/delivery', [value('#lineage'), type('#rules'), value('../queue/storage-error.ts')]],
    ['libs/rules', [value('#graph'), type('#pipeline'), type('#openlineage'), value('../queue/storage-error.ts')]],
    ['libs/pipeline', [value('#graph'), type('#queue'), type('../graph/sqlite/stamps.ts')]],
    ['apps/hub', [value('../cli/cli-error.ts'), type('../cli/answers.ts')]],
  ])(
    '%s refers to no library but its own',
    (member, cases) => {
      // One at a time: of a file that several import, the compiler tells only one.
      for (const text of cases) {
        const problems = compileWith(member, { 'breaks.ts': text }).get('breaks.ts') ?? [];
        expect(problems.join('\n'), `${member}: ${text}`).toContain(NOT_LISTED);
      }
      // Up to four compilations: seconds alone, tens of them on a machine that is busy.
    },
    120_000,
  );

  it('lets a library import what it refers to', () => {
    const allowed = compileWith('libs/graph', {
      'value.ts': "import { sourceOf } from '#lineage';\nexport const source = sourceOf('https://example.com');\n",
      'type.ts': "import type { Delta } from '#lineage';\nexport type Mine = Delta;\n",
    });
    expect([...allowed.values()].flat()).toEqual([]);
  });
});

describe('the pure core', () => {
  const cases: Record<string, string> = {
    'node-fs.ts': "import { readFileSync } from 'node:fs';\nexport const read = readFileSync;\n",
    'node-crypto.ts': "import type { Hash } from 'node:crypto';\nexport type Mine = Hash;\n",
    'bare-fs.ts': "import fs from 'fs';\nexport const read = fs;\n",
    'fetch.ts': "export const asked = fetch('http://localhost');\n",
    'process.ts': 'export const home = process.env;\n',
    'url.ts': "export const url = new URL('http://localhost');\n",
    'buffer.ts': "export const bytes = Buffer.from('');\n",
    'console.ts': "console.log('');\nexport {};\n",
    'timer.ts': 'setTimeout(() => undefined, 1);\nexport {};\n',
    'performance.ts': 'export const t = performance.now();\n',
    'crypto.ts': 'export const id = crypto.randomUUID();\n',
    'require.ts': "export const fs = require('fs');\n",
  };

  it.each(['libs/lineage', 'libs/rules'])('knows nothing of Node and nothing of a browser: %s', (member) => {
    for (const [name, problems] of compileWith(member, {
      ...cases,
      'ok.ts': 'export const fine = new Date(0);\n',
    })) {
      if (name === 'ok.ts') expect(problems, name).toEqual([]);
      else
        expect(
          problems.filter((problem) => NOT_THERE.test(problem)),
          `${name}: ${cases[name]}`,
        ).not.toEqual([]);
    }
  });
});

it('compiles every library: one that tsc -b does not know could break any rule', () => {
  const root = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile).config as {
    references: { path: string }[];
  };
  const known = root.references.map(({ path }) => path);
  const members = ts.sys
    .readDirectory(
      ROOT,
      ['.json'],
      ['node_modules', 'dist'],
      ['libs/*/tsconfig.json', 'apps/*/tsconfig.json', 'connectors/*/tsconfig.json'],
    )
    .map((path) => dirname(path).slice(ROOT.length));
  expect(members.filter((member) => !known.includes(member))).toEqual([]);
});
