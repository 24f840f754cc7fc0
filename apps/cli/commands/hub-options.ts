import { Command } from 'commander';
import { HubClient } from '../hub-client.ts';

/** Options of every command that talks to a hub. */
export interface HubOptions {
  readonly url: string;
  readonly key?: string;
  readonly json?: boolean;
}

const DEFAULT_URL = 'http://127.0.0.1:4600';

export function hubCommand(nameAndArguments: string): Command {
  return new Command(nameAndArguments)
    .option('--url <url>', 'where the hub is (HEADWATER_URL)', process.env.HEADWATER_URL ?? DEFAULT_URL)
    .option('--key <key>', 'a key of the hub (HEADWATER_KEY)')
    .option('--json', 'the answer as JSON');
}

export function clientOf(options: HubOptions): HubClient {
  // Read here and not given as commander's default, which --help would show.
  return new HubClient({ url: options.url, key: options.key ?? process.env.HEADWATER_KEY });
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
