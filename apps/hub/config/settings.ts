import { z } from 'zod';
import { parseDuration } from '#lineage';
import { connectionsSchema } from './connections.ts';
import { parseSize } from './size.ts';

const size = (fallback: string) =>
  z
    .union([z.string(), z.int().nonnegative()])
    .default(fallback)
    .transform((value, context) => {
      const bytes = parseSize(String(value));
      if (bytes !== null && bytes > 0) return bytes;
      context.addIssue({ code: 'custom', message: `"${value}" is not a size: write it like 512KB, 10MB or 1GB` });
      return z.NEVER;
    });

const duration = (fallback: string) =>
  z
    .string({ error: 'a duration needs its unit: write it like 30s, 5m, 2h or 90d' })
    .default(fallback)
    .transform((value, context) => {
      const ms = parseDuration(value);
      if (ms !== null && ms > 0) return ms;
      context.addIssue({ code: 'custom', message: `"${value}" is not a duration: write it like 30s, 5m, 2h or 90d` });
      return z.NEVER;
    });

const NOT_WHOLE = 'must be a whole number';

/** Variables are text; `1,000` and the like are nobody's number. */
const whole = (least: number, most: number) =>
  z
    .union([z.int({ error: NOT_WHOLE }), z.string({ error: NOT_WHOLE }).regex(/^\d+$/, NOT_WHOLE).transform(Number)])
    .pipe(z.int().min(least, `must be ${least} or more`).max(most, `must be ${most} at most`));

const yesOrNo = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0', 'yes', 'no']).transform((word) => ['true', '1', 'yes'].includes(word)),
]);

/** A list in the file; `a,b` in a variable. */
const words = z.union([
  z.array(z.string().min(1)),
  z.string().transform((text) =>
    text
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== ''),
  ),
]);

const origin = z.string().refine((text) => URL.canParse(text) && new URL(text).origin === text, {
  error: (issue) =>
    `"${String(issue.input)}" is not an origin: write scheme, host and port only, like https://catalog.example.com`,
});

const text = z.string().min(1);

/** One place for every setting: its key in `headwater.yml`, its form and its default. */
export const settingsSchema = z.strictObject({
  host: text.default('127.0.0.1'),
  port: whole(0, 65_535).default(4600),
  /** The file of hashed keys. */
  keys: text.optional(),
  data: text.default('.headwater'),
  role: z.enum(['all', 'api', 'worker']).default('all'),
  rules: text.optional(),
  outgoingAllow: words.default([]),
  retention: duration('90d'),
  logLevel: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  /** Where a proxy serves the hub: `/headwater`. */
  basePath: z
    .string()
    .regex(/^(\/[\w.~-]+)*\/?$/, 'must be a path like /headwater')
    .default('')
    .transform((path) => path.replace(/\/$/, '')),
  /** Believe X-Forwarded-*: true, or the addresses of the proxies. */
  trustProxy: z.union([yesOrNo, words]).default(false),
  /** Origins whose pages may call the hub. */
  cors: words.pipe(z.array(origin)).default([]),
  /** How long a stop waits for what is under way. */
  stopWithin: duration('15s'),
  /** Groups of ids that are one asset; the first of each gives the name. */
  aliases: z.array(z.array(text).min(2, 'an alias group needs two ids or more')).default([]),
  limits: z
    .strictObject({
      body: size('10MB'),
      decompressed: size('64MB'),
      batchEvents: whole(1, 1_000_000).default(1_000),
      batchBody: size('64MB'),
      refusals: whole(0, 10_000_000).default(10_000),
    })
    .prefault({}),
  flow: z
    .strictObject({
      records: whole(0, Number.MAX_SAFE_INTEGER).optional(),
      seconds: whole(0, Number.MAX_SAFE_INTEGER).optional(),
    })
    .prefault({}),
  neo4j: z
    .strictObject({ uri: text.optional(), user: text.optional(), password: text.optional(), database: text.optional() })
    .prefault({}),
  redis: z.strictObject({ url: text.optional() }).prefault({}),
  connections: connectionsSchema,
});

export type SettingsFile = z.input<typeof settingsSchema>;

type Frozen<T> = T extends readonly (infer E)[]
  ? readonly Frozen<E>[]
  : T extends object
    ? { readonly [K in keyof T]: Frozen<T[K]> }
    : T;

/** What the hub runs with: read once at boot, frozen. Paths are absolute. */
export type Settings = Frozen<z.output<typeof settingsSchema>> & {
  /** The file that was read, if any. */
  readonly configFile: string | null;
  /** Where rule files are: what `rules` names, else `rules` beside the settings file. */
  readonly rulesFolder: string;
};

/** On Neo4j and Redis; checkSettings sees that both are set, or none. */
export const isScaled = ({ neo4j, redis }: Settings): boolean => neo4j.uri !== undefined && redis.url !== undefined;

/** `limits.batchBody` is `HEADWATER_LIMITS_BATCH_BODY`; the two servers keep the names that everybody gives them. */
export function variableOf(path: string): string {
  const name = path
    .replaceAll('.', '_')
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .toUpperCase();
  return path.startsWith('neo4j.') || path.startsWith('redis.') ? name : `HEADWATER_${name}`;
}

/** Dotted paths of the settings that one variable or flag can hold. */
export const SCALAR_SETTINGS: readonly string[] = [
  ...Object.keys(settingsSchema.shape).filter(
    (key) => !['aliases', 'limits', 'flow', 'neo4j', 'redis', 'connections'].includes(key),
  ),
  ...(['body', 'decompressed', 'batchEvents', 'batchBody', 'refusals'] as const).map((key) => `limits.${key}`),
  'flow.records',
  'flow.seconds',
  'neo4j.uri',
  'neo4j.user',
  'neo4j.password',
  'neo4j.database',
  'redis.url',
];

/** Every key that `headwater.yml` may hold, dotted. */
export const FILE_KEYS: readonly string[] = [...new Set([...Object.keys(settingsSchema.shape), ...SCALAR_SETTINGS])];
