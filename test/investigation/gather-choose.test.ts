import fc from 'fast-check';
import { expect, test } from 'vitest';
import { chooseTraces, evenly } from '../../src/investigation/gather-choose.ts';
import type { Found } from '../../src/investigation/gather-search.ts';

const hit = fc.record({
  start: fc.integer({ min: 0, max: 1_000 }),
  duration: fc.integer({ min: 1, max: 1_000 }),
  error: fc.boolean(),
  entry: fc.constantFrom('GET /', 'GET /', 'GET /', 'POST /cart', 'DELETE /rare'),
  plain: fc.boolean(),
});
const hits = fc
  .array(hit, { maxLength: 700 })
  .map((list) => list.map((one, n): Found => ({ ...one, traceId: n.toString(16).padStart(32, '0') })));
const catchOf = (found: readonly Found[], split = 500) => ({
  found: found.toSorted((a, b) => a.start - b.start || (a.traceId < b.traceId ? -1 : 1)),
  split,
  rung: { targets: [{}] },
  whole: false,
});

test('what is rare is taken whole before what is common fills the rest', () => {
  const found = Array.from(
    { length: 500 },
    (_, n): Found => ({
      traceId: n.toString(16).padStart(32, '0'),
      start: n,
      duration: 1,
      error: false,
      plain: true,
      entry: n % 50 === 0 ? 'POST /rare' : n % 2 === 0 ? 'GET /' : 'GET /list',
    }),
  );
  const byRoute = Map.groupBy(evenly(found, 100), (one) => one.entry);
  expect([...byRoute].map(([entry, members]) => [entry, members.length]).toSorted()).toEqual([
    ['GET /', 45],
    ['GET /list', 45],
    ['POST /rare', 10],
  ]);
  // Over the whole time, not the first or the latest of it.
  const list = byRoute.get('GET /list') ?? [];
  expect(list[0]?.start).toBeLessThan(20);
  expect(list.at(-1)?.start).toBeGreaterThan(480);
});

test('each trace once, no more than is worth reading, and nobody picked is a witness of what is usual', () => {
  fc.assert(
    fc.property(hits, (found) => {
      const { traceIds, picked } = chooseTraces(catchOf(found));
      expect(new Set(traceIds).size).toBe(traceIds.length);
      expect(traceIds.length).toBeLessThanOrEqual(400);
      const byId = new Map(found.map((one) => [one.traceId, one]));
      for (const id of picked) expect(byId.get(id)?.start).toBeGreaterThanOrEqual(500);
      for (const id of traceIds) {
        const one = byId.get(id);
        if (one !== undefined && one.start < 500) expect(one.plain).toBe(true);
      }
      // Small catches are read whole, but for what only a search for trouble found before the trouble.
      const worth = found.filter((one) => one.plain || one.start >= 500);
      if (worth.length <= 200) expect(traceIds.toSorted()).toEqual(worth.map((one) => one.traceId).toSorted());
    }),
  );
});

test('the order in which hits came changes nothing', () => {
  fc.assert(
    fc.property(hits, fc.infiniteStream(fc.nat()), (found, keys) => {
      const shuffled = found.map((one) => ({ one, key: keys.next().value })).toSorted((a, b) => a.key - b.key);
      expect(chooseTraces(catchOf(shuffled.map(({ one }) => one)))).toEqual(chooseTraces(catchOf(found)));
    }),
    { numRuns: 30 },
  );
});

test('a choice is all that there is only where the search was whole and nothing was left out', () => {
  const few = Array.from({ length: 20 }, (_, n): Found => {
    const traceId = n.toString(16).padStart(32, '0');
    return { traceId, start: n * 50, duration: 1, error: false, plain: true, entry: 'GET /' };
  });
  const many = Array.from({ length: 900 }, (_, n) => ({
    ...few[0]!,
    traceId: n.toString(16).padStart(32, 'f'),
    start: n,
  }));
  expect(chooseTraces({ ...catchOf(few), whole: true }).whole).toBe(true);
  expect(chooseTraces(catchOf(few)).whole).toBe(false);
  expect(chooseTraces({ ...catchOf(many), whole: true }).whole).toBe(false);
});
