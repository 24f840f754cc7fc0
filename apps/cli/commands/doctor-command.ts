import { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { print } from './hub-options.ts';

interface DoctorOptions {
  readonly data?: string;
  readonly url?: string;
  readonly json?: boolean;
}

const MARKS = { fine: 'ok     ', warning: 'warning', problem: 'PROBLEM' } as const;

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'say what is wrong with the settings, the servers, the data or the graph, and what to do; changes nothing',
    )
    .option('--data <folder>', 'folder of the embedded files (HEADWATER_DATA)')
    .option('--url <url>', 'the hub to ask; else the one that listens with these settings (HEADWATER_URL)')
    .option('--json', 'the answer as JSON')
    .action(async (options: DoctorOptions) => {
      const { examine } = await import('#hub');
      const sources = { flags: { data: options.data }, env: process.env, cwd: process.cwd() };
      const findings = await examine(sources, options.url ?? process.env.HEADWATER_URL);
      if (options.json === true) print(JSON.stringify(findings));
      else for (const { about, severity, text } of findings) print(`${MARKS[severity]}  ${about.padEnd(8)}  ${text}`);
      const problems = findings.filter(({ severity }) => severity === 'problem').length;
      if (problems > 0) throw new CliError(problems === 1 ? 'There is a problem.' : `There are ${problems} problems.`);
    });
}
