/** The commands of docs/rules.md, as they are printed, by somebody who has just started a hub. */
import { execFile } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { untilAsync } from '../e2e/rules-hub.ts';
import { startTestHub, type TestHub, temporaryFolder } from '../harness.ts';
import { blocksOf } from '../house/page-blocks.ts';
import { ROOT, read } from '../house/repository.ts';

const BLOCKS = blocksOf(read('docs/rules.md'));
/** Where the page lets the hub be. */
const ADDRESS = 'http://127.0.0.1:4600';

const folder = temporaryFolder();
let hub: TestHub;
beforeAll(async () => {
  symlinkSync(join(ROOT, 'docs'), join(folder, 'docs'));
  hub = await startTestHub({ cwd: folder });
});
afterAll(() => hub?.stop());

/** What it prints, whether it succeeds or not. */
async function shell(command: string): Promise<string> {
  const script = command
    .replaceAll('npx headwater', `node ${join(ROOT, 'bin/headwater.mjs')}`)
    .replaceAll('curl -i', 'curl -si')
    .replaceAll(ADDRESS, hub.address);
  // Without the settings of the suites.
  const options = { cwd: folder, env: { PATH: process.env['PATH'], HEADWATER_URL: hub.address } };
  return (await promisify(execFile)('bash', ['-c', script], options)).stdout;
}

/** The page was not written today. */
const timeless = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\d+ \w+( \d+ \w+)? ago/g, 'AGO')
    .trim();

it('every command does what the page says', { timeout: 120_000 }, async () => {
  const commands = BLOCKS.flatMap((block, i) => (block.info === 'sh' ? [{ ...block, said: BLOCKS[i + 1] }] : []));
  const [folders, check, send, explain, ...others] = commands;
  const ruleFile = BLOCKS.find(({ info }) => info === 'yaml rules')?.text ?? '';
  expect(await shell(folders?.text ?? '')).toBe('');
  writeFileSync(join(folder, 'rules/orders.yml'), ruleFile);
  expect(await shell(check?.text ?? '')).toBe(check?.said?.text);
  await untilAsync(async () => hub.log().includes('other rules are in force'));
  expect(await shell(send?.text ?? '')).toMatch(/^HTTP\/1\.1 201 Created/);
  await untilAsync(async () => timeless(await shell(explain?.text ?? '')) === timeless(explain?.said?.text ?? ''));
  expect(others.length).toBe(1);
  expect(JSON.parse(await shell(others[0]?.text ?? ''))).toMatchObject({ fired: true });
});
