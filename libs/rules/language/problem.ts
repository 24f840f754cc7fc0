/** What is wrong in a rule file, and where. */

/** Where something is written. Lines and columns count from 1. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** What is wrong, where, and what to do. */
export interface Problem extends SourcePlace {
  readonly message: string;
}

/** `rules/orders.yml:12:5 message`: what editors and terminals make a link of. */
export const sayProblem = ({ file, line, column, message }: Problem): string => `${file}:${line}:${column} ${message}`;
