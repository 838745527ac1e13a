/** How writes share commits. The bench compares the default with a commit for each write. */
export type Grouping = {
  /**
   * Right after a commit, how long the next one waits for company, and waits again as long as more of it came: what was sent
   * during a commit and what its answers bring on then share the next. After a pause a write is committed at once.
   */
  readonly gatherMs: number;
  /** When it waits no longer, whoever still comes. */
  readonly longestMs: number;
  /** Writes in one commit at most, so that a flood does not hold the event loop for longer than a moment. */
  readonly limit: number;
};

export const defaultGrouping: Grouping = { gatherMs: 1, longestMs: 10, limit: 500 };

/** Calls `commit` once no more writes came to wait for a while, or it is time. `waiting` tells how many wait. */
export function gather({ gatherMs, longestMs, limit }: Grouping, waiting: () => number, commit: () => void): void {
  const since = performance.now();
  const wait = () => {
    const before = waiting();
    setTimeout(() => {
      const now = waiting();
      if (now === before || now >= limit || performance.now() - since >= longestMs) commit();
      else wait();
    }, gatherMs);
  };
  wait();
}
