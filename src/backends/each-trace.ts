import { Failure } from '../failure.ts';
import type { SpanRecord } from '../model/span.ts';
import type { TraceId } from '../model/units.ts';
import type { Missing } from '../ports/trace-backend.ts';

/**
 * Fetches traces one by one, several at a time, and hands them over in the order they were asked for, each id once. Never
 * more than `width` answers wait in memory. Whoever stops reading, or aborts, stops every request under way.
 *
 * One trace beyond every limit is no reason to go without the others: where somebody takes notes it is left out.
 */
export async function* eachTrace(
  traceIds: readonly TraceId[],
  width: number,
  get: (traceId: TraceId, signal: AbortSignal) => Promise<readonly (readonly SpanRecord[])[]>,
  signal: AbortSignal,
  missing?: Missing,
): AsyncGenerator<readonly SpanRecord[]> {
  signal.throwIfAborted();
  const own = new AbortController();
  const abort = () => own.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  const waiting = [...new Set(traceIds)].values();
  const underWay: ReturnType<typeof get>[] = [];
  const start = (): void => {
    const { value, done } = waiting.next();
    if (done === true) return;
    const answer = missing === undefined ? get(value, own.signal) : withoutGiants(get(value, own.signal), missing);
    // Awaited below, in its turn; until then its failure must not count as unhandled.
    answer.catch(() => {});
    underWay.push(answer);
  };
  try {
    for (let slot = 0; slot < width; slot += 1) start();
    for (let next = underWay.shift(); next !== undefined; next = underWay.shift()) {
      const batches = await next;
      start();
      yield* batches;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    own.abort();
  }
}

async function withoutGiants(
  answer: Promise<readonly (readonly SpanRecord[])[]>,
  missing: Missing,
): Promise<readonly (readonly SpanRecord[])[]> {
  try {
    return await answer;
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.kind !== 'too-large') throw thrown;
    missing(`A trace is missing: ${thrown.message.replace(/\.$/, '')}`);
    return [];
  }
}
