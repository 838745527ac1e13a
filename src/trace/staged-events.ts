import type { SpanEvent } from '../model/span.ts';
import { at, numberAt } from '../model/units.ts';
import type { AttributePool } from './attribute-pool.ts';
import { type Dictionary, IntColumn, NumberColumn } from './column.ts';

/** The events of staged spans as columns, in the order of arrival: those of span n are [from[n], from[n + 1]). */
export class StagedEvents {
  readonly #texts: Dictionary;
  readonly #pool: AttributePool;
  readonly #from = new IntColumn();
  readonly #name = new IntColumn();
  readonly #time = new NumberColumn();
  readonly #attributesFrom = new IntColumn();
  readonly #attributesShape = new IntColumn();
  readonly #names = new Set<number>();

  constructor(texts: Dictionary, pool: AttributePool) {
    this.#texts = texts;
    this.#pool = pool;
  }

  /** The events of the next span. */
  add(events: readonly SpanEvent[]): void {
    this.#from.push(this.#name.size);
    for (const event of events) {
      const name = this.#texts.id(event.name);
      this.#names.add(name);
      this.#name.push(name);
      this.#time.push(event.time);
      this.#attributesFrom.push(this.#pool.size);
      this.#attributesShape.push(this.#pool.put(event.attributes));
    }
  }

  /** Whether a span has any. */
  has(span: number): boolean {
    return at(this.#from.values, span) < this.#to(span);
  }

  of(span: number): readonly SpanEvent[] {
    const events: SpanEvent[] = [];
    for (let event = at(this.#from.values, span); event < this.#to(span); event++) {
      events.push({
        name: this.#texts.text(at(this.#name.values, event)),
        time: numberAt(this.#time.values, event),
        attributes: this.#pool.record(at(this.#attributesFrom.values, event), at(this.#attributesShape.values, event)),
      });
    }
    return events;
  }

  /** The name of each event, once. */
  names(): readonly string[] {
    return [...this.#names].map((id) => this.#texts.text(id));
  }

  #to(span: number): number {
    return span + 1 < this.#from.size ? at(this.#from.values, span + 1) : this.#name.size;
  }
}
