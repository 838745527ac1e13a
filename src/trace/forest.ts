import { at, byteAt, numberAt } from '../model/units.ts';
import { type CredibleTimes, credibleTimes, mendTimes } from './credible-times.ts';
import type { ParentLinks } from './parent-links.ts';
import type { RepairLog } from './repair-log.ts';
import { compareIds } from './span-id.ts';
import type { StagedSpans } from './staged-spans.ts';

const NONE: readonly number[] = [];

/**
 * Staged spans as trees, held in linked lists over their indices. Siblings come out by start, end and id, with their times
 * mended; because a child's mended time may be its parent's, a span's children are asked for after its own siblings were.
 */
export class Forest {
  /** Spans in all trees. */
  readonly size: number;
  readonly #staged: StagedSpans;
  readonly #repairs: RepairLog;
  readonly #times: CredibleTimes;
  readonly #firstChild: Int32Array;
  readonly #firstRoot: Int32Array;
  readonly #next: Int32Array;
  readonly #counts: Int32Array;
  readonly #mended: Uint8Array;

  constructor(staged: StagedSpans, { parent, dropped }: ParentLinks, repairs: RepairLog) {
    this.#staged = staged;
    this.#repairs = repairs;
    this.#times = credibleTimes(staged);
    this.#firstChild = new Int32Array(staged.size).fill(-1);
    this.#next = new Int32Array(staged.size).fill(-1);
    this.#firstRoot = new Int32Array(staged.traceIds.length).fill(-1);
    this.#counts = new Int32Array(staged.traceIds.length);
    this.#mended = new Uint8Array(staged.size);
    let size = 0;
    for (let span = 0; span < staged.size; span++) {
      if (byteAt(dropped, span) === 1) continue;
      size += 1;
      const trace = at(staged.trace.values, span);
      this.#counts[trace] = at(this.#counts, trace) + 1;
      const above = at(parent, span);
      const list = above < 0 ? this.#firstRoot : this.#firstChild;
      const owner = above < 0 ? trace : above;
      this.#next[span] = at(list, owner);
      list[owner] = span;
    }
    this.size = size;
  }

  count(trace: number): number {
    return at(this.#counts, trace);
  }

  earliest(trace: number): number {
    return numberAt(this.#times.earliest, trace);
  }

  roots(trace: number): readonly number[] {
    return this.#inOrder(at(this.#firstRoot, trace), this.earliest(trace));
  }

  children(span: number): readonly number[] {
    return this.#inOrder(at(this.#firstChild, span), numberAt(this.#staged.start.values, span));
  }

  /** A list from its head on, mended (`fallback` where a start cannot be) and sorted. */
  #inOrder(head: number, fallback: number): readonly number[] {
    if (head < 0) return NONE;
    const spans: number[] = [];
    for (let span = head; span >= 0; span = at(this.#next, span)) {
      this.#mend(span, fallback);
      spans.push(span);
    }
    return spans.length < 2 ? spans : spans.sort(this.#compare);
  }

  #mend(span: number, fallback: number): void {
    if (byteAt(this.#mended, span) === 1) return;
    this.#mended[span] = 1;
    const mended = mendTimes(this.#staged, span, fallback, this.#times);
    if (mended === undefined) return;
    this.#repairs.add(at(this.#staged.trace.values, span), { ...mended, spanId: this.#staged.idOf(span) });
  }

  readonly #compare = (a: number, b: number): number => {
    const { start, end, idHigh, idLow } = this.#staged;
    return (
      numberAt(start.values, a) - numberAt(start.values, b) ||
      numberAt(end.values, a) - numberAt(end.values, b) ||
      compareIds(at(idHigh.values, a), at(idLow.values, a), at(idHigh.values, b), at(idLow.values, b))
    );
  };
}
