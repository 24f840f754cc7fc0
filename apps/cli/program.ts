import { Command } from 'commander';
import { backupCommand } from './commands/backup-command.ts';
import { doctorCommand } from './commands/doctor-command.ts';
import { explainCommand } from './commands/explain-command.ts';
import { exportCommand } from './commands/export-command.ts';
import { importCommand } from './commands/import-command.ts';
import { keysCommand } from './commands/keys-command.ts';
import { lineageCommand } from './commands/lineage-command.ts';
import { replayCommand } from './commands/replay-command.ts';
import { rulesCommand } from './commands/rules-command.ts';
import { sendCommand } from './commands/send-command.ts';
import { serveCommand } from './commands/serve-command.ts';
import { whyCommand } from './commands/why-command.ts';
import { packageVersion } from './package-version.ts';

/** The `headwater` command. */
export function createProgram(): Command {
  const program = new Command('headwater')
    .description('A lineage hub for batch jobs and for jobs with no start and no end')
    .version(packageVersion())
    .addCommand(serveCommand())
    .addCommand(sendCommand())
    .addCommand(lineageCommand())
    .addCommand(whyCommand())
    .addCommand(explainCommand())
    .addCommand(rulesCommand())
    .addCommand(exportCommand())
    .addCommand(importCommand())
    .addCommand(replayCommand())
    .addCommand(backupCommand())
    .addCommand(keysCommand())
    .addCommand(doctorCommand());
  pointToHelp(program);
  return program;
}

/** A command that was made apart from its parent inherits nothing of it. */
function pointToHelp(command: Command): void {
  command.showSuggestionAfterError().showHelpAfterError('Add --help to see what there is.');
  for (const each of command.commands) pointToHelp(each);
}
