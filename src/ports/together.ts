/**
 * Makes several writes to store, queue and ledger one step. Where they share a file they stand or fall in one commit;
 * elsewhere they are made one after the other, so that a crash leaves a beginning of them and the caller orders them such
 * that a beginning may be repeated. Each write must begin before its function first waits.
 */
export type Together = (...writes: readonly (() => Promise<unknown>)[]) => Promise<void>;
