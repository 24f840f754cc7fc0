import { Command } from 'commander';
import { print } from './hub-options.ts';
import { optionName, SERVE_FLAGS } from './serve-flags.ts';

export function serveCommand(): Command {
  const command = new Command('serve')
    .description('start the hub')
    .option('--config <file>', 'settings file (HEADWATER_CONFIG); default headwater.yml');
  for (const { flag, says } of SERVE_FLAGS) command.option(flag, says);
  command.option('--json', 'say where it listens as one line of JSON');
  return command.action(async (options: Readonly<Record<string, string | boolean | undefined>>) => {
    const { greeting, growSparingly, loadSettings, startHub } = await import('#hub');
    const flags: Record<string, string | undefined> = {};
    for (const { path, flag } of SERVE_FLAGS) {
      const value = options[optionName(flag)];
      if (typeof value === 'string') flags[path] = value;
    }
    const env = typeof options.config === 'string' ? { ...process.env, HEADWATER_CONFIG: options.config } : process.env;
    const { settings, warnings } = loadSettings({ flags, env, cwd: process.cwd() });
    const hub = await startHub(settings, { warnings });
    // Not sooner: a start would take longer, and make little that can be collected.
    growSparingly();
    stopOnSignals(() => hub.stop(), 2 * settings.stopWithin + CLOSING_MS);
    print(
      options.json === true
        ? JSON.stringify({ address: hub.address, pid: process.pid, version: hub.version, ...hub.keeping })
        : greeting(hub),
    );
  });
}

/** For closing files and connections, after requests and what was accepted had `stopWithin` each: with both servers away it takes 25 s. */
const CLOSING_MS = 30_000;

/**
 * The first signal stops in order, a second one at once: whoever sends two has waited enough. A server that doesn't answer
 * keeps nobody from ending: what was accepted is durable, and the next start goes on with it.
 */
function stopOnSignals(stop: () => Promise<void>, withinMs: number): void {
  let asked = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (asked) process.exit(signal === 'SIGINT' ? 130 : 143);
    asked = true;
    setTimeout(() => {
      process.stderr.write(
        `The hub could not stop in order within ${Math.round(withinMs / 1_000)} s: it ends as it is.\n`,
      );
      process.exit(1);
    }, withinMs).unref();
    stop().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(
          `The hub could not stop in order: ${error instanceof Error ? error.stack : String(error)}\n`,
        );
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
