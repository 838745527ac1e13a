import type { Attributes, SpanKind, SpanLink, SpanRecord } from '../../src/model/span.ts';
import type { EpochMicros, SpanId, TraceId } from '../../src/model/units.ts';
import type { Random } from './random.ts';
import type { Ending, Heading, Sdk } from './sdks.ts';

/** One running copy of a service. */
export type Process = {
  readonly name: string;
  readonly sdk: Sdk;
  /** How much slower it works than the drawing says. */
  readonly pace: number;
  readonly version: string;
  readonly resource: Attributes;
};

/** A span whose end is still to come. */
export type Open = {
  readonly traceId: TraceId;
  readonly spanId: SpanId;
  readonly process: Process;
  readonly kind: SpanKind;
  readonly heading: Heading;
  readonly start: EpochMicros;
  readonly parent?: SpanId;
  readonly links: readonly SpanLink[];
};

const MS = 1_000;

/**
 * Writes the spans of one request while a clock of its own goes on. Everything happens at true time; hosts whose clocks are
 * off are made from it later (`degrade.ts`).
 */
export class Writer {
  readonly spans: SpanRecord[] = [];
  readonly traceId: TraceId;
  now: EpochMicros;
  readonly #random: Random;
  readonly #load: number;

  constructor(random: Random, start: EpochMicros, load: number) {
    this.#random = random;
    this.#load = load;
    this.now = start;
    this.traceId = random.hex(32);
  }

  /** Lets time pass, `mean` ms give or take. */
  work(mean: number): void {
    this.now += Math.max(40, mean * MS * this.#random.spread() * this.#load);
  }

  /** Goes to a moment that was agreed on, as a time limit is. */
  wait(ms: number): void {
    this.now += ms * MS;
  }

  open(
    process: Process,
    kind: SpanKind,
    heading: Heading,
    parent?: Open,
    apart: { readonly traceId?: TraceId; readonly links?: readonly SpanLink[] } = {},
  ): Open {
    const grain = process.sdk.grain(kind);
    return {
      traceId: apart.traceId ?? parent?.traceId ?? this.traceId,
      spanId: this.#random.hex(16),
      process,
      kind,
      heading,
      start: Math.floor(this.now / grain) * grain,
      links: apart.links ?? [],
      ...(parent === undefined ? {} : { parent: parent.spanId }),
    };
  }

  /** Ends a span now, or at another moment; a span that is never closed is never exported. */
  close(open: Open, ending: Ending = {}, when = this.now): void {
    const end = Math.max(open.start, Math.round(when));
    this.spans.push({
      traceId: open.traceId,
      spanId: open.spanId,
      ...(open.parent === undefined ? {} : { parentSpanId: open.parent }),
      service: open.process.name,
      name: open.heading.name,
      kind: open.kind,
      start: open.start,
      end,
      status: ending.status ?? 'unset',
      ...(ending.message === undefined ? {} : { statusMessage: ending.message }),
      attributes: { ...open.heading.attributes, ...ending.attributes },
      resource: open.process.resource,
      events: (ending.events ?? []).map((event) => ({ ...event, time: end })),
      links: open.links,
    });
  }

  /** Does several things at the same time; it goes on when the last of them is done. */
  together(...tasks: readonly (() => void)[]): void {
    const start = this.now;
    let last = start;
    for (const task of tasks) {
      this.now = start;
      task();
      last = Math.max(last, this.now);
    }
    this.now = last;
  }

  /** Does something that nobody waits for. */
  aside(task: () => void): void {
    const start = this.now;
    task();
    this.now = start;
  }
}
