import type { Command } from 'commander';
import { z } from 'zod';
import { clientOf, type HubOptions, hubCommand, print } from './hub-options.ts';

const QUERY = `query ($rule: String!, $subject: ID!, $at: DateTime) {
  explain(rule: $rule, subject: $subject, at: $at) {
    fired verdict guard text
    conditions { text value met }
    decision { id at deliveries { to state attempts lastError } }
  }
}`;

const answer = z.object({
  explain: z.object({
    fired: z.boolean(),
    verdict: z.string(),
    guard: z.string().nullable(),
    text: z.string(),
    conditions: z.array(z.object({ text: z.string(), value: z.unknown(), met: z.boolean() })),
    decision: z
      .object({
        id: z.string(),
        at: z.string(),
        deliveries: z.array(
          z.object({ to: z.string(), state: z.string(), attempts: z.number(), lastError: z.string().nullable() }),
        ),
      })
      .nullable(),
  }),
});

export function explainCommand(): Command {
  return hubCommand('explain')
    .description('say why a rule fired for something, or why it did not')
    .argument('<rule>', 'the name of the rule')
    .argument('<id>', 'what it is asked about: a dataset or a job')
    .option('--at <time>', 'the last decision up to then; default: now')
    .action(async (rule: string, subject: string, options: HubOptions & { readonly at?: string }) => {
      const variables = { rule, subject, at: options.at ?? null };
      const { explain } = answer.parse(await clientOf(options).query(QUERY, variables));
      if (options.json === true) {
        print(JSON.stringify(explain));
        return;
      }
      const lines = [explain.text];
      for (const { text, met } of explain.conditions) lines.push(`  ${met ? '✓' : '✗'} ${text}`);
      for (const { to, state, attempts, lastError } of explain.decision?.deliveries ?? [])
        lines.push(
          `  → ${to}: ${state.toLowerCase()} after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}${lastError === null ? '' : ` (${lastError})`}`,
        );
      print(lines.join('\n'));
    });
}
