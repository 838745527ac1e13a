import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/investigation/analyse.ts';
import { times } from '../detectors/seen.ts';
import { inputOf } from './analyse-input.ts';

/** A shop whose two calls take their time one after the other. */
const request = (stock: number, pay: number, status = '') => `
web  POST /buy  server  0..${stock + pay + 30}  ${status}
  web  POST     client  1..${stock + 9}
    stock  POST /hold  server  2..${stock + 8}
  web  POST     client  ${stock + 10}..${stock + pay + 19}
    pay  POST /charge  server  ${stock + 11}..${stock + pay + 18}
`;
const baseline = times(60, request(20, 20), 'b');
const servicesOf = (suspects: Parameters<typeof inputOf>[0]) => {
  const { verdict } = analyse(inputOf(suspects, baseline));
  return verdict.hypotheses.filter(({ role }) => role === 'cause').map(({ component }) => component);
};

describe('several troubles in one window', () => {
  test('that hit different requests are told one after the other, each with its share', () => {
    const suspects = [...times(30, request(420, 20), 's'), ...times(15, request(20, 420), 'p')];
    const { verdict } = analyse(inputOf([...suspects, ...times(20, request(20, 20), 'g')], baseline));
    const causes = verdict.hypotheses.filter(({ role }) => role === 'cause');
    expect(causes.map(({ component }) => component)).toMatchObject([{ service: 'stock' }, { service: 'pay' }]);
    const shares = causes.map(({ evidence }) => evidence.find(({ claim }) => claim === 'cause.share')?.counts);
    expect(shares).toEqual([
      { with: 30, of: 45 },
      { with: 15, of: 15 },
    ]);
  });

  test('that hit the same requests are both told when either alone would have made them slow', () => {
    expect(servicesOf(times(40, request(320, 320), 's'))).toHaveLength(2);
  });

  test('of which one explains everything leave nothing to say of the other', () => {
    // A little longer on every request, but nothing that anybody would have noticed.
    expect(servicesOf(times(40, request(620, 32), 's'))).toMatchObject([{ service: 'stock' }]);
  });
});

describe('an unfelt suspicion beside somebody who reads in bulk', () => {
  const reading = (user: string, rows: number, chatter: string) => `
web  GET /history  server  0..40  user.id="${user}"  client.address=198.51.100.4
  web  SELECT orders  client  5..30  db.system.name=postgresql db.operation.name=SELECT db.collection.name=orders db.response.returned_rows=${rows}
  web  render  internal  31..38  ${chatter}
`;
  const everybody = (salt: string, chatter: string) =>
    Array.from({ length: 40 }, (_, i) => times(1, reading(`u-${i}`, 10, chatter), `${salt}${i}-`)).flat();
  const spoken = '*log@32{"message":"rendered from cache"}';
  const other = '*log@32{"message":"written by another template"}';

  test('gives way to the lineage, because nobody suffered from what it suspects', () => {
    const suspects = [...everybody('s', other), ...times(4, reading('bulk', 4_000, other), 'x')];
    const analysis = analyse(inputOf(suspects, everybody('b', spoken)));
    expect(analysis.verdict).toMatchObject({ kind: 'cannot-tell', hypotheses: [] });
    expect(analysis.verdict.missing.map(({ claim }) => claim)).toContain('one-actor');
    expect(analysis.lineage?.actor.value).toBe('bulk');
  });

  test('stands where nobody reads more than others', () => {
    const analysis = analyse(inputOf(everybody('s', other), everybody('b', spoken)));
    expect(analysis.verdict.kind).toBe('suspect');
    expect(analysis.lineage).toBeUndefined();
  });
});

describe('log lines alone, with nobody suffering', () => {
  const page = (line: string) => `
web  GET /page  server  0..40
  web  render  internal  5..30  ${line}
`;
  const spoken = page('*log@8{"message":"cache filled"} *log@9{"message":"done"}');
  const silent = page('*log@9{"message":"done"}');
  const healthy = times(40, spoken, 'b');

  test('are a suspicion when one stopped altogether', () => {
    expect(analyse(inputOf(times(30, silent, 's'), healthy)).verdict).toMatchObject({ kind: 'suspect' });
  });

  test('are the mix of an hour when one comes less often', () => {
    const now = [...times(20, silent, 's'), ...times(10, spoken, 't')];
    expect(analyse(inputOf(now, healthy)).verdict).toMatchObject({ kind: 'cannot-tell', hypotheses: [] });
  });
});
