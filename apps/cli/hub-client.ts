import { CliError } from './cli-error.ts';

export interface HubClientOptions {
  readonly url: string;
  readonly key: string | undefined;
}

/** One hub over HTTP, for commands that ask or tell it something. */
export class HubClient {
  readonly #url: string;
  readonly #key: string | undefined;

  constructor({ url, key }: HubClientOptions) {
    if (!URL.canParse(url))
      throw new CliError(`"${url}" is no URL. Give one like http://127.0.0.1:4600 with --url or HEADWATER_URL.`, 2);
    this.#url = url.replace(/\/+$/, '');
    this.#key = key;
  }

  get url(): string {
    return this.#url;
  }

  get key(): string | undefined {
    return this.#key;
  }

  /** The data of a GraphQL query; its errors as one CliError. */
  async query(text: string, variables: Readonly<Record<string, unknown>>): Promise<unknown> {
    const response = await this.#fetch('/graphql', {
      method: 'POST',
      body: JSON.stringify({ query: text, variables }),
      headers: { 'content-type': 'application/json' },
    });
    const answer = parse(await response.text());
    const errors = isRecord(answer) && Array.isArray(answer.errors) ? answer.errors : [];
    if (errors.length > 0) throw new CliError(errors.map((error) => messageOf(error)).join('\n'));
    if (!response.ok) throw new CliError(`${this.#url}/graphql answered ${response.status}: ${messageOf(answer)}`);
    return isRecord(answer) ? answer.data : null;
  }

  /** A GET whose body is read as it comes. */
  async stream(path: string): Promise<ReadableStream<Uint8Array>> {
    const response = await this.#fetch(path, { method: 'GET' });
    if (!response.ok || response.body === null)
      throw new CliError(`${this.#url}${path} answered ${response.status}: ${messageOf(parse(await response.text()))}`);
    return response.body;
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#key !== undefined) headers.set('authorization', `Bearer ${this.#key}`);
    try {
      return await fetch(this.#url + path, { ...init, headers });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      const detail = cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : String(cause);
      throw cantReach(this.#url, detail);
    }
  }
}

export const cantReach = (url: string, detail: string): CliError =>
  new CliError(
    `Can't reach the hub at ${url} (${detail}). Is it running? "headwater serve" starts one; --url or HEADWATER_URL says where it is.`,
  );

/** The API's `{"code","message","errors"}` as a line. */
export function messageOf(answer: unknown): string {
  if (!isRecord(answer)) return String(answer).slice(0, 500);
  const errors = Array.isArray(answer.errors) ? answer.errors.filter((each) => typeof each === 'string') : [];
  const message = typeof answer.message === 'string' ? answer.message : '';
  return errors.length > 0 && !message.includes(errors[0] ?? '') ? `${message} ${errors.join('; ')}`.trim() : message;
}

export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
