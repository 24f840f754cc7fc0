import { resolve } from 'node:path';
import { Command } from 'commander';
import { print } from './hub-options.ts';

interface BackupOptions {
  readonly data?: string;
  readonly json?: boolean;
}

export function backupCommand(): Command {
  return new Command('backup')
    .description('copy the embedded files, while the hub runs or not')
    .argument('<dir>', 'a new folder; start a hub on it with serve --data')
    .option('--data <folder>', 'folder of the embedded files (HEADWATER_DATA)')
    .option('--json', 'the answer as JSON')
    .action(async (directory: string, options: BackupOptions) => {
      const { backup, loadSettings } = await import('#hub');
      const { settings } = loadSettings({ flags: { data: options.data }, env: process.env, cwd: process.cwd() });
      const result = await backup(settings, resolve(directory));
      if (options.json === true) print(JSON.stringify(result));
      else {
        print(`Backed up ${settings.data} to ${result.directory}:`);
        for (const { name, bytes } of result.files) print(`  ${name}\t${bytes} bytes`);
      }
    });
}
