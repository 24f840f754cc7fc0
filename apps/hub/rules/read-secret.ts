import { readFileSync } from 'node:fs';
import type { SecretReference } from '#rules';

export type Environment = Readonly<Record<string, string | undefined>>;
export type Secret = { readonly text: string } | { readonly fault: string };

/** Each time anew: a file may hold another secret by now. */
export function readSecret(reference: SecretReference, env: Environment): Secret {
  if (reference.from === 'env') {
    const text = env[reference.name]?.trim() ?? '';
    return text === '' ? { fault: `the variable ${reference.name} holds no secret` } : { text };
  }
  try {
    const text = readFileSync(reference.path, 'utf8').trim();
    return text === '' ? { fault: `${reference.path} holds no secret` } : { text };
  } catch (error) {
    return { fault: `the secret can't be read: ${error instanceof Error ? error.message : String(error)}` };
  }
}
