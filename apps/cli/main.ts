import { CliError } from './cli-error.ts';
import { createProgram } from './program.ts';

// Whoever reads our output has enough of it (`headwater export | head`): that is no fault.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await createProgram().parseAsync();
} catch (error) {
  // By name: the hub's error class is not loaded unless a command loaded the hub.
  if (error instanceof CliError || (error instanceof Error && error.name === 'StartupError')) {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = error instanceof CliError ? error.exitCode : 1;
  } else {
    throw error;
  }
}
