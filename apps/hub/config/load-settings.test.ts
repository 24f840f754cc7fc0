import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkSettings } from './check-settings.ts';
import { loadSettings } from './load-settings.ts';
import { StartupError } from './startup-error.ts';

function load(file: string | null, env: Record<string, string> = {}, flags: Record<string, string> = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'headwater-config-'));
  if (file !== null) writeFileSync(join(cwd, 'headwater.yml'), file);
  return { cwd, ...loadSettings({ flags, env, cwd }) };
}

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof StartupError) return error.problems;
    throw error;
  }
  return [];
}

describe('loadSettings', () => {
  it('has the documented defaults', () => {
    const { settings, cwd } = load(null);
    expect(settings).toMatchObject({
      host: '127.0.0.1',
      port: 4600,
      role: 'all',
      data: join(cwd, '.headwater'),
      cors: [],
      trustProxy: false,
    });
    expect(settings.retention).toBe(90 * 86_400_000);
    expect(settings.limits).toEqual({
      body: 10 << 20,
      decompressed: 64 << 20,
      batchEvents: 1_000,
      batchBody: 64 << 20,
      refusals: 10_000,
    });
  });

  it('takes a flag over a variable over the file', () => {
    const file = 'port: 1\nhost: localhost\nretention: 2h\nlimits: { body: 1MB }\n';
    const { settings } = load(
      file,
      { HEADWATER_PORT: '2', HEADWATER_RETENTION: '1d', HEADWATER_LIMITS_BATCH_EVENTS: '7' },
      { port: '3' },
    );
    expect(settings.port).toBe(3);
    expect(settings.retention).toBe(86_400_000);
    expect(settings.host).toBe('localhost');
    expect(settings.limits).toMatchObject({ body: 1 << 20, batchEvents: 7 });
  });

  it('takes an empty variable for none', () => {
    expect(load('port: 1\n', { HEADWATER_PORT: '', HEADWATER_KEYS: '', HEADWATER_CONFIG: '' }).settings).toMatchObject({
      port: 1,
    });
  });

  it('resolves paths of the file beside the file, those of variables where it was started', () => {
    const { settings, cwd } = load('keys: a/keys.json\n', { HEADWATER_DATA: 'elsewhere' });
    expect(settings.keys).toBe(join(cwd, 'a/keys.json'));
    expect(settings.data).toBe(join(cwd, 'elsewhere'));
  });

  it('refuses an unknown key with its line and the nearest known one', () => {
    const problems = problemsOf(() => load('port: 1\nretenton: 3d\nlimits:\n  boddy: 1MB\n'));
    expect(problems).toHaveLength(2);
    expect(problems.join('\n')).toMatch(/headwater\.yml:2: retenton is not a setting\. Did you mean retention\?/);
    expect(problems.join('\n')).toMatch(
      /headwater\.yml:4: limits\.boddy is not a setting\. Did you mean limits\.body\?/,
    );
  });

  it('refuses a misspelt variable, lets a stranger be, and knows the variables of a Kubernetes service', () => {
    expect(problemsOf(() => load(null, { HEADWATER_RETENSION: '1d' }))).toEqual([
      'HEADWATER_RETENSION is not a setting. Did you mean HEADWATER_RETENTION?',
    ]);
    const { warnings } = load(null, {
      HEADWATER_SOMEBODY_ELSES_THING: '1',
      HEADWATER_SERVICE_HOST: '10.0.0.1',
      HEADWATER_PORT_4600_TCP_ADDR: 'x',
    });
    expect(warnings).toEqual(['HEADWATER_SOMEBODY_ELSES_THING is not a setting of the hub and has no effect.']);
  });

  it.each([
    ['retention: 90\n', {}, /headwater\.yml:1: retention: a duration needs its unit/],
    ['retention: 3 weeks\n', {}, /retention: "3 weeks" is not a duration: write it like 30s/],
    ['limits: { body: much }\n', {}, /limits\.body: "much" is not a size/],
    ['cors: [ "https://a.example/path" ]\n', {}, /cors\.0: .*is not an origin/],
    ['role: boss\n', {}, /role: must be one of all, api, worker/],
    [null, { HEADWATER_PORT: 'tcp://10.0.0.1:4600' }, /^HEADWATER_PORT: must be a whole number .*enableServiceLinks/],
    [null, { HEADWATER_PORT: '70000' }, /^HEADWATER_PORT: must be 65535 at most/],
    ['port: no\n', {}, /headwater\.yml:1: port: must be a whole number$/],
    ['port: [', {}, /headwater\.yml:\d+: /],
    ['- a\n', {}, /must be a map of settings/],
  ] as const)('says what is wrong with %j %j', (file, env, expected) => {
    expect(problemsOf(() => load(file, env)).join('\n')).toMatch(expected);
  });

  it('says that the named file is missing', () => {
    expect(problemsOf(() => load(null, { HEADWATER_CONFIG: 'no.yml' })).join()).toMatch(
      /no\.yml, which does not exist/,
    );
  });

  it('can not be changed afterwards', () => {
    const { settings } = load(null);
    expect(() => Object.assign(settings.limits, { body: 1 })).toThrow(TypeError);
  });
});

describe('checkSettings', () => {
  it.each([
    [{ HEADWATER_HOST: '0.0.0.0' }, /no keys/],
    [{ HEADWATER_HOST: 'hub.example.com' }, /no keys/],
    [{ HEADWATER_ROLE: 'worker' }, /embedded queue/],
    [{ HEADWATER_ROLE: 'api' }, /embedded queue/],
    [{ NEO4J_URI: 'bolt://db' }, /NEO4J_URI is set, and REDIS_URL is not/],
    [{ REDIS_URL: 'redis://q' }, /REDIS_URL is set, and NEO4J_URI is not/],
    [{ HEADWATER_LIMITS_BODY: '100MB' }, /limits\.decompressed/],
  ])('refuses %j', (env, expected) => {
    expect(problemsOf(() => checkSettings(load(null, { ...env } as Record<string, string>).settings)).join()).toMatch(
      expected,
    );
  });

  it.each(['127.0.0.1', '127.8.8.8', 'localhost', '::1'])('lets %s be without keys', (host) => {
    expect(problemsOf(() => checkSettings(load(null, { HEADWATER_HOST: host }).settings))).toEqual([]);
  });
});
