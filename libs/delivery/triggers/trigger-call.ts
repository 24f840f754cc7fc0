/** What the notifiers of other tools have in common. */
import { type HttpAnswer, type HttpCall, type HttpSender, outcomeOf, type SendOutcome } from '../http-sender.ts';

/** One trigger, to be carried out once. */
export interface TriggerCall {
  /** The delivery's: the same on each attempt. Letters, digits, dashes and underscores. */
  readonly id: string;
  /** Why, in one sentence, for people who look at the run. */
  readonly why: string;
  readonly now: number;
}

/** Does one thing in a tool. Several calls may be needed; the outcome is that of the one that failed, else of the last. */
export type Carry<Trigger, Connection> = (
  http: HttpSender,
  connection: Connection,
  trigger: Trigger,
  call: TriggerCall,
) => Promise<SendOutcome>;

export const postJson = (url: string, headers: Readonly<Record<string, string>>, body: unknown): HttpCall => ({
  method: 'POST',
  url,
  headers: { accept: 'application/json', ...headers },
  body: JSON.stringify(body),
});

export const getJson = (url: string, headers: Readonly<Record<string, string>>): HttpCall => ({
  method: 'GET',
  url,
  headers: { accept: 'application/json', ...headers },
  body: null,
});

/** Sends what is enough by itself. @param isDone statuses beside 2xx that mean that it is done already */
export async function carryOut(
  http: HttpSender,
  call: HttpCall,
  now: number,
  isDone: (answer: HttpAnswer) => boolean = () => false,
): Promise<SendOutcome> {
  const outcome = await http.call(call);
  if (outcome.did !== 'answered') return outcome;
  const { answer } = outcome;
  return isDone(answer) ? { did: 'delivered', status: answer.status } : outcomeOf(answer, now);
}

/** Asks for what the next call needs. @returns its JSON, or why there is none */
export async function ask(
  http: HttpSender,
  call: HttpCall,
  now: number,
): Promise<{ readonly json: unknown } | { readonly outcome: SendOutcome }> {
  const outcome = await http.call(call);
  if (outcome.did !== 'answered') return { outcome };
  const { answer } = outcome;
  const meaning = outcomeOf(answer, now);
  if (meaning.did !== 'delivered') return { outcome: meaning };
  if (answer.brokeOff)
    return { outcome: { did: 'retry', status: answer.status, error: 'the answer broke off', after: null } };
  try {
    return { json: JSON.parse(answer.text) as unknown };
  } catch {
    const error = `the answer is no JSON, or too long: ${answer.text.slice(0, 100)}`;
    return { outcome: { did: 'failed', status: answer.status, error } };
  }
}

/** A member of what was answered; undefined where there is none. */
export const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;

/** `https://host/base/` and `path` in one. */
export const at = (base: string, path: string): string => `${base.replace(/\/+$/, '')}${path}`;
