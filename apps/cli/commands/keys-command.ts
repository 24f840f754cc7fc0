import { resolve } from 'node:path';
import { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { print } from './hub-options.ts';

interface KeysOptions {
  readonly file?: string;
  readonly json?: boolean;
}

const FILE_HELP = 'the key file; default: HEADWATER_KEYS, or keys in headwater.yml';

export function keysCommand(): Command {
  const keys = new Command('keys').description('make, list and remove the keys that a hub asks for');
  keys
    .command('add')
    .description('make a key; it is shown once and kept as a hash')
    .argument('<name>', 'whose key it is: airflow')
    .requiredOption('--scopes <list>', 'ingest, read, annotate, operate, admin; comma-separated')
    .option('--file <file>', FILE_HELP)
    .option('--json', 'the answer as JSON')
    .action(async (name: string, options: KeysOptions & { readonly scopes: string }) => {
      const { addKey } = await import('#hub');
      const file = await keyFile(options);
      const scopes = options.scopes
        .split(',')
        .map((scope) => scope.trim())
        .filter((scope) => scope !== '');
      const key = addKey(file, name, scopes, new Date());
      if (options.json === true) print(JSON.stringify({ name, scopes, key, file }));
      else
        print(
          `${key}\n\nThis is the key of ${name} (${scopes.join(', ')}). It is not shown again: ${file} holds only its hash.\nSend it as "Authorization: Bearer KEY". A running hub knows it within two seconds.`,
        );
    });
  keys
    .command('list')
    .description('names and scopes of the keys')
    .option('--file <file>', FILE_HELP)
    .option('--json', 'the answer as JSON')
    .action(async (options: KeysOptions) => {
      const { readKeyFile } = await import('#hub');
      const entries = readKeyFile(await keyFile(options)).map(({ name, scopes, createdAt }) => ({
        name,
        scopes,
        createdAt,
      }));
      if (options.json === true) print(JSON.stringify(entries));
      else if (entries.length === 0) print('There are no keys.');
      else for (const entry of entries) print(`${entry.name}\t${entry.scopes.join(',')}\t${entry.createdAt}`);
    });
  keys
    .command('remove')
    .description('make a key worthless; a running hub knows it within two seconds')
    .argument('<name>')
    .option('--file <file>', FILE_HELP)
    .option('--json', 'the answer as JSON')
    .action(async (name: string, options: KeysOptions) => {
      const { removeKey } = await import('#hub');
      const file = await keyFile(options);
      removeKey(file, name);
      print(options.json === true ? JSON.stringify({ removed: name, file }) : `The key of ${name} is removed.`);
    });
  return keys;
}

async function keyFile(options: KeysOptions): Promise<string> {
  if (options.file !== undefined) return resolve(options.file);
  const { loadSettings } = await import('#hub');
  const { settings } = loadSettings({ flags: {}, env: process.env, cwd: process.cwd() });
  if (settings.keys === undefined)
    throw new CliError(
      'Which key file? Name it with --file, with HEADWATER_KEYS, or as keys in headwater.yml; it is made if missing.',
      2,
    );
  return settings.keys;
}
