import type { FailureKind } from '../failure.ts';
import type { SpanRecord } from '../model/span.ts';
import type { EpochMicros, TraceId } from '../model/units.ts';
import type { ArchiveStats } from '../ports/trace-archive.ts';
import type { TraceHit, TraceQuery } from '../ports/trace-backend.ts';
import type { OtlpAnswer } from './otlp-answer.ts';
import type { BodyHeaders } from './otlp-intake.ts';
import type { Cursor } from './trace-reader.ts';

/** What the worker is started with. */
export type WorkerOptions = {
  readonly path: string;
  readonly host: string;
  /** Missing when the receiver has no port of its own. */
  readonly port?: number;
  readonly maxAge: number;
  readonly maxBytes: number;
  readonly queueBytes: number;
};

/** What the main thread may ask of the worker: name → question and answer. */
export type Calls = {
  take: { ask: { readonly body: Uint8Array; readonly headers: BodyHeaders }; answer: OtlpAnswer };
  search: { ask: TraceQuery; answer: readonly TraceHit[] };
  page: {
    ask: { readonly traceIds: readonly TraceId[]; readonly from: Cursor; readonly limit: number };
    answer: { readonly spans: readonly SpanRecord[]; readonly next?: Cursor };
  };
  services: { ask: { readonly from: EpochMicros; readonly to: EpochMicros }; answer: readonly string[] };
  stats: { ask: Record<never, never>; answer: ArchiveStats };
  /** Answered once everything that was received is committed. */
  flush: { ask: Record<never, never>; answer: null };
  /** Answered once nothing is under way and the file is closed; the worker ends by itself afterwards. */
  close: { ask: { readonly drainMs: number }; answer: null };
};

export type CallName = keyof Calls;

/** A call on its way to the worker; `cancel` takes back the one with that id, which is then not answered by anything useful. */
export type Envelope =
  | { [Name in CallName]: { readonly id: number; readonly name: Name; readonly ask: Calls[Name]['ask'] } }[CallName]
  | { readonly name: 'cancel'; readonly id: number };

/** A `Failure` without its class, which does not survive the way between threads. */
export type PlainFailure = {
  readonly kind: FailureKind;
  readonly message: string;
  readonly hint: string;
  readonly retryAfter?: number;
};

export type Report =
  /** The first thing a worker says: its port, or why it has none; or that it cannot work at all. */
  | { readonly kind: 'ready'; readonly port?: number; readonly setback?: PlainFailure }
  | { readonly kind: 'stillborn'; readonly failure: PlainFailure }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly failure: PlainFailure }
  | {
      readonly kind: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly fields: Readonly<Record<string, unknown>>;
      readonly message: string;
    };
