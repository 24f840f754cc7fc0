/**
 * The shape of a rule file, once: what the loader checks with and what the JSON Schema for editors
 * (`docs/rules.schema.json`) is made from. What a shape can't say (conditions, templates, names that refer to each
 * other) is checked by `load-rules.ts`.
 */
import { z } from 'zod';
import { RULE_KINDS } from './change-kinds.ts';
import { DURATION_PATTERN, RATE_PATTERN } from './duration.ts';
import { SECRET_PATTERN } from './secret-reference.ts';

const duration = z.string().regex(DURATION_PATTERN, 'is no duration; write 30s, 5m, 2h or 1d');
const rate = z.string().regex(RATE_PATTERN, 'is no rate; write how many in which time, as 6/1h');
const name = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'is no name; use letters, digits, dots, dashes and underscores, 100 at most',
  );
const text = z.string().min(1).max(2_048);
const condition = text.describe('A CEL expression: true or false.');
const id = z.string().min(1).max(1_024);
const place = z.enum(['subject', 'downstream', 'upstream']);
const cron = z.string().max(200).describe('Minute, hour, day of month, month, day of week.');
const timezone = z.string().max(64).describe('An IANA time zone: Europe/Paris.');

const datasets = z
  .union([id, z.array(id).min(1).max(1_000)])
  .describe('One dataset id, or a list: dataset:NAMESPACE:NAME.');
const namedJob = z.strictObject({ namespace: id, name: id });
const job = z.union([id, namedJob]);
const jobs = z.union([id, namedJob, z.array(job).min(1).max(1_000)]).describe('A job by namespace and name, or by id.');

const freshnessPolicy = z.strictObject({
  name,
  dataset: datasets.optional(),
  where: condition.optional(),
  maxAge: z
    .strictObject({ warn: duration.optional(), fail: duration.optional() })
    .describe('How old the content may get.')
    .optional(),
  cron: z
    .strictObject({ deadline: cron, lowerBound: duration, timezone: timezone.optional() })
    .describe('At each deadline the content has to reach past deadline less lowerBound.')
    .optional(),
});

// biome-ignore lint/suspicious/noTemplateCurlyInString: how one writes it in a rule file
const SECRET_FAULT = 'holds a secret itself; keep it outside and write ${env:NAME} or ${file:PATH}';
const secret = z.string().regex(SECRET_PATTERN, SECRET_FAULT);
const webhook = z.strictObject({
  url: z.string().min(1).max(2_048).describe('https, unless the settings allow the host.'),
  secret: z
    .union([secret, z.array(secret).min(1).max(5)])
    .describe('Of a list, each signs: rotate by adding the new one, then taking out the old.'),
});

const connection = name.describe('Which of the connections of this kind in the settings.').optional();
const trigger = z.strictObject({
  airflow: z
    .strictObject({
      dag: name.optional(),
      asset: text.optional(),
      conf: z.record(z.string(), z.string()).optional(),
      connection,
    })
    .optional(),
  dbt: z.strictObject({ job: z.union([z.string(), z.number()]), connection }).optional(),
  dagster: z.strictObject({ job: text, connection }).optional(),
  prefect: z.strictObject({ deployment: text, connection }).optional(),
  github: z
    .strictObject({
      repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'is no repository; write owner/name'),
      event: name,
      connection,
    })
    .optional(),
});

const action = z.strictObject({
  webhook: name.describe('One of `webhooks`.').optional(),
  trigger: trigger.describe('A job of another tool.').optional(),
  annotate: z.strictObject({ on: place.optional(), text, expires: duration.optional() }).optional(),
  tag: z.strictObject({ on: place.optional(), add: name }).optional(),
  slack: z.looseObject({}).describe('Comes later.').optional(),
});

const guard = z.strictObject({
  cooldown: duration.describe('After firing, not again for so long.').optional(),
  per: z
    .enum(['rule', 'subject', 'job'])
    .describe('What cooldown and max count for; default: subject, with a job selector job.')
    .optional(),
  max: rate.describe('At most so many in any such time.').optional(),
  budget: rate.describe('At most so many in any such time, over all subjects of the rule.').optional(),
  maxEvidenceAge: duration.describe('Don’t act on what is known from longer ago.').optional(),
});

const expectation = z.strictObject({
  cron: cron.optional(),
  timezone: timezone.optional(),
  grace: duration.describe('How late a run may begin.').optional(),
  within: duration.describe('How long a run may take.').optional(),
});

const kind = z.enum(RULE_KINDS);

const rule = z.strictObject({
  name,
  description: z.string().max(2_048).optional(),
  on: z.union([kind, z.array(kind).min(1)]).describe('What it is about: one kind of change, or a list.'),
  where: condition.optional(),
  when: z
    .enum(['all-inputs-updated'])
    .describe('Every input of the job is newer than what the job wrote last.')
    .optional(),
  dataset: datasets.optional(),
  job: jobs.optional(),
  // biome-ignore lint/suspicious/noThenProperty: the word of the rule language; a rule is data and never awaited
  then: z.array(action).min(1).max(20),
  guard: guard.optional(),
  expect: expectation.describe('Of run.missing, run.slow and run.stuck; default: what is usual.').optional(),
});

const term = z.strictObject({
  term: name.describe('The tag that means it.'),
  title: z.string().min(1).max(200).describe('As people say it.').optional(),
  text: z.string().min(1).max(8_192).describe('What it means; Markdown.'),
  owner: text.describe('Whom to ask.').optional(),
  see: z
    .array(
      z
        .string()
        .regex(/^https?:\/\/\S+$/, 'is no address; write https://HOST/PATH')
        .max(2_048),
    )
    .min(1)
    .max(20)
    .optional(),
});

/** A rule file. */
export const ruleFileSchema = z.strictObject({
  freshness: z.array(freshnessPolicy).optional(),
  webhooks: z.record(name, webhook).optional(),
  rules: z.array(rule).optional(),
  glossary: z.array(term).describe('What tags mean.').optional(),
});

/** A rule file as it is written: the shape is right, nothing else is checked. */
export type RuleFile = z.infer<typeof ruleFileSchema>;
export type WrittenRule = z.infer<typeof rule>;
export type WrittenPolicy = z.infer<typeof freshnessPolicy>;
export type WrittenWebhook = z.infer<typeof webhook>;
export type WrittenAction = z.infer<typeof action>;
export type WrittenTerm = z.infer<typeof term>;
export type WrittenGuard = z.infer<typeof guard>;

/** The JSON Schema that editors check and complete rule files with: `docs/rules.schema.json`. */
export function ruleFileJsonSchema(): Record<string, unknown> {
  return { title: 'Headwater rule file', ...z.toJSONSchema(ruleFileSchema, { io: 'input', target: 'draft-7' }) };
}
