import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The SDL, one file per domain, joined. Read from the package's own folder, from source as from dist. */
export function loadSchema(): string {
  const folder = join(packageRoot(dirname(fileURLToPath(import.meta.url))), 'graphql', 'schema');
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.graphql'))
    .sort();
  if (files.length === 0)
    throw new Error(`no *.graphql file in ${folder}: the package is incomplete, install it again`);
  return files.map((file) => `# ${file}\n${readFileSync(join(folder, file), 'utf8')}`).join('\n');
}

function packageRoot(from: string): string {
  if (existsSync(join(from, 'package.json')) && existsSync(join(from, 'graphql', 'schema'))) return from;
  const up = dirname(from);
  if (up === from) throw new Error('graphql/schema is not in the package: it is incomplete, install it again');
  return packageRoot(up);
}
