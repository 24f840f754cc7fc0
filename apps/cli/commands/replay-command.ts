import { Command } from 'commander';
import { print } from './hub-options.ts';

interface ReplayOptions {
  readonly data?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

export function replayCommand(): Command {
  return new Command('replay')
    .description('rebuild the graph from the kept events; the hub must be stopped')
    .option('--data <folder>', 'folder of the embedded files (HEADWATER_DATA)')
    .option('--force', 'although retention took events: what only they said is forgotten')
    .option('--json', 'the answer as JSON')
    .action(async (options: ReplayOptions) => {
      const { loadSettings, replay } = await import('#hub');
      const { settings } = loadSettings({ flags: { data: options.data }, env: process.env, cwd: process.cwd() });
      const show = process.stderr.isTTY && options.json !== true;
      const result = await replay(settings, {
        force: options.force === true,
        onProgress: (applied, head) => {
          if (show) process.stderr.write(`\r${applied} of ${head}`);
        },
      });
      if (show) process.stderr.write('\n');
      if (options.json === true) print(JSON.stringify(result));
      else {
        print(`Replayed ${result.events} events: ${result.changes} changes. The graph in ${settings.data} is rebuilt.`);
        for (const { position, reason } of result.faults)
          print(`  position ${position} could not be applied: ${reason}`);
      }
    });
}
