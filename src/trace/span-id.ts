import type { SpanId } from '../model/units.ts';
import type { IntColumn } from './column.ts';

/** Reads a span id into two columns, the first eight digits and the last eight, each as 32 bits. */
export function readId(id: SpanId, high: IntColumn, low: IntColumn): void {
  if (id.length !== 16) throw new TypeError(`A span id has 16 hex digits, not "${id}"`);
  high.push(half(id, 0));
  low.push(half(id, 8));
}

export function idText(high: number, low: number): SpanId {
  return (high >>> 0).toString(16).padStart(8, '0') + (low >>> 0).toString(16).padStart(8, '0');
}

/** Negative, zero or positive as the first id comes before, is, or comes after the second as text. */
export function compareIds(highA: number, lowA: number, highB: number, lowB: number): number {
  return (highA >>> 0) - (highB >>> 0) || (lowA >>> 0) - (lowB >>> 0);
}

function half(id: SpanId, from: number): number {
  let bits = 0;
  for (let index = from; index < from + 8; index++) {
    const code = id.charCodeAt(index);
    const digit = code >= 48 && code <= 57 ? code - 48 : code >= 97 && code <= 102 ? code - 87 : -1;
    if (digit < 0) throw new TypeError(`A span id has 16 lower-case hex digits, not "${id}"`);
    bits = (bits << 4) | digit;
  }
  return bits;
}
