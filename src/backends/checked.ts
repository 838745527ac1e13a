import { Failure } from '../failure.ts';
import { MINUTE, type Micros } from '../model/units.ts';
import type { BackendHealth } from '../ports/trace-backend.ts';
import type { Client } from './client.ts';

/** A `Date` has whole seconds and travels for a while; what is beyond this is a wrong clock. */
const WRONG: Micros = MINUTE;

/** Runs a backend's own check and says in words how it went; only an abort is thrown. */
export async function checked(
  client: Client,
  signal: AbortSignal,
  look: () => Promise<{ readonly count: number; readonly detail: string }>,
): Promise<BackendHealth> {
  try {
    const { count, detail } = await look();
    const seen = `${detail}, ${count} ${count === 1 ? 'service' : 'services'} seen`;
    const ahead = client.ahead() ?? 0;
    if (Math.abs(ahead) > WRONG) {
      const minutes = Math.round(Math.abs(ahead) / MINUTE);
      return {
        ok: true,
        detail: `${seen}, its clock is ${minutes} min ${ahead > 0 ? 'ahead of' : 'behind'} ours`,
        hint: 'Set both clocks (NTP): searches around an alert look at the wrong minutes.',
      };
    }
    if (count > 0) return { ok: true, detail: seen };
    return { ok: true, detail: seen, hint: 'Nothing has been stored yet, or this account sees nothing of it.' };
  } catch (thrown) {
    signal.throwIfAborted();
    const failure = Failure.from(thrown);
    return { ok: false, detail: failure.message, hint: failure.hint };
  }
}
