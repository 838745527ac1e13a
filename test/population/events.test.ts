import { describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { eventChanges } from '../../src/population/events.ts';
import { certainRise, LOOSE_Z } from '../../src/population/statistics.ts';
import { toldEvents } from '../../src/population/told-events.ts';
import { times } from '../detectors/seen.ts';
import { bothSides } from './both-sides.ts';

function changes(
  suspects: readonly SpanRecord[],
  reference: readonly SpanRecord[],
  neither: readonly SpanRecord[] = [],
) {
  const { table, charges, sides } = bothSides(suspects, reference, neither);
  const suspect = new Set(suspects.map(({ traceId }) => traceId));
  const isSuspect = (row: number) =>
    table.traceIds.some(
      (id, trace) => suspect.has(id) && row >= (table.first[trace] ?? 0) && row < (table.first[trace + 1] ?? 0),
    );
  return eventChanges(table, charges, toldEvents(table), sides).map(({ party, example, ...change }) => {
    if (example >= 0) expect(isSuspect(example)).toBe(true);
    return { ...change, party: charges.parties.names[party], example: example < 0 ? undefined : table.name(example) };
  });
}

const request = (...events: readonly string[]) => `
web  GET /  server  0..40  *log@1{"log.message":"begun"}
  web  work  internal  2..30  ${events.join(' ')}
`;
const log = (message: string) => `*log@5{"log.message":"${message}"}`;
const boom = '*exception@6{"exception.type":"Boom"}';
const rate = (hits: number, of: number) => ({ with: hits, of });

describe('an event of a span', () => {
  test('that is new counts half unless it is an error, and one that is missing counts whole', () => {
    const suspects = [...times(9, request(log('new'), boom), 's'), ...times(3, request(log('old')), 't')];
    const reference = [...times(18, request(log('old')), 'b'), ...times(2, request(), 'c')];
    const rise = (hits: number) => certainRise(rate(hits, 12), rate(0, 20), LOOSE_Z);
    const of = { party: 'web', example: 'work' };
    expect(changes(suspects, reference, times(9, request(boom), 'x'))).toEqual([
      {
        ...of,
        kind: 'new',
        event: 'exception Boom !',
        weight: rise(9),
        now: rate(9, 12),
        before: rate(0, 20),
        error: true,
      },
      {
        ...of,
        kind: 'missing',
        event: 'log old',
        weight: certainRise(rate(18, 20), rate(3, 12), LOOSE_Z),
        now: rate(3, 12),
        before: rate(18, 20),
        error: false,
      },
      {
        ...of,
        kind: 'new',
        event: 'log new',
        weight: rise(9) / 2,
        now: rate(9, 12),
        before: rate(0, 20),
        error: false,
      },
    ]);
  });

  test('that is missing is nothing to complain of when it is an error', () => {
    expect(changes(times(9, request(), 's'), times(20, request(boom), 'b'))).toEqual([]);
  });

  test('that is as frequent as before is no change', () => {
    expect(changes(times(9, request(log('old')), 's'), times(20, request(log('old')), 'b'))).toEqual([]);
  });

  test('is held against spans of the same place only', () => {
    const moved = (name: string) =>
      request()
        .replace('web  work', `web  ${name}`)
        .replace('2..30', `2..30 ${log('old')}`);
    expect(changes(times(9, moved('other'), 's'), times(20, moved('work'), 'b'))).toEqual([]);
    const nested = (path: string) => `
web  GET ${path}  server  0..40  *log@1{"log.message":"begun"}
  web  work  internal  2..30  ${path === '/a' ? boom : ''}
`;
    const both = [...times(9, nested('/a'), 's'), ...times(9, nested('/b'), 't')];
    const [change] = changes(both, [
      ...times(20, nested('/a').replace(boom, ''), 'b'),
      ...times(20, nested('/b'), 'c'),
    ]);
    expect(change).toMatchObject({ now: rate(9, 9), before: rate(0, 20) });
  });

  test('begins anew at every service, whoever called it', () => {
    const called = (door: string, mark: string) => `
${door}  GET /  server  0..40  *log@1{"log.message":"begun"}
  ${door}  GET  client  1..39
    desk  GET /seat  server  2..38  ${mark}
`;
    const [change] = changes(times(9, called('web', boom), 's'), times(20, called('app', ''), 'b'));
    expect(change).toMatchObject({ party: 'desk', now: rate(9, 9), before: rate(0, 20), example: 'GET /seat' });
  });

  test('says less the more services tell it', () => {
    const two = (marks: string) => `
web  GET /  server  0..40  *log@1{"log.message":"begun"} ${marks}
  web  GET  client  1..39
    desk  GET /seat  server  2..38  ${marks}
`;
    const found = changes(times(9, two(boom), 's'), times(20, two(''), 'b'));
    const weight = certainRise(rate(9, 9), rate(0, 20), LOOSE_Z) / 2;
    expect(found.map((change) => [change.party, change.weight])).toEqual([
      ['desk', weight],
      ['web', weight],
    ]);
  });
});

test('an event that several services stopped telling says less of each', () => {
  const two = (mark: string) => `
web  GET /  server  0..40  *log@1{"log.message":"begun"} ${mark}
  web  GET  client  1..39
    desk  GET /seat  server  2..38  ${mark}
`;
  const found = changes(times(9, two(''), 's'), times(20, two(log('old')), 'b'));
  const weight = certainRise(rate(20, 20), rate(0, 9), LOOSE_Z) / 2;
  expect(found.map(({ kind, party, weight: told }) => [kind, party, told])).toEqual([
    ['missing', 'desk', weight],
    ['missing', 'web', weight],
  ]);
});

test('traces that tell nothing at all take no part', () => {
  const silent = 'web  GET /  server  0..40\n  web  work  internal  2..30\n';
  const some = times(5, request(log('old')), 's');
  expect(changes([...some, ...times(9, silent, 't')], times(20, request(log('old')), 'b'))).toEqual([]);
  expect(changes(times(9, silent, 's'), times(20, silent, 'b'))).toEqual([]);
  expect(changes(times(9, silent, 's'), times(20, request(log('old')), 'b'))).toEqual([]);
});

test('the example of what is missing is a span that lacks it; of what is new, one that shows it', () => {
  const named = (name: string, mark: string) =>
    `web  GET /  server  0..40  *log@1{"log.message":"begun"}\n  web  work  2..30  ${mark}  who=${name}`;
  const build = (suspects: readonly SpanRecord[], reference: readonly SpanRecord[]) => {
    const { table, charges, sides } = bothSides(suspects, reference);
    return eventChanges(table, charges, toldEvents(table), sides).map(({ example }) => table.attribute(example, 'who'));
  };
  const shifted = (spans: readonly SpanRecord[]) =>
    spans.map((span) => ({ ...span, start: span.start + 60_000_000, end: span.end + 60_000_000 }));
  const suspects = [...times(2, named('without', ''), 's'), ...shifted(times(9, named('with', boom), 't'))];
  expect(build(suspects, shifted(shifted(times(20, named('before', ''), 'b'))))).toEqual(['with']);
  expect(build(suspects, times(20, named('before', ''), 'b'))).toEqual(['with']);
  const once = [...times(1, named('before', boom), 'c'), ...times(19, named('before', ''), 'b')];
  expect(build(suspects, once)).toEqual(['with']);
});

test('the weightiest come first, then by service, then by what is told', () => {
  const two = (marks: string, below: string) => `
web  GET /  server  0..40  *log@1{"log.message":"begun"} ${marks}
  web  GET  client  1..39
    desk  GET /seat  server  2..38  ${below}
`;
  const told = (marks: string, below: string) =>
    changes(times(9, two(marks, below), 's'), times(20, two('', ''), 'b')).map(
      ({ party, event }) => `${party} ${event}`,
    );
  expect(told(`${log('b')} ${log('a')}`, log('c'))).toEqual(['desk log c', 'web log a', 'web log b']);
  expect(told(`${log('a')} ${log('b')}`, log('c'))).toEqual(['desk log c', 'web log a', 'web log b']);
  expect(told(`${log('a')} ${boom}`, log('c'))).toEqual(['web exception Boom !', 'desk log c', 'web log a']);
});
