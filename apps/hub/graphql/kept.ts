import { GraphqlFailure } from './graphql-failure.ts';

/** What people say could not be kept: the disk is full or fails, or no worker is there. */
const PASSING = new Set(['StorageFull', 'StorageFailed', 'NoWorker']);

/** What keeps a person's word from being kept, and passes, is told as it is: they may try again. */
export async function kept<T>(outcome: Promise<T>): Promise<T> {
  try {
    return await outcome;
  } catch (error) {
    if (!(error instanceof Error && PASSING.has(error.name))) throw error;
    throw new GraphqlFailure('UNAVAILABLE', `${error.message}. Nothing was changed.`);
  }
}
