import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { formatErrors } from '../graphql/format-errors.ts';
import { asHttpError } from '../http/http-error.ts';

const silent = pino({ level: 'silent' });

/** As the driver makes them. */
const neo4jError = (code: string): Error => Object.assign(new Error('no route'), { name: 'Neo4jError', code });

describe('a read that Neo4j didn’t answer', () => {
  it.each([
    'ServiceUnavailable',
    'SessionExpired',
    'Neo.TransientError.General.DatabaseUnavailable',
    'Neo.ClientError.Security.Unauthorized',
    'Neo.ClientError.General.WriteOnReadOnlyAccessDbException',
    'Neo.DatabaseError.Transaction.TransactionCommitFailed',
  ])('is 503 with Retry-After, and UNAVAILABLE in GraphQL: %s', (code) => {
    const error = asHttpError(neo4jError(code), silent, 'r1');
    expect(error).toMatchObject({ statusCode: 503, headers: { 'retry-after': '5' } });
    expect(error.message).toMatch(/^Neo4j is away \(no route\)/);
    const { response } = formatErrors({ data: null, errors: [neo4jError(code)] }, silent);
    expect(response.errors).toEqual([{ message: error.message, extensions: { code: 'UNAVAILABLE' } }]);
  });

  it.each(['Neo.ClientError.Statement.SyntaxError', 'Neo.ClientError.Statement.ArgumentError'])(
    'is a defect where the question was wrong: %s',
    (code) => {
      expect(asHttpError(neo4jError(code), silent, 'r1').statusCode).toBe(500);
      const { response } = formatErrors({ data: null, errors: [neo4jError(code)] }, silent);
      expect(response.errors[0]?.extensions).toEqual({ code: 'INTERNAL_SERVER_ERROR' });
    },
  );
});
