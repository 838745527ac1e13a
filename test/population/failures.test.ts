import { describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { at } from '../../src/model/units.ts';
import { findBlame } from '../../src/population/blame.ts';
import { failureRises, hasFailed } from '../../src/population/failures.ts';
import { certainRise, LOOSE_Z, wilson } from '../../src/population/statistics.ts';
import { times } from '../detectors/seen.ts';
import { drawTable } from '../draw.ts';
import { bothSides } from './both-sides.ts';

function rises(suspects: readonly SpanRecord[], reference: readonly SpanRecord[], neither: readonly SpanRecord[] = []) {
  const { table, charges, cells, sides } = bothSides(suspects, reference, neither);
  const failed = Uint8Array.from(table.traceIds, (_, trace) => (hasFailed(table, at(table.first, trace)) ? 1 : 0));
  const { names } = charges.parties;
  return failureRises(table, charges, cells, sides, findBlame(table, charges), failed).map(
    ({ cell, party, rows, ...rise }) => {
      expect(rows).toEqual(rows.toSorted((a, b) => a - b));
      const to = at(cells.to, cell);
      return {
        ...rise,
        place: `${names[at(cells.from, cell)]}${to < 0 ? '' : ` → ${names[to]}`}`,
        party: names[party],
        rows: rows.length,
      };
    },
  );
}

const call = (mark: string, fatal = '') => `
web  GET /  server  0..40  ${fatal}
  web  GET  client  1..30  server.address=bank.example ${mark}
`;
const fine = call('');
const edge = { place: 'web → bank.example', party: 'bank.example' };
const rate = (hits: number, of: number) => ({ with: hits, of });

describe('failures of one place', () => {
  test('are counted on both sides, by who is at fault', () => {
    const suspects = [...times(9, call('!'), 's'), ...times(3, fine, 't')];
    const reference = [...times(2, call('!'), 'b'), ...times(20, fine, 'c')];
    expect(rises(suspects, reference, times(9, call('!'), 'x'))).toEqual([
      {
        ...edge,
        now: rate(9, 12),
        before: rate(2, 22),
        weight: 0.5 * certainRise(rate(9, 12), rate(2, 22), LOOSE_Z),
        rows: 9,
        fatal: 0,
      },
    ]);
  });

  test('weigh twice as much when the request failed with them', () => {
    const suspects = [...times(6, call('!', '!'), 's'), ...times(2, call('!'), 't')];
    expect(rises(suspects, times(20, fine, 'b'))).toEqual([
      {
        ...edge,
        now: rate(8, 8),
        before: rate(0, 20),
        weight: certainRise(rate(8, 8), rate(0, 20), LOOSE_Z) * (0.5 + 0.5 * 0.75),
        rows: 8,
        fatal: 0.75,
      },
    ]);
  });

  test('that only happened before are none now', () => {
    expect(rises(times(9, fine, 's'), times(9, call('!'), 'b'))).toEqual([]);
    expect(rises(times(9, fine, 's'), times(9, fine, 'b'))).toEqual([]);
  });

  test('that are as frequent as before have no weight', () => {
    expect(rises(times(9, call('!'), 's'), times(9, call('!'), 'b'))).toMatchObject([
      { weight: 0, before: rate(9, 9) },
    ]);
  });

  test('are as many as the visits, however often one of them fails', () => {
    const twice = `${call('! #call')}    web  tls.connect  2..5  !\n    web  tls.connect  6..9  !\n`;
    expect(rises(times(4, twice, 's'), times(9, twice, 'b'))).toMatchObject([
      { ...edge, now: rate(4, 4), before: rate(9, 9), rows: 8 },
    ]);
  });
});

describe('a call that was never made before', () => {
  test('may be known to fail every other time', () => {
    const alone = 'web  GET /  server  0..40';
    const weight = (failed: number, of: number) => {
      const suspects = [...times(failed, call('!', '!'), 's'), ...times(of - failed, fine, 't')];
      return rises(suspects, times(20, alone, 'b'))[0]?.weight;
    };
    expect(weight(9, 9)).toBe(wilson(9, 9, LOOSE_Z).low - 0.5);
    expect(weight(4, 9)).toBe(0);
  });

  test('is held against other calls between the same two', () => {
    const silent = `
web  GET /  server  0..40  !
  web  GET  client  1..30  server.address=shop ! http.request.method=GET
`;
    const answered = `
web  GET /  server  0..40
  web  GET  client  1..30  server.address=shop
    shop  GET /shop  server  2..29
`;
    const other = answered.replace('GET /shop', 'GET /more');
    const [rise] = rises(times(6, silent, 's'), [...times(7, answered, 'b'), ...times(5, other, 'c')]);
    expect(rise).toMatchObject({ place: 'web → shop', now: rate(6, 6), before: rate(0, 12) });
    const elsewhere = answered.replaceAll('web ', 'app ');
    const [unknown] = rises(times(6, silent, 's'), times(7, elsewhere, 'b'));
    expect(unknown).toMatchObject({ now: rate(6, 6), before: rate(0, 0) });
  });

  test('is not the work of a service, which has no kin', () => {
    const own = (path: string, mark = '') => `web  GET ${path}  server  0..40  ${mark}`;
    expect(rises(times(6, own('/new', '!'), 's'), times(9, own('/old'), 'b'))).toMatchObject([
      { place: 'web', before: rate(0, 0), weight: wilson(6, 6, LOOSE_Z).low - 0.5, fatal: 1 },
    ]);
  });
});

test('the surest rise comes first; equals stand by their places, then by who is at fault', () => {
  const two = (first: string, second: string) => `
web  GET /  server  0..40
  web  GET  client  1..9    server.address=a.example ${first}
  web  PUT  client  10..19  server.address=b.example ${second}
`;
  const before = times(20, two('', ''), 'b');
  const parties = (suspects: readonly SpanRecord[]) => rises(suspects, before).map(({ party }) => party);
  expect(parties(times(6, two('!', '!'), 's'))).toEqual(['a.example', 'b.example']);
  expect(parties([...times(6, two('!', '!'), 's'), ...times(3, two('', '!'), 't')])).toEqual([
    'b.example',
    'a.example',
  ]);
  expect(parties([...times(6, two('!', '!'), 's'), ...times(3, two('!', ''), 't')])).toEqual([
    'a.example',
    'b.example',
  ]);
  // One call that is refused by a rule is its caller's fault, and one that breaks is the callee's.
  const mixed = [...times(5, two('! http.response.status_code=404', ''), 's'), ...times(5, two('!', ''), 't')];
  expect(parties(mixed)).toEqual(['web', 'a.example']);
  expect(parties(mixed.toReversed())).toEqual(['web', 'a.example']);
});

test('a span has failed when it says so', () => {
  const { table, row } = drawTable('a  x  0..9  #x  !\n  a  y  1..2  #y\n  a  z  3..4  #z  ok');
  expect(['x', 'y', 'z'].map((name) => hasFailed(table, row(name)))).toEqual([true, false, false]);
});
