import { resolve } from 'node:path';
import { Command } from 'commander';
import { CliError } from '../cli-error.ts';
import { print } from './hub-options.ts';

export function rulesCommand(): Command {
  const rules = new Command('rules').description('rule files');
  rules
    .command('check')
    .description('say everything that is wrong with rule files and contracts, with file, line and column')
    .argument('[folder]', 'the folder of rule files; default: HEADWATER_RULES, or rules beside headwater.yml')
    .option('--json', 'the answer as JSON')
    .action(async (given: string | undefined, options: { readonly json?: boolean }) => {
      const { checkRules, loadSettings } = await import('#hub');
      const folder =
        given === undefined
          ? loadSettings({ flags: {}, env: process.env, cwd: process.cwd() }).settings.rulesFolder
          : resolve(given);
      const checked = await checkRules(folder);
      if (checked.files === null) throw new CliError(`There is no folder ${folder}.`);
      if (options.json === true) print(JSON.stringify(checked));
      else
        for (const { file, line, column, message } of checked.problems) print(`${file}:${line}:${column} ${message}`);
      if (checked.problems.length > 0)
        throw new CliError(`${counted(checked.problems.length, 'problem')} in ${folder}.`);
      if (options.json !== true) {
        for (const object of checked.unlinked)
          print(
            `${object} stands for no dataset that is known by name: nothing of it is checked. See docs/contracts.md.`,
          );
        print(
          `${counted(checked.files, 'file')}: ${counted(checked.rules, 'rule')}, ${counted(checked.policies, 'freshness policy', 'freshness policies')}, ${counted(checked.webhooks, 'webhook')}${checked.contracts === 0 ? '' : `, ${counted(checked.contracts, 'contract')}`}${checked.terms === 0 ? '' : `, ${counted(checked.terms, 'term')}`}. Nothing is wrong.`,
        );
      }
    });
  return rules;
}

const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
