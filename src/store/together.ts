import type { Database } from '../database.ts';
import type { Together } from '../ports/together.ts';

/** Of the embedded shape: store, queue and ledger share a file, so what is written together is one commit. */
export function oneCommit(database: Database): Together {
  return async (...writes) => {
    await Promise.all(database.together(() => writes.map((write) => write())));
  };
}

/** Of the distributed shape: one after the other. */
export const inOrder: Together = async (...writes) => {
  for (const write of writes) await write();
};
