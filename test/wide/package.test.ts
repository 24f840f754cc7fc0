/** The package as npm would publish it, unpacked into an empty folder: what it holds, and what a user can import of it. */
import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../harness.ts';

const run = promisify(execFile);
const root = resolve(import.meta.dirname, '../..');
const folder = temporaryFolder();
const installed = join(folder, 'node_modules', 'headwater');
let files: readonly string[] = [];

const USER = `
import { type EmitResult, newRunId, OpenLineageClient, type RunEvent, runEvent } from 'headwater/openlineage';
import { airflowRunId, canonicalDataset } from 'headwater/lineage';

const { namespace, name }: { namespace: string; name: string } = canonicalDataset({ namespace: 'postgresql://DB', name: 'shop.public.orders' });
const event: RunEvent = runEvent({
  eventType: 'COMPLETE',
  producer: 'https://example.com/etl',
  run: { runId: newRunId() },
  job: { namespace: 'etl', name: 'orders', facets: { sql: { query: 'select 1' } } },
  outputs: [{ namespace, name }],
});
const client = new OpenLineageClient();
const result: EmitResult = await client.emit(event);
await client.close();
const dag: string = airflowRunId({ namespace: 'airflow', dag: 'orders', date: '2026-01-01T00:00:00Z' });
console.log(JSON.stringify({ ok: result.ok, dag, namespace }));
`;

beforeAll(async () => {
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
    cwd: root,
  });
  const [packed] = JSON.parse(stdout) as { filename: string; files: { path: string }[] }[];
  if (packed === undefined) throw new Error(`npm pack made nothing: ${stdout}`);
  files = packed.files.map(({ path }) => path);
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', join(folder, packed.filename), '-C', installed, '--strip-components=1']);
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'user.ts'), USER);
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      compilerOptions: {
        module: 'nodenext',
        target: 'ES2023',
        strict: true,
        exactOptionalPropertyTypes: true,
        skipLibCheck: false,
        types: ['node'],
        typeRoots: [join(root, 'node_modules/@types')],
      },
      include: ['user.ts'],
    }),
  );
}, 120_000);

describe('the package', () => {
  it('holds what runs and what explains it, and nothing else', () => {
    for (const wanted of [
      'bin/headwater.mjs',
      'dist/bundle/headwater.js',
      'dist/bundle/graph-worker.js',
      'graphql/schema/hub.graphql',
      'README.md',
      'LICENSE',
    ])
      expect(files).toContain(wanted);
    expect(
      files.filter((path) => /\.test\.|^test\/|^dist\/test\/|\.tsbuildinfo$|(?<!\.d)\.ts$|\.map$/.test(path)),
    ).toEqual([]);
  });

  it('gives a user the client and the names, with their types', { timeout: 120_000 }, async () => {
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]).catch((error) => {
      throw new Error(error.stdout);
    });
    const taken: unknown[] = [];
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        taken.push(JSON.parse(body));
        response.writeHead(201).end();
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    try {
      const { port } = server.address() as AddressInfo;
      const { stdout } = await run(process.execPath, ['user.js'], {
        cwd: folder,
        env: { PATH: process.env.PATH, OPENLINEAGE_URL: `http://127.0.0.1:${port}` },
      });
      expect(JSON.parse(stdout)).toMatchObject({ ok: true, namespace: 'postgres://db:5432', dag: expect.any(String) });
      expect(taken).toEqual([expect.objectContaining({ eventType: 'COMPLETE' })]);
    } finally {
      server.close();
    }
  });

  it('runs from its bundle: without its dependencies it says its version', async () => {
    const { stdout } = await run(process.execPath, [join(installed, 'bin/headwater.mjs'), '--version']);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it('keeps its insides to itself', async () => {
    const inside = run(process.execPath, ['-e', "import('headwater/dist/apps/hub/index.js')"], { cwd: folder });
    await expect(inside).rejects.toThrow(/ERR_PACKAGE_PATH_NOT_EXPORTED/);
  });
});
