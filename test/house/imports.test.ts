/**
 * Who may import whom, where the compiler can't see it: packages of npm (all of them resolve from everywhere), references
 * of references (the CLI refers to the hub, and so reaches what the hub refers to), and the doors between libraries.
 * What the compiler does see is in `compiler.test.ts`.
 */
import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Import, importsOf, memberOf, SOURCES } from './repository.ts';

interface Allowed {
  /** Our own, by their import name; `dynamic:` where only `import()` is allowed, so that they load when they are used. */
  readonly own: readonly string[];
  readonly packages: readonly string[];
  /** Modules of Node. */
  readonly node: boolean;
}

const ALLOWED: Readonly<Record<string, Allowed>> = {
  'libs/lineage': { own: [], packages: ['croner'], node: false },
  'libs/openlineage': { own: [], packages: ['yaml'], node: true },
  'libs/pipeline': {
    own: ['#lineage', '#openlineage', '#rules', '#delivery'],
    packages: ['ajv', 'ajv-formats'],
    node: true,
  },
  'libs/rules': { own: ['#lineage'], packages: ['@bufbuild/cel', '@bufbuild/protobuf', 'yaml', 'zod'], node: false },
  'libs/delivery': { own: [], packages: ['ipaddr.js'], node: true },
  'libs/decisions': {
    own: ['#lineage', '#rules', '#graph', '#decisions/worker'],
    packages: ['@photostructure/sqlite'],
    node: true,
  },
  'libs/graph': {
    own: ['#lineage', '#graph/worker', '#graph/checkpoints'],
    packages: ['@photostructure/sqlite', 'neo4j-driver'],
    node: true,
  },
  'libs/queue': {
    own: ['#lineage', '#queue/worker'],
    packages: ['@photostructure/sqlite', 'bullmq', 'ioredis'],
    node: true,
  },
  'apps/hub': {
    own: [
      '#lineage',
      '#openlineage',
      '#pipeline',
      '#graph',
      '#queue',
      '#rules',
      'dynamic:#rules/language',
      '#delivery',
      '#decisions',
    ],
    packages: [
      '@nestjs/common',
      '@nestjs/core',
      '@nestjs/platform-fastify',
      '@photostructure/sqlite',
      'fastify',
      'graphql',
      'mercurius',
      'pino',
      'prom-client',
      'reflect-metadata',
      'rxjs',
      'yaml',
      'zod',
    ],
    node: true,
  },
  'apps/cli': { own: ['#openlineage', 'dynamic:#hub'], packages: ['commander', 'zod'], node: true },
};

const IMPORTS: readonly Import[] = SOURCES.flatMap(importsOf);
const at = ({ path, line, of }: Import): string => `${path}:${line} imports ${of}`;

/** `@nestjs/core` of `@nestjs/core/injector`. */
const packageOf = (specifier: string): string => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

describe('imports', () => {
  it('says of every library and app what it may import', () => {
    expect([...new Set(SOURCES.map(memberOf))].filter((member) => ALLOWED[member] === undefined)).toEqual([]);
  });

  it.each(Object.entries(ALLOWED))('%s imports what it may, and nothing else', (member, { own, packages, node }) => {
    const wrong = IMPORTS.filter(({ path }) => memberOf(path) === member).filter(({ of, dynamic }) => {
      if (of.startsWith('.')) return false;
      if (of.startsWith('#')) return !own.includes(of) && !(dynamic && own.includes(`dynamic:${of}`));
      return of.startsWith('node:') ? !node : !packages.includes(packageOf(of));
    });
    expect(wrong.map(at)).toEqual([]);
  });

  it('goes through the front door of another library, never into its rooms', () => {
    const wrong = IMPORTS.filter(({ path, of }) => {
      if (!of.startsWith('.')) return false;
      return memberOf(posix.normalize(posix.join(posix.dirname(path), of))) !== memberOf(path);
    });
    expect(wrong.map(at)).toEqual([]);
  });

  it('never imports a library from inside it by its own index', () => {
    const wrong = IMPORTS.filter(
      ({ path, of }) =>
        of === `#${memberOf(path).split('/')[1]}` ||
        (of.startsWith('.') && posix.normalize(posix.join(posix.dirname(path), of)) === `${memberOf(path)}/index.ts`),
    );
    expect(wrong.map(at)).toEqual([]);
  });

  it('loads CEL, YAML and schemas with the language of rules alone: a hub without rule files starts without them', () => {
    expect(packagesLoadedWith('libs/rules/language/index.ts')).toEqual([
      '@bufbuild/cel',
      '@bufbuild/protobuf',
      'yaml',
      'zod',
    ]);
    expect(packagesLoadedWith('libs/rules/index.ts')).toEqual([]);
  });
});

/** Those that the file and the files beside it import, as soon as it is loaded. */
function packagesLoadedWith(entry: string): readonly string[] {
  const loaded = new Set([entry]);
  const packages = new Set<string>();
  for (const path of loaded) {
    for (const { of, dynamic } of IMPORTS.filter((each) => each.path === path)) {
      if (dynamic || of.startsWith('#')) continue;
      if (of.startsWith('.')) loaded.add(posix.normalize(posix.join(posix.dirname(path), of)));
      else packages.add(packageOf(of));
    }
  }
  return [...packages].sort();
}
