import type { Attributes, AttributeValue, SpanKind } from '../model/span.ts';
import { type Draft, isDated, modernise } from './semantic-conventions.ts';

/**
 * What one span, event, link or resource may carry. The OpenTelemetry SDKs allow 128 attributes by default; the rest are
 * limits against hostile or broken senders, chosen so that a stack trace survives.
 */
export const LIMITS = {
  attributes: 256,
  /** UTF-16 units of a key. */
  key: 256,
  /** UTF-16 units of a text value; the rest is cut and marked. */
  text: 16_384,
  /** Entries of a list value. */
  list: 128,
  /** Levels of lists and maps inside a value. */
  depth: 6,
  events: 256,
  links: 128,
  /** UTF-16 units of a span's, a service's or an event's name. */
  name: 1_024,
} as const;

const NONE: Attributes = Object.freeze({});

/**
 * Collects attributes of one carrier within `LIMITS`. What is beyond them is left out rather than refused: the span itself
 * is worth more than its 300th attribute. The key `__proto__` is left out too, because writing it to an object means
 * something else than keeping it.
 */
export class AttributeBag {
  readonly #values: Draft = {};
  #count = 0;
  #dated = false;

  put(key: string, value: AttributeValue): void {
    if (this.#count >= LIMITS.attributes || key === '' || key.length > LIMITS.key || key === '__proto__') return;
    this.#values[key] = typeof value === 'string' ? cut(value, LIMITS.text) : value;
    this.#count += 1;
    if (!this.#dated && isDated(key, value)) this.#dated = true;
  }

  get(key: string): AttributeValue | undefined {
    return Object.hasOwn(this.#values, key) ? this.#values[key] : undefined;
  }

  /** Everything that was put, under today's names. The bag must not be used afterwards. */
  finish(kind: SpanKind): Attributes {
    if (this.#count === 0) return NONE;
    return this.#dated ? modernise(this.#values, kind) : this.#values;
  }
}

export function cut(text: string, limit: number): string {
  return text.length <= limit ? text : `${text.slice(0, limit - 1)}…`;
}

/**
 * A number that JSON and arithmetic can carry. Integers beyond 2^53 keep their digits as text; NaN and infinities, which
 * OTLP writes as text as well, stay text.
 */
export function numberOrText(value: number | string): number | string {
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  const number = Number(value);
  return Number.isSafeInteger(number) && /^-?[0-9]+$/.test(value) ? number : value;
}
