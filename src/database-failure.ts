import { Failure } from './failure.ts';

/** SQLITE_BUSY in any of its extended forms. */
export function isBusy(thrown: unknown): boolean {
  return (
    thrown instanceof Error &&
    'errcode' in thrown &&
    typeof thrown.errcode === 'number' &&
    (thrown.errcode & 0xff) === 5
  );
}

/** What SQLite threw, said so that somebody can do something about it. */
export function failureOf(thrown: unknown): Failure {
  if (thrown instanceof Failure) return thrown;
  if (isBusy(thrown)) {
    return new Failure('busy', 'Another process holds the database.', 'Try again in a moment.', {
      cause: thrown,
      retryAfter: 1,
    });
  }
  return new Failure(
    'internal',
    `The database failed: ${reasonOf(thrown)}.`,
    'Check the space and the health of the disk under CAUSEWAY_DATA.',
    { cause: thrown },
  );
}

export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
