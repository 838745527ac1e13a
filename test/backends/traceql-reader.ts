import type { SpanRecord } from '../../src/model/span.ts';
import { attributesUnder } from './stored-names.ts';

/** One span within its trace, as TraceQL sees it. */
export type Seen = { readonly span: SpanRecord; readonly traceDuration: number };
type Predicate = (seen: Seen) => boolean;

/**
 * Reads the part of TraceQL that our searches are written in, by its documented grammar and independently of the code that
 * writes them: one pair of braces, `&&` before `||`, parentheses, comparisons of a field with a literal. Throws on anything
 * else, so that a string that breaks out of its quotes is a syntax error here as it would be there.
 */
export function readTraceQl(text: string): { readonly matches: Predicate; readonly mostRecent: boolean } {
  const tokens = [...text.matchAll(TOKEN)].map((match) => match[0]);
  if (tokens.join('').replace(/\s/g, '') !== text.replace(/\s/g, '')) {
    // Strings hold spaces of their own, which both sides lose alike.
    throw new SyntaxError(`not TraceQL: ${text}`);
  }
  let at = 0;
  const take = (wanted: string): void => {
    if (tokens[at] !== wanted) throw new SyntaxError(`${wanted} expected at ${tokens[at]} in ${text}`);
    at += 1;
  };
  const any = (): Predicate => {
    const parts = [all()];
    while (tokens[at] === '||') {
      at += 1;
      parts.push(all());
    }
    return (seen) => parts.some((part) => part(seen));
  };
  const all = (): Predicate => {
    const parts = [one()];
    while (tokens[at] === '&&') {
      at += 1;
      parts.push(one());
    }
    return (seen) => parts.every((part) => part(seen));
  };
  const one = (): Predicate => {
    if (tokens[at] === '(') {
      take('(');
      const inner = any();
      take(')');
      return inner;
    }
    const [field = '', operator = '', literal = ''] = tokens.slice(at, at + 3);
    at += 3;
    return comparison(field, operator, literal);
  };
  take('{');
  const matches = tokens[at] === '}' ? () => true : any();
  take('}');
  const rest = tokens.slice(at).join(' ');
  if (rest !== '' && rest !== 'with ( most_recent = true )') throw new SyntaxError(`${rest} at the end of ${text}`);
  return { matches, mostRecent: rest !== '' };
}

const TOKEN =
  /"(?:[^"\\]|\\.)*"|[A-Za-z_][\w.-]*\."(?:[^"\\]|\\.)*"|[A-Za-z_][\w.-]*|-?\d[\w.]*|&&|\|\||!=|>=|[={}()]/g;

function comparison(field: string, operator: string, literal: string): Predicate {
  const wanted = literalOf(literal);
  return (seen) =>
    valuesOf(field, seen).some((value) => compare(value, operator, wanted)) ||
    (operator === '!=' && wanted === undefined && valuesOf(field, seen).length > 0);
}

type Value = string | number | boolean | undefined;

function compare(value: Value, operator: string, wanted: Value): boolean {
  if (operator === '=') return value === wanted;
  if (operator === '!=') return wanted !== undefined && value !== wanted;
  if (operator === '>=') return typeof value === 'number' && typeof wanted === 'number' && value >= wanted;
  throw new SyntaxError(`no operator: ${operator}`);
}

/** `nil` is undefined; durations are microseconds; `error`, `ok` and `unset` are statuses. */
function literalOf(literal: string): Value {
  if (literal === 'nil') return undefined;
  if (literal === 'true' || literal === 'false') return literal === 'true';
  if (literal.startsWith('"')) return String(JSON.parse(literal));
  if (/^\d+us$/.test(literal)) return Number(literal.slice(0, -2));
  if (/^-?\d/.test(literal)) return Number(literal);
  if (['error', 'ok', 'unset'].includes(literal)) return literal;
  throw new SyntaxError(`no literal: ${literal}`);
}

function valuesOf(field: string, { span, traceDuration }: Seen): readonly Value[] {
  if (field === 'status') return [span.status];
  if (field === 'name') return [span.name];
  if (field === 'duration') return [span.end - span.start];
  if (field === 'traceDuration') return [traceDuration];
  const scoped = /^(span|resource)\.(.+)$/s.exec(field);
  if (scoped === null) throw new SyntaxError(`no field: ${field}`);
  const name = scoped[2]?.startsWith('"') === true ? String(JSON.parse(scoped[2])) : (scoped[2] ?? '');
  return attributesUnder(scoped[1] === 'span' ? span.attributes : span.resource, name);
}
