import type { SpanRecord } from '../model/span.ts';
import { Flag, type SpanTable } from '../model/trace.ts';
import { at, byteAt, numberAt } from '../model/units.ts';
import type { Analyst, Divided, Division, ReadTrace, Study } from '../ports/analyst.ts';
import { TableBuilder } from '../trace/build.ts';
import { type Analyse, analyse } from './analyse.ts';
import { type Split, splitAtOnset, splitWithin } from './onset.ts';

type Ask = Parameters<Study['analyse']>[0];

/** What a study does, step by step and on the thread that calls; the analysis worker drives it, or whoever asks. */
export class OpenStudy {
  readonly #analyse: Analyse;
  readonly #builder = new TableBuilder();
  #table: SpanTable | undefined;
  #baseline: Uint8Array | undefined;
  #whole = false;

  constructor(how: Analyse = analyse) {
    this.#analyse = how;
  }

  add(spans: readonly SpanRecord[]): void {
    this.#builder.add(spans);
  }

  divide(division: Division): Divided {
    const table = this.#builder.finish();
    const { baseline, split } = parted(table, division);
    this.#table = table;
    this.#baseline = baseline;
    this.#whole = division.by !== 'hand' && division.whole === true;
    return {
      traces: table.traceIds
        .map((_, ordinal) => readTrace(table, ordinal, baseline))
        .toSorted((a, b) => (a.traceId < b.traceId ? -1 : 1)),
      spans: table.size,
      ...(split === undefined ? {} : { split: split.at }),
      ...(split?.onset === undefined ? {} : { onset: split.onset }),
    };
  }

  analyse({ trigger, focus }: Ask): ReturnType<Analyse> {
    if (this.#table === undefined || this.#baseline === undefined) throw new Error('Nothing has been divided yet');
    const input = { table: this.#table, baseline: this.#baseline, hints: { whole: this.#whole } };
    return this.#analyse(focus === undefined ? input : { ...input, focus }, trigger);
  }
}

/** Works on the thread that asks: for the command line, where nobody else waits for it. */
export function analystOnThisThread(how: Analyse = analyse): Analyst {
  return {
    open() {
      const study = new OpenStudy(how);
      return {
        async add(spans, signal) {
          signal.throwIfAborted();
          study.add(spans);
        },
        async divide(division, signal) {
          signal.throwIfAborted();
          return study.divide(division);
        },
        async analyse(ask, signal) {
          signal.throwIfAborted();
          return study.analyse(ask);
        },
        close() {},
      };
    },
  };
}

function parted(table: SpanTable, division: Division): { readonly baseline: Uint8Array; readonly split?: Split } {
  if (division.by === 'hand') {
    const suspects = new Set(division.suspects);
    return { baseline: Uint8Array.from(table.traceIds, (id) => (suspects.has(id) ? 0 : 1)) };
  }
  const picked = new Set(division.picked);
  const split =
    division.by === 'onset'
      ? splitAtOnset(table, division.alertAt, picked)
      : splitWithin(table, division.from, division.to, picked);
  const named = new Set(division.by === 'onset' ? division.named : []);
  const baseline = Uint8Array.from(table.traceIds, (id, ordinal) => {
    const startedAt = table.epoch + numberAt(table.start, at(table.first, ordinal));
    return startedAt < split.at && !named.has(id) ? 1 : 0;
  });
  return { baseline, split };
}

function readTrace(table: SpanTable, ordinal: number, baseline: Uint8Array): ReadTrace {
  const [from, to] = [at(table.first, ordinal), at(table.first, ordinal + 1)];
  let end = 0;
  let torn = false;
  for (let row = from; row < to; row++) {
    end = Math.max(end, numberAt(table.end, row));
    torn ||= (byteAt(table.flags, row) & Flag.orphan) !== 0;
  }
  return {
    traceId: table.traceIds[ordinal] ?? '',
    side: byteAt(baseline, ordinal) === 1 ? 'baseline' : 'suspect',
    spans: to - from,
    end: table.epoch + end,
    torn,
  };
}
