import type { SpanId, TraceId } from '../model/units.ts';

/**
 * A trace id as the model has it, from any spelling seen in the wild: hex of either case and of 1 to 32 digits (64-bit ids
 * and ids whose leading zeros were stripped are padded), or base64 of 16 bytes (Tempo's JSON). Undefined for anything else
 * and for the all-zero id, which every specification calls invalid.
 */
export function traceIdOf(value: unknown): TraceId | undefined {
  return idOf(value, 32);
}

/** A span id, with the same tolerance: 1 to 16 hex digits, or base64 of 8 bytes. */
export function spanIdOf(value: unknown): SpanId | undefined {
  return idOf(value, 16);
}

const LOWER_HEX = /^[0-9a-f]+$/;
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;
const ZEROS = /^0+$/;

function idOf(value: unknown, digits: 16 | 32): string | undefined {
  if (typeof value !== 'string' || value.length === 0 || value.length > 32) return undefined;
  const lower = value.toLowerCase();
  if (LOWER_HEX.test(lower)) {
    if (lower.length > digits || ZEROS.test(lower)) return undefined;
    return lower.length === digits ? lower : lower.padStart(digits, '0');
  }
  return fromBase64(value, digits);
}

/**
 * 32 hex digits are valid base64 too, so hex is tried first and base64 must have exactly the length of the bytes it stands
 * for. A base64 id without `=` that happens to be all hex digits cannot be told apart from short hex; proto3 JSON always
 * writes the `=`.
 */
function fromBase64(value: string, digits: 16 | 32): string | undefined {
  if (!BASE64.test(value)) return undefined;
  const bytes = Buffer.from(value, 'base64');
  return bytes.length * 2 === digits ? idOf(bytes.toString('hex'), digits) : undefined;
}
