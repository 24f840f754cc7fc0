import { CliError } from './cli-error.ts';

/** What the system said of a file that somebody named, as a sentence; null for any other error. */
export function fileProblem(error: unknown, file: string): CliError | null {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  switch (code) {
    case 'ENOENT':
      return new CliError(`There is no file ${file}.`, 2);
    case 'EISDIR':
      return new CliError(`${file} is a folder. Name a file in it.`, 2);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new CliError(`${file} may not be opened by this user (${code}).`, 2);
    case 'ENOTDIR':
      return new CliError(`A part of the path ${file} is a file and no folder.`, 2);
    case 'ENOSPC':
      return new CliError(`The disk of ${file} is full: what was written of it is not whole.`);
    default:
      return null;
  }
}
