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

const [ZERO, NINE, A, F, SMALL_A, SMALL_F] = [0x30, 0x39, 0x41, 0x46, 0x61, 0x66];
const BASE64 = /^[A-Za-z0-9+/_-]+={0,2}$/;

function idOf(value: unknown, digits: 16 | 32): string | undefined {
  if (typeof value !== 'string' || value.length === 0 || value.length > 32) return undefined;
  switch (spellingOf(value)) {
    case 'hex':
      return value.length > digits ? undefined : value.padStart(digits, '0');
    case 'upper hex':
      return idOf(value.toLowerCase(), digits);
    case 'zeros':
      return undefined;
    case 'other':
      return fromBase64(value, digits);
  }
}

/** Character by character, since this runs three times for every span. */
function spellingOf(value: string): 'hex' | 'upper hex' | 'zeros' | 'other' {
  let spelling: 'hex' | 'upper hex' | 'zeros' = 'zeros';
  for (let index = 0; index < value.length; index += 1) {
    const code = value.charCodeAt(index);
    if (code >= A && code <= F) spelling = 'upper hex';
    else if ((code < ZERO || code > NINE) && (code < SMALL_A || code > SMALL_F)) return 'other';
    else if (code !== ZERO && spelling === 'zeros') spelling = 'hex';
  }
  return spelling;
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
