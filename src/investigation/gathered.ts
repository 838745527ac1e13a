import type { Gathering, Scope, Trigger } from '../model/investigation.ts';
import { type EpochMicros, MINUTE, SECOND, type TraceId } from '../model/units.ts';
import type { Analysis } from '../model/verdict.ts';
import type { Analyst, Divided, ReadTrace, Study } from '../ports/analyst.ts';
import type { Clock } from '../ports/clock.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import type { Budget } from './budget.ts';
import type { Notes } from './notes.ts';

/** A trace that ended so shortly before it was read may still grow: exporters send every few seconds. */
const YOUNG = 30 * SECOND;
/** A span whose parent is missing after this is not waited for. */
const TORN_YOUNG = 5 * MINUTE;
/** Enough to tell whether late spans come at all. */
const MOST_UNFINISHED = 200;

/** Traces of one investigation, read and divided, and what can be done with them. Whoever gathered closes. */
export type Gathered = {
  readonly gathering: Gathering;
  readonly suspects: readonly TraceId[];
  readonly baseline: readonly TraceId[];
  /** The trace that was asked about. */
  readonly focus?: TraceId;
  analyse(trigger: Trigger | undefined, signal: AbortSignal): Promise<Analysis>;
  close(): void;
};

export type Progress = (found: { readonly traces: number }) => Promise<void>;

export type GatherParts = {
  readonly backend: TraceBackend;
  readonly clock: Clock;
  readonly analyst: Analyst;
  /** What it may cost; that of an incident unless something else is said. */
  readonly budget?: Budget;
};

/** What became of the traces, for `gathering` to sum up. */
type Read = {
  readonly divided: Divided;
  readonly scope: Scope;
  readonly notes: Notes;
  /** Of the backend. */
  readonly title: string;
  readonly now: EpochMicros;
};

/** Has `read` fill a study and divide it. The study is closed at once when that fails, and by whoever gathered when not. */
export async function gathering(
  analyst: Analyst,
  read: (study: Study) => Promise<Read>,
  focus?: TraceId,
): Promise<Gathered> {
  const study = analyst.open();
  try {
    const { divided, scope, notes, title, now } = await read(study);
    const on = (side: ReadTrace['side']) =>
      divided.traces.filter((trace) => trace.side === side).map((trace) => trace.traceId);
    const [suspects, baseline, unfinished] = [on('suspect'), on('baseline'), unfinishedAt(now, divided.traces)];
    return {
      gathering: {
        backend: title,
        scope,
        suspects: suspects.length,
        baseline: baseline.length,
        spans: divided.spans,
        notes: notes.all,
        ...(unfinished.length === 0 ? {} : { unfinished }),
      },
      suspects,
      baseline,
      ...(focus === undefined ? {} : { focus }),
      analyse: (trigger, signal) => study.analyse({ trigger, focus }, signal),
      close: () => study.close(),
    };
  } catch (thrown) {
    study.close();
    throw thrown;
  }
}

/** Traces that may still grow, the latest first. */
function unfinishedAt(now: EpochMicros, traces: readonly ReadTrace[]): NonNullable<Gathering['unfinished']> {
  return traces
    .filter(({ end, torn }) => end > now - (torn ? TORN_YOUNG : YOUNG))
    .toSorted((a, b) => b.end - a.end || (a.traceId < b.traceId ? -1 : 1))
    .slice(0, MOST_UNFINISHED)
    .map(({ traceId, spans }) => ({ traceId, spans }));
}
