import type { SpanRecord } from '../model/span.ts';
import type { TraceId } from '../model/units.ts';
import type { Study } from '../ports/analyst.ts';
import type { Reading } from './gather-search.ts';

/** Of so many linked traces the spans are read, too. */
const MOST_LINKED = 100;

/**
 * Reads the traces into the study, and then those that their spans link to, one step far: the other side of a message, the
 * opening of a connection that several requests use. Stops where the allowance ends; what was read by then counts. Resolves
 * with who links to whom.
 */
export async function readInto(study: Study, reading: Reading, traceIds: readonly TraceId[]): Promise<Links> {
  const { allowance, notes } = reading;
  const wanted = [...new Set(traceIds)];
  if (wanted.length > allowance.traces) notes.limit(`Of ${wanted.length} traces ${allowance.traces} were read`);
  const asked = new Set(wanted.slice(0, allowance.traces));
  const linked = new Links(asked);
  const goOn = await readSome(study, reading, [...asked], linked);
  const room = Math.min(MOST_LINKED, allowance.traces - asked.size);
  const others = linked.first(room);
  if (!goOn || others.length === 0) return linked;
  if (linked.size > others.length) notes.limit(`Of ${linked.size} linked traces ${others.length} were read`);
  await readSome(study, reading, others, undefined);
  return linked;
}

/** False when the allowance was used up. */
async function readSome(
  study: Study,
  { backend, allowance, notes, signal }: Reading,
  traceIds: readonly TraceId[],
  linked: Links | undefined,
): Promise<boolean> {
  if (allowance.isLate()) return false;
  try {
    for await (const batch of backend.fetch(traceIds, allowance.within(signal), notes.missing)) {
      if (!allowance.mayKeep(batch)) return false;
      linked?.see(batch);
      await study.add(batch, signal);
    }
    return true;
  } catch (thrown) {
    signal.throwIfAborted();
    if (allowance.isLate()) return false;
    throw thrown;
  }
}

/** Traces that spans link to and nobody asked for. */
export class Links {
  readonly #asked: ReadonlySet<TraceId>;
  /** The traces whose spans link to it, by the one that is linked to. */
  readonly #sources = new Map<TraceId, Set<TraceId>>();

  constructor(asked: ReadonlySet<TraceId>) {
    this.#asked = asked;
  }

  see(spans: readonly SpanRecord[]): void {
    for (const { traceId, links } of spans) {
      for (const link of links) {
        if (this.#asked.has(link.traceId)) continue;
        const sources = this.#sources.get(link.traceId) ?? new Set();
        this.#sources.set(link.traceId, sources.add(traceId));
      }
    }
  }

  get size(): number {
    return this.#sources.size;
  }

  /** Those that most traces link to; ties by id. */
  first(count: number): readonly TraceId[] {
    return [...this.#sources]
      .sort(([a, one], [b, other]) => other.size - one.size || (a < b ? -1 : 1))
      .slice(0, Math.max(0, count))
      .map(([traceId]) => traceId);
  }

  /** Those that only this trace links to. */
  from(traceId: TraceId): readonly TraceId[] {
    return [...this.#sources]
      .filter(([, sources]) => sources.size === 1 && sources.has(traceId))
      .map(([linked]) => linked);
  }
}
