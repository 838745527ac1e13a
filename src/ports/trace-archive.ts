import type { SpanRecord } from '../model/span.ts';
import type { EpochMicros, TraceId } from '../model/units.ts';
import type { TraceHit, TraceQuery } from './trace-backend.ts';

export type ArchiveStats = {
  readonly spans: number;
  readonly traces: number;
  /** Bytes of the file that hold spans, as against `limit`. */
  readonly bytes: number;
  readonly limit: number;
  /** When the oldest span that is still there arrived. */
  readonly oldest?: EpochMicros;
  /** Since the start: taken in, refused as bad, and requests turned away because the store was behind. */
  readonly accepted: number;
  readonly refused: number;
  readonly turnedAway: number;
};

/** The embedded trace store, as those who read it see it. The receiver fills it; the embedded backend asks it. */
export interface TraceArchive {
  /** All stored spans of the traces, in batches; unknown ids are simply not there. */
  fetch(traceIds: readonly TraceId[], signal: AbortSignal): AsyncIterable<readonly SpanRecord[]>;
  search(query: TraceQuery, signal: AbortSignal): Promise<readonly TraceHit[]>;
  services(from: EpochMicros, to: EpochMicros, signal: AbortSignal): Promise<readonly string[]>;
  stats(signal: AbortSignal): Promise<ArchiveStats>;
}
