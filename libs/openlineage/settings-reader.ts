import { OpenLineageConfigError } from './config-error.ts';
import { isSettings, type Settings } from './settings.ts';

/** Reads settings by their canonical keys, with text from the environment taken as a number or boolean where one is wanted. */
export class SettingsReader {
  readonly #settings: Settings;
  readonly #where: string;
  readonly #read = new Set<string>();

  /** `where`: for messages, such as `transport.retry`. */
  constructor(settings: Settings, where: string) {
    this.#settings = settings;
    this.#where = where;
  }

  text(key: string): string | undefined {
    const value = this.#take(key);
    if (value === undefined || typeof value === 'string') return value;
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    throw this.wrong(key, 'is text', value);
  }

  requiredText(key: string): string {
    const value = this.text(key);
    if (value === undefined || value === '') throw new OpenLineageConfigError(`${this.#where}.${key} is missing`);
    return value;
  }

  number(key: string): number | undefined {
    const value = this.#take(key);
    if (value === undefined) return undefined;
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && number >= 0 && Number.isFinite(number)) return number;
    throw this.wrong(key, 'is a number from 0', value);
  }

  boolean(key: string): boolean | undefined {
    const value = this.#take(key);
    if (value === undefined || typeof value === 'boolean') return value;
    const word = typeof value === 'string' ? value.trim().toLowerCase() : '';
    if (word === 'true' || word === 'false') return word === 'true';
    throw this.wrong(key, 'is true or false', value);
  }

  texts(key: string): Record<string, string> | undefined {
    const reader = this.nested(key);
    if (!reader) return undefined;
    return Object.fromEntries(Object.keys(reader.#settings).map((name) => [name, reader.requiredText(name)]));
  }

  numbers(key: string): number[] | undefined {
    const value = this.#take(key);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === 'number')) return value;
    throw this.wrong(key, 'is a list of numbers', value);
  }

  nested(key: string): SettingsReader | undefined {
    const value = this.#take(key);
    if (value === undefined) return undefined;
    if (isSettings(value)) return new SettingsReader(value, `${this.#where}.${key}`);
    throw this.wrong(key, 'holds settings by name', value);
  }

  /** A list of settings, or settings by name: `[where, settings]` of each. */
  several(key: string): [string, Settings][] {
    const value = this.#take(key);
    const entries = Array.isArray(value) ? [...value.entries()] : isSettings(value) ? Object.entries(value) : [];
    return entries.map(([name, item]) => {
      if (isSettings(item)) return [`${this.#where}.${key}.${name}`, item];
      throw this.wrong(`${key}.${name}`, 'holds settings by name', item);
    });
  }

  /** Settings of other clients that mean nothing here. */
  ignore(...keys: string[]): void {
    for (const key of keys) this.#read.add(key);
  }

  /** Says which settings nobody has read: a misspelt one would otherwise just not work. */
  warnOfUnread(): void {
    const unread = Object.keys(this.#settings).filter((key) => !this.#read.has(key));
    if (unread.length === 0) return;
    process.emitWarning(
      `${this.#where}: this client knows no ${unread.join(', ')}; known: ${[...this.#read].join(', ')}`,
      'OpenLineageWarning',
    );
  }

  /** An error about one setting. The value is not in it where the key sounds like a secret. */
  wrong(key: string, want: string, value: unknown): OpenLineageConfigError {
    const shown = /key|token|secret|password|auth|header/i.test(key) ? '' : `, not ${JSON.stringify(value)}`;
    return new OpenLineageConfigError(`${this.#where}.${key} ${want}${shown}`);
  }

  #take(key: string): unknown {
    this.#read.add(key);
    return this.#settings[key] ?? undefined;
  }
}
