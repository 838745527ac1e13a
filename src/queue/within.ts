/** How long an aborted job gets to let go before a closing queue stops waiting for it. */
export const GRACE_MS = 1_000;

/** Whether the work came to its end within so many milliseconds. The work itself goes on either way. */
export async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
