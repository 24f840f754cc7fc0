/** Where rules may trigger jobs of other tools: `connections` in `headwater.yml`, by tool and name. */
import { z } from 'zod';
import { GITHUB_URL } from '#delivery';
import { parseSecretReference } from '#rules';

const text = z.string().min(1);
const url = z.string().refine((value) => URL.canParse(value), { error: 'is no URL' });

/** A secret lies in the environment or in a file: the settings name it. */
const secret = text.transform((value, context) => {
  const reference = parseSecretReference(value);
  if (reference !== null) return reference;
  // biome-ignore lint/suspicious/noTemplateCurlyInString: how one writes it in the file
  const message = 'holds a secret itself; keep it outside and write ${env:NAME} or ${file:PATH}';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const of = <T extends z.ZodType>(connection: T) => z.record(text, connection).default({});

const airflow = z
  .strictObject({
    url,
    version: z.union([z.literal(2), z.literal(3)]).default(3),
    user: text.optional(),
    password: secret.optional(),
    token: secret.optional(),
  })
  .refine(({ user, password, token }) => (token === undefined) === (user !== undefined && password !== undefined), {
    error: 'needs a token, or user and password',
  });

export const connectionsSchema = z
  .strictObject({
    airflow: of(airflow),
    dbt: of(z.strictObject({ url, account: z.union([text, z.int().transform(String)]), token: secret })),
    dagster: of(
      z.strictObject({ url, token: secret.optional(), location: text, repository: text.default('__repository__') }),
    ),
    prefect: of(z.strictObject({ url, token: secret.optional() })),
    github: of(z.strictObject({ url: url.default(GITHUB_URL), token: secret })),
  })
  .prefault({});

export type Connections = z.output<typeof connectionsSchema>;
