import type { Repair } from '../model/trace.ts';

/** Repairs while a table is built, by staged trace. */
export class RepairLog {
  readonly #repairs = new Map<number, Repair[]>();

  add(trace: number, repair: Repair): void {
    const list = this.#repairs.get(trace);
    if (list === undefined) this.#repairs.set(trace, [repair]);
    else list.push(repair);
  }

  /** What was mended in a trace, in an order that does not depend on how the spans arrived. */
  of(trace: number): readonly Repair[] {
    const keyed = (this.#repairs.get(trace) ?? []).map((repair) => ({ repair, key: JSON.stringify(repair) }));
    return keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)).map(({ repair }) => repair);
  }
}
