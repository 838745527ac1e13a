import { Failure } from '../failure.ts';
import type { BackendHealth } from '../ports/trace-backend.ts';

/** Runs a backend's own check and says in words how it went; only an abort is thrown. */
export async function checked(
  signal: AbortSignal,
  look: () => Promise<{ readonly count: number; readonly detail: string }>,
): Promise<BackendHealth> {
  try {
    const { count, detail } = await look();
    const seen = `${detail}, ${count} ${count === 1 ? 'service' : 'services'} seen`;
    if (count > 0) return { ok: true, detail: seen };
    return { ok: true, detail: seen, hint: 'Nothing has been stored yet, or this account sees nothing of it.' };
  } catch (thrown) {
    signal.throwIfAborted();
    const failure = Failure.from(thrown);
    return { ok: false, detail: failure.message, hint: failure.hint };
  }
}
