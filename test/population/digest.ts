import { createHash } from 'node:crypto';
import { short } from '../detectors/told.ts';

/** No measurement is nested deeper; whatever seems to be is a loop. */
const DEEPEST = 8;
/** As many of a list are told one by one; the rest have one line, so that the files stay readable. */
const TOLD = 3;

/**
 * Everything that a measurement holds as lines to compare, `path: value`. A column is told by its length and by two sums, one
 * of which weighs each entry by its place, so that no entry changes and no two change places unseen. A measurement that is
 * made when it is first asked for is asked.
 */
export function digest(name: string, value: unknown, depth = 0): readonly string[] {
  if (depth > DEEPEST) throw new Error(`${name} has no end`);
  if (typeof value === 'function') return digest(`${name}()`, value(), depth + 1);
  if (value instanceof Float64Array || value instanceof Int32Array || value instanceof Uint8Array)
    return [`${name}: ${column(value)}`];
  if (value instanceof Map) return digest(name, Object.fromEntries(value), depth + 1);
  if (value instanceof Set) return digest(name, [...value], depth + 1);
  if (Array.isArray(value)) {
    if (value.every((one) => typeof one === 'number')) return [`${name}: ${column(value)}`];
    if (value.every((one) => typeof one !== 'object')) return [`${name}: ${value.map(plain).join(' ')}`];
    const lines = value.map((one, index) => digest(`${name}[${index}]`, one, depth + 1));
    const rest = lines.slice(TOLD).flat();
    const seal = createHash('sha256').update(rest.join('\n')).digest('hex').slice(0, 12);
    return [...lines.slice(0, TOLD).flat(), ...(rest.length === 0 ? [] : [`${name}: ${value.length} in all, ${seal}`])];
  }
  if (typeof value !== 'object' || value === null) return [`${name}: ${plain(value)}`];
  const entries = Object.entries(value);
  const flat = entries.filter(([, one]) => ['number', 'string', 'boolean'].includes(typeof one));
  const deep = entries.filter(([, one]) => typeof one === 'object' || typeof one === 'function');
  const own = flat.length === 0 ? [] : [`${name}: ${flat.map(([key, one]) => `${key}=${plain(one)}`).join(' ')}`];
  return [...own, ...deep.flatMap(([key, one]) => digest(`${name}.${key}`, one, depth + 1))];
}

const plain = (value: unknown): string => (typeof value === 'number' ? short(value) : String(value));

function column(values: ArrayLike<number>): string {
  let plainSum = 0;
  let placed = 0;
  let missing = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (!Number.isFinite(value)) {
      missing += i + 1;
      continue;
    }
    plainSum += value;
    placed += value * (1 + (i % 97));
  }
  return `${values.length} entries, ${short(plainSum)}, ${short(placed)}${missing === 0 ? '' : `, none at ${missing}`}`;
}
