import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { once, seenBy, viewOf } from './seen.ts';

const visit = (length: number, name: string) => `\nweb  ${name}  server  0..${length}  resource.k8s.pod.name=p1\n`;
const request = (id: string, from: number, to: number, name = 'GET /') => once(id, visit(to - from, name), from);
const healthy = Array.from({ length: 200 }, (_, i) => request(`b${i}`, 1e6 + i * 500, 1e6 + i * 500 + 20)).flat();
const pauses = (suspects: readonly SpanRecord[]) =>
  seenBy('D26', viewOf(suspects, healthy)).filter(({ detector }) => detector === 'D26 pause');

/** Pairs of slow requests, one every so many ms; the first so many of them go on together, the others one by one. */
const pairs = (count: number, together: number, every: number, from = 0): readonly SpanRecord[] =>
  Array.from({ length: count }, (_, pair) => {
    const at = from + pair * every;
    return [
      ...request(`s${pair}a`, at, at + 260),
      ...request(`s${pair}b`, at + 60, at + (pair < together ? 261 : 340)),
    ];
  }).flat();

test.each<readonly [string, number | undefined, readonly SpanRecord[]]>([
  ['three of forty in forty seconds', 43, pairs(40, 3, 1_000)],
  ['two of forty', undefined, pairs(40, 2, 1_000)],
  ['three of forty in sixteen seconds', undefined, pairs(40, 3, 400)],
  ['whenever those were', undefined, pairs(40, 3, 400, 90_000)],
  ['five of forty in sixteen seconds', 45, pairs(40, 5, 400)],
  ['two and no others', undefined, pairs(2, 2, 1_000)],
  ['four and no others', 8, pairs(4, 4, 1_000)],
])('D26 believes pairs that go on together when luck hardly deals as many: %s', (_, support, suspects) => {
  expect(pauses(suspects)[0]?.support).toBe(support);
});

test('D26 believes three that stopped together, whatever else stopped', () => {
  const three = [0, 1, 2].flatMap((i) => request(`t${i}`, 9_000 + i * 4, 9_320 + i / 2));
  expect(pauses([...three, ...pairs(1, 1, 1_000)])).toMatchObject([{ support: 5, role: 'cause' }]);
});

test('D26 is no reason for what went badly elsewhere, and says nothing where nothing did', () => {
  // Nobody knows how long a request of this kind takes, so that none of them went badly.
  const stopped = [0, 1, 2].flatMap((i) => request(`t${i}`, i * 4, 320 + i / 2, 'GET /never'));
  expect(pauses(stopped)).toEqual([]);
  const failed = request('x', 9_000, 9_020).map((span) => ({ ...span, status: 'error' as const }));
  expect(pauses([...stopped, ...failed])).toMatchObject([{ role: 'context', support: 3 }]);
});
