/** The hub can't start as it was told to. Each problem says what is wrong, where, and what to do; the CLI prints them without a stack. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}
