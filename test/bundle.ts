/** Before any test: hubs and threads that a test starts run the bundle, so it is made of the sources as they are. */
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'rolldown';
import config from '../rolldown.config.ts';

const ROOT = resolve(import.meta.dirname, '..');
const BUNDLE = join(ROOT, 'dist/bundle/headwater.js');
const MADE_OF = ['apps', 'libs', 'rolldown.config.ts', 'tsconfig.base.json', 'package-lock.json'];

/** Only where it is older than what it is made of: who calls one test again and again doesn't wait for it. */
export default async function bundle(): Promise<void> {
  const made = statSync(BUNDLE, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (MADE_OF.some((path) => newest(join(ROOT, path)) >= made)) await build({ ...config, logLevel: 'warn' });
}

/** ms since the epoch; a folder's own counts too: something was removed from it. */
function newest(path: string): number {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), stat.mtimeMs);
}
