/** Settings that `serve` refuses, in a line that says what to do. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runHeadwater, temporaryFolder } from '../harness.ts';

/** `serve` that is expected to refuse. */
async function refusal(env: Record<string, string>, args: readonly string[] = []): Promise<string> {
  const { code, stderr, stdout } = await runHeadwater(
    ['serve', '--port', '0', '--data', join(temporaryFolder(), 'data'), '--log-level', 'silent', ...args],
    { env },
  );
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  return stderr;
}

describe('serve refuses to start', () => {
  it.each([
    [{ HEADWATER_HOST: '0.0.0.0' }, /no keys.*headwater keys add/],
    [{ HEADWATER_ROLE: 'worker' }, /embedded queue .* one process/],
    [{ HEADWATER_ROLE: 'api' }, /embedded queue .* one process/],
    [{ NEO4J_URI: 'bolt://db:7687' }, /NEO4J_URI is set, and REDIS_URL is not/],
    [{ REDIS_URL: 'redis://q:6379' }, /REDIS_URL is set, and NEO4J_URI is not/],
    [{ HEADWATER_KEYS: '/no/such/keys.json' }, /no key file.*headwater keys add/],
    [{ HEADWATER_RETENSION: '3d' }, /Did you mean HEADWATER_RETENTION\?/],
    [{ HEADWATER_RETENTION: 'long' }, /HEADWATER_RETENTION: "long" is not a duration/],
  ])('with %j', async (env, expected) => {
    const said = await refusal(env as Record<string, string>);
    expect(said).toMatch(expected);
    expect(said).not.toMatch(/\n\s+at /);
  });
});
