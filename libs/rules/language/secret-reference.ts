/**
 * Secrets come from the environment or from files, never from a rule file: those are read, shared and committed. The
 * reference is kept; whoever sends reads the secret at that moment.
 */
export type SecretReference =
  | { readonly from: 'env'; readonly name: string }
  | { readonly from: 'file'; readonly path: string };

/** Of the published schema. */
export const SECRET_PATTERN: RegExp = /^\$\{(env:[A-Za-z_][A-Za-z0-9_]*|file:[^{}\s]+)\}$/;

/** `${env:NAME}` or `${file:PATH}`, alone; null: anything else, a literal secret among it. */
export function parseSecretReference(text: string): SecretReference | null {
  const [, reference] = SECRET_PATTERN.exec(text) ?? [];
  if (reference === undefined) return null;
  const colon = reference.indexOf(':');
  const rest = reference.slice(colon + 1);
  return reference.startsWith('env:') ? { from: 'env', name: rest } : { from: 'file', path: rest };
}
