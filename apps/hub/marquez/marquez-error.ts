/**
 * An answer other than 200, as Marquez words it. `code` and `message` are in every body, and validation has `errors`
 * beside them: Marquez sends the one or the other, and its clients read the one they know.
 */
export class MarquezError extends Error {
  readonly status: number;
  readonly errors: readonly string[] | null;

  constructor(status: number, message: string, errors: readonly string[] | null = null) {
    super(message);
    this.name = 'MarquezError';
    this.status = status;
    this.errors = errors;
  }

  get body(): { readonly code: number; readonly message: string; readonly errors?: readonly string[] } {
    const body = { code: this.status, message: this.message };
    return this.errors === null ? body : { ...body, errors: this.errors };
  }

  static notFound(what: string, name: string): MarquezError {
    return new MarquezError(404, `${what} '${name}' not found.`);
  }

  /** An unknown path, and a path or query value that doesn't parse: to Marquez both are a resource that isn't there. */
  static noSuchResource(): MarquezError {
    return new MarquezError(404, 'HTTP 404 Not Found');
  }

  static unknownNode(): MarquezError {
    return new MarquezError(404, 'Could not find node');
  }

  static invalid(...errors: readonly string[]): MarquezError {
    return new MarquezError(400, errors.join('; '), errors);
  }
}
