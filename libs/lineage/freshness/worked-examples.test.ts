/** The worked examples of docs/freshness.md, as they stand there: a policy, and a table of what it says at which time. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatInstant, parseInstant } from '../instant.ts';
import { evaluateFreshness, type Reach } from './evaluate-freshness.ts';
import { type FreshnessPolicy, readPolicy } from './freshness-policy.ts';

interface Example {
  readonly policy: FreshnessPolicy;
  readonly text: string;
  readonly line: number;
  readonly lookedAt: string;
  readonly reaches: string;
  readonly state: string;
  readonly deadline: string;
}

const NOTHING = '–';

function policyIn(text: string): FreshnessPolicy {
  const read = readPolicy(JSON.parse(text), 'example', 'docs');
  if ('faults' in read || read.policy === null) throw new Error(`${text}: ${JSON.stringify(read)}`);
  return read.policy;
}

/** A policy stands in backticks on a line of its own; the rows of the next table are about it. */
function examplesOf(page: string): Example[] {
  const examples: Example[] = [];
  let policy: { of: FreshnessPolicy; text: string } | null = null;
  for (const [n, line] of page.split('\n').entries()) {
    const declared = /^`(\{"(?:maxAge|cron)".*\})`$/.exec(line)?.[1];
    if (declared !== undefined) policy = { of: policyIn(declared), text: declared };
    const [, lookedAt = '', reaches = '', state = '', deadline = ''] = line.split('|').map((cell) => cell.trim());
    if (policy === null || !/^\d{4}-/.test(lookedAt)) continue;
    examples.push({ policy: policy.of, text: policy.text, line: n + 1, lookedAt, reaches, state, deadline });
  }
  return examples;
}

function instant(text: string): number {
  const at = parseInstant(text);
  if (at === null) throw new Error(`${text} is no instant`);
  return at;
}

const EXAMPLES = examplesOf(readFileSync(new URL('../../../docs/freshness.md', import.meta.url), 'utf8'));

describe('the worked examples', () => {
  it('are all read', () => {
    expect(EXAMPLES.length).toBe(27);
  });

  it.each(EXAMPLES)('line $line: at $lookedAt, data of $reaches: $state', (example) => {
    const { policy, lookedAt, reaches, state, deadline } = example;
    const reach: Reach = reaches === NOTHING ? { at: null, reason: 'nobody told' } : { at: instant(reaches) };
    const verdict = evaluateFreshness(policy, reach, instant(lookedAt));
    expect({
      state: verdict.state,
      deadline: verdict.deadline === null ? NOTHING : formatInstant(verdict.deadline),
    }).toEqual({
      state,
      deadline: deadline === NOTHING ? NOTHING : formatInstant(instant(deadline)),
    });
  });
});
