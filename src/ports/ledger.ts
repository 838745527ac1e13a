/**
 * What was done to the outside world, by key: deliveries that were taken in, messages that were posted. The first to claim
 * a key owns it, over all processes.
 */
export interface Ledger {
  /** Writes the note unless the key has one; answers the note that stands now and whether it is ours. Safe on disk when it resolves. */
  claim(key: string, note: string, keepMs: number): Promise<{ readonly ours: boolean; readonly note: string }>;
  read(key: string): Promise<string | undefined>;
  /** Writes the note, whether the key has one or not: the last word stands. */
  settle(key: string, note: string, keepMs: number): Promise<void>;
  /**
   * Adds one to the number that stands under the key, over all processes, and answers it: 1 for the first. The number is
   * forgotten `keepMs` after the first. A key that counts holds no note.
   */
  count(key: string, keepMs: number): Promise<number>;
}
