/** What the user can do something about: printed without a stack. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** What is said of an id by which the hub knows nothing. */
export const unknownId = (id: string): CliError =>
  new CliError(
    `Nothing is known by the id ${id}. Ids are dataset:NAMESPACE:NAME, job:NAMESPACE:NAME or, with columns, datasetField:NAMESPACE:NAME:FIELD; GET /api/v1/search?q=WORD finds them.`,
  );
