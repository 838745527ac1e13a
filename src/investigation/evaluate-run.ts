import { createHash } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { readTraceFile } from '../formats/trace-file.ts';
import type { SpanTable } from '../model/trace.ts';
import { at, numberAt } from '../model/units.ts';
import type { Analysis, Confidence, Verdict } from '../model/verdict.ts';
import { TableBuilder } from '../trace/build.ts';
import { analyse } from './analyse.ts';
import type { Case } from './evaluate-cases.ts';

/** What was answered to a case, as one line of the predictions' file. */
export type Prediction = {
  readonly case: string;
  /** Services, the most suspected first. */
  readonly ranked: readonly string[];
  readonly kind: Verdict['kind'];
  readonly confidence: Confidence;
  /** The analysis alone, without reading. */
  readonly ms: number;
  /** Which half of the healthy traces was held against the other, when the case was whether anybody is blamed for nothing. */
  readonly halves?: Halves;
};

/** Cut by a hash of the trace id, or at the middle of the time; the later (or odd) half is the suspect, or the earlier. */
export type Halves = 'hash' | 'hash, swapped' | 'time' | 'time, swapped';

type Read = { readonly table: SpanTable; readonly idsOf: readonly ReadonlySet<string>[] };

/**
 * Answers cases that share their files, as the bot would: labels are nowhere near. With `healthy`, the healthy traces of
 * each case are cut in halves and held against each other instead, four comparisons a case; a right answer names nobody.
 */
export async function answerCases(
  cases: readonly Case[],
  healthy: boolean,
  signal: AbortSignal,
): Promise<readonly Prediction[]> {
  const [first] = cases;
  if (first === undefined) return [];
  if (!healthy) {
    const read = await readTogether(first.files, () => true, signal);
    return cases.map((one) => predict(one, read));
  }
  const answers: Prediction[] = [];
  for (const { id, asked, files } of cases) {
    if (asked.kind === 'trace') continue;
    const sick = new Set(asked.kind === 'window' ? asked.suspects : []);
    const { table } = await readTogether(files.slice(0, 1), (traceId) => !sick.has(traceId), signal);
    answers.push(...compareHalves(id, table));
  }
  return answers;
}

async function readTogether(
  files: readonly string[],
  wanted: (traceId: string) => boolean,
  signal: AbortSignal,
): Promise<Read> {
  const builder = new TableBuilder();
  const idsOf: ReadonlySet<string>[] = [];
  for (const file of files) {
    const ids = new Set<string>();
    for await (const batch of readTraceFile(file, signal)) {
      for (const { traceId } of batch) ids.add(traceId);
      builder.add(batch.filter(({ traceId }) => wanted(traceId)));
    }
    idsOf.push(ids);
  }
  return { table: builder.finish(), idsOf };
}

function predict(one: Case, { table, idsOf }: Read): Prediction {
  const { asked } = one;
  if (asked.kind === 'trace') return timed(one.id, () => analyse({ table, focus: asked.focus }));
  const suspects = asked.kind === 'windows' ? idsOf[1] : new Set(asked.suspects);
  const baseline = Uint8Array.from(table.traceIds, (id) => (suspects?.has(id) === true ? 0 : 1));
  return timed(one.id, () => analyse({ table, baseline }));
}

function timed(id: string, work: () => Analysis): Prediction {
  const began = performance.now();
  const { verdict, ranking = [] } = work();
  const ms = Math.round((performance.now() - began) * 10) / 10;
  return {
    case: id,
    ranked: ranking.map(({ service }) => service),
    kind: verdict.kind,
    confidence: verdict.confidence,
    ms,
  };
}

function compareHalves(id: string, table: SpanTable): readonly Prediction[] {
  const inTime = [...table.traceIds.keys()].sort((a, b) => startOf(table, a) - startOf(table, b) || a - b);
  const late = new Set(inTime.slice(Math.floor(inTime.length / 2)));
  const odd = new Set(inTime.filter((trace) => isOdd(table.traceIds[trace] ?? '')));
  const cuts: readonly (readonly [Halves, (trace: number) => boolean])[] = [
    ['hash', (trace) => odd.has(trace)],
    ['hash, swapped', (trace) => !odd.has(trace)],
    ['time', (trace) => late.has(trace)],
    ['time, swapped', (trace) => !late.has(trace)],
  ];
  return cuts.map(([halves, isSuspect]) => {
    const baseline = Uint8Array.from(table.traceIds, (_, trace) => (isSuspect(trace) ? 0 : 1));
    return { ...timed(id, () => analyse({ table, baseline })), halves };
  });
}

const startOf = (table: SpanTable, trace: number): number => numberAt(table.start, at(table.first, trace));

/** A digest spreads ids that a load generator counts up. */
const isOdd = (traceId: string): boolean => (createHash('sha256').update(traceId).digest()[0] ?? 0) % 2 === 1;
