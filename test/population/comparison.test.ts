import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { at } from '../../src/model/units.ts';
import { deviation } from '../../src/population/latency.ts';
import { labelRequests } from '../../src/population/requests.ts';
import { sorted } from '../../src/population/statistics.ts';
import { sum } from '../../src/population/view.ts';
import { times, viewOf } from '../detectors/seen.ts';
import { drawTable } from '../draw.ts';

describe('deviation', () => {
  const around = (centre: number, n: number) =>
    sorted(Array.from({ length: n }, (_, i) => centre * (0.9 + (0.2 * i) / n)));

  test('is nothing for the same, near two thirds for three times as long', () => {
    expect(deviation(around(30_000, 40), around(30_000, 40))).toBeLessThanOrEqual(0);
    expect(deviation(around(90_000, 40), around(30_000, 40))).toBeGreaterThan(0.55);
  });

  test('is careful with few samples', () => {
    expect(deviation(around(90_000, 2), around(30_000, 40))).toBeLessThan(
      deviation(around(90_000, 20), around(30_000, 40)),
    );
    expect(deviation(sorted([]), around(1, 5))).toBe(0);
  });

  test('never leaves [..1] and never falls when suspects take longer', () => {
    const values = fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(values, values, (now, before) => {
        const plain = deviation(sorted(now), sorted(before));
        expect(plain).toBeLessThanOrEqual(1);
        expect(deviation(sorted(now.map((v) => v * 2)), sorted(before))).toBeGreaterThanOrEqual(plain);
      }),
    );
  });
});

describe('requests', () => {
  const request = (end: number) => `\nweb  GET /  server  0..${end}\n`;

  test('are slow against their own route only, and not for a few milliseconds', () => {
    const view = viewOf([...times(5, request(400), 's'), ...times(5, request(24), 'm')], times(30, request(20), 'b'));
    expect(sum(view.bad)).toBe(5);
  });

  test('of a window without baseline fall into fast and slow where there is a clear gap', () => {
    const view = viewOf([...times(12, request(400), 's'), ...times(12, request(20), 'm')]);
    expect(sum(view.bad)).toBe(12);
    expect(view.reference).toBe('window');
  });

  test('begin with the server, and a lone connection that was opened in the background is none', () => {
    const { table, row } = drawTable(`
web  tcp.connect  internal  0..5
---
web  prepare      internal  10..12
web  GET /        server    13..20  #asked
`);
    const requests = labelRequests(table, new Uint8Array(2));
    expect([...requests.real]).toEqual([0, 1]);
    expect(at(requests.entry, 1)).toBe(row('asked'));
  });
});

describe('who owns the gap of a call', () => {
  const fan = (gaps: readonly number[]) =>
    `\nhub  GET /  server  0..400\n${gaps
      .map(
        (gap, i) =>
          `  hub  GET  client  ${i * 100 + 5}..${i * 100 + 15 + gap}\n    leaf${i}  GET /${i}  server  ${i * 100 + 4 + gap}..${i * 100 + 12 + gap}`,
      )
      .join('\n')}\n`;
  const owner = (now: readonly number[]) => {
    const view = viewOf(times(12, fan(now), 's'), times(20, fan([2, 2, 2]), 'b'));
    const [top] = view.comparison.ranking;
    return view.charges.parties.names[top?.party ?? -1];
  };

  test('the callee, when it alone became slow to answer', () => {
    expect(owner([2, 70, 2])).toBe('leaf1');
  });

  test('the caller, when all its calls did', () => {
    expect(owner([70, 70, 70])).toBe('hub');
  });
});

test('the baseline against itself is the measure of chance', () => {
  const steady = times(40, '\nweb  GET /  server  0..20\n', 'b');
  const restless = times(40, '\nweb  GET /  server  0..20\n', 'b').map((span, i) =>
    i >= 20 ? { ...span, end: span.end + 300_000 } : span,
  );
  const suspects = times(12, '\nweb  GET /  server  0..20\n', 's');
  expect(viewOf(suspects, steady).noise).toBe(0);
  expect(viewOf(suspects, restless).noise).toBeGreaterThan(0.3);
});

test('a callee whose spans went missing is not a slower network', () => {
  const call = (answered: boolean) => `
hub  GET /  server  0..60
  hub  GET  client  5..55  server.address=localhost server.port=81
    ${answered ? 'leaf  GET /leaf  server  7..53' : ''}
`;
  const view = viewOf(times(15, call(false), 's'), [...times(30, call(true), 'b')]);
  expect(view.charges.parties.services).toBe(2);
  expect(view.comparison.ranking.filter(({ latency }) => latency > 0)).toEqual([]);
});
