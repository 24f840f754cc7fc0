/** Codes of the driver that say what Neo4j is, and nothing of what it was asked: it doesn't answer, refuses this user, or can't write. */
const AWAY =
  /^(ServiceUnavailable|SessionExpired|Neo\.TransientError\.|Neo\.ClientError\.Security\.|Neo\.ClientError\.(General|Cluster|Database)\.|Neo\.DatabaseError\.)/;

/**
 * A read that began before anybody knew that Neo4j is away, or that it isn't well: worth another try, and no defect of ours.
 * @returns why; null: the error is of another kind
 */
export function graphAwayReason(error: unknown): string | null {
  if (!(error instanceof Error) || error.name !== 'Neo4jError' || !('code' in error)) return null;
  return AWAY.test(String(error.code)) ? error.message : null;
}

export const AWAY_RETRY_AFTER = '5';

export const graphAwayMessage = (reason: string): string =>
  `Neo4j is away (${reason}): nothing can be read. Events are taken. Ask again.`;
