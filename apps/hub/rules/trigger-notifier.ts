/** Triggers of the rule files, carried out in the tools that `connections` of the settings names. */
import {
  carryAirflow,
  carryDagster,
  carryDbt,
  carryGithub,
  carryPrefect,
  type HttpSender,
  type TriggerCall,
} from '#delivery';
import type { Delivery, Notifier, NotifyOutcome, SecretReference, Trigger } from '#rules';
import type { Settings } from '../config/settings.ts';
import { type Environment, readSecret } from './read-secret.ts';

export interface TriggerNotifierParts {
  readonly http: HttpSender;
  readonly connections: Settings['connections'];
  readonly env: Environment;
}

type Planned = Extract<Delivery['action'], { readonly do: 'trigger' }>['trigger'];

/** What keeps a trigger from being carried out. It may be mended: the settings, a variable, a file. */
class Unready extends Error {}

export class TriggerNotifier implements Notifier {
  readonly #parts: TriggerNotifierParts;

  constructor(parts: TriggerNotifierParts) {
    this.#parts = parts;
  }

  async notify({ id, action, rule, subject }: Delivery, now: number): Promise<NotifyOutcome> {
    if (action.do !== 'trigger') return { did: 'failed', status: null, error: `a trigger can't do ${action.do}` };
    try {
      const outcome = await this.#carry(action.trigger, { id, why: `rule ${rule} fired for ${subject}`, now });
      // To a tool 410 is no wish to hear nothing more, of any trigger.
      return outcome.did === 'disabled' ? { did: 'failed', status: outcome.status, error: '410: it is gone' } : outcome;
    } catch (error) {
      if (error instanceof Unready) return { did: 'retry', status: null, error: error.message, after: null };
      throw error;
    }
  }

  #carry(trigger: Planned, call: TriggerCall): Promise<NotifyOutcome> {
    const { http, connections } = this.#parts;
    switch (trigger.tool) {
      case 'airflow': {
        const { url, version, user, password, token } = chosen(connections.airflow, trigger);
        const login = { ...(user === undefined ? {} : { user }), ...this.#secret({ password, token }) };
        return carryAirflow(http, { url, version, ...login }, trigger, call);
      }
      case 'dbt': {
        const { url, account, token } = chosen(connections.dbt, trigger);
        return carryDbt(http, { url, account, token: this.#read(token) }, trigger, call);
      }
      case 'dagster': {
        const { url, location, repository, token } = chosen(connections.dagster, trigger);
        return carryDagster(http, { url, location, repository, ...this.#secret({ token }) }, trigger, call);
      }
      case 'prefect': {
        const { url, token } = chosen(connections.prefect, trigger);
        return carryPrefect(http, { url, ...this.#secret({ token }) }, trigger, call);
      }
      case 'github': {
        const { url, token } = chosen(connections.github, trigger);
        return carryGithub(http, { url, token: this.#read(token) }, trigger, call);
      }
    }
  }

  /** Those that are set, read. */
  #secret<K extends string>(references: Readonly<Record<K, SecretReference | undefined>>): Partial<Record<K, string>> {
    const read: Partial<Record<K, string>> = {};
    for (const key in references) {
      const reference = references[key];
      if (reference !== undefined) read[key] = this.#read(reference);
    }
    return read;
  }

  #read(reference: SecretReference): string {
    const secret = readSecret(reference, this.#parts.env);
    if ('fault' in secret) throw new Unready(secret.fault);
    return secret.text;
  }
}

/** The connection that a trigger names, or the only one of its tool. */
function chosen<T>(
  connections: Readonly<Record<string, T>>,
  { tool, connection }: Pick<Trigger, 'tool' | 'connection'>,
): T {
  const names = Object.keys(connections);
  const name = connection ?? (names.length === 1 ? names[0] : undefined);
  const found = name === undefined ? undefined : connections[name];
  if (found !== undefined) return found;
  if (names.length === 0) throw new Unready(`the settings have no connections.${tool}: say there where it is`);
  const known = names.join(', ');
  throw new Unready(
    connection === null
      ? `connections.${tool} has several (${known}): name one as connection`
      : `connections.${tool} has no ${connection}; it has ${known}`,
  );
}
