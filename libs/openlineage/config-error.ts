/** Settings that can't be used. The message names the setting, where it comes from, and what to do. */
export class OpenLineageConfigError extends Error {
  override readonly name = 'OpenLineageConfigError';
}
