import { expect, test } from 'vitest';
import { seenBy, times, viewOf } from './seen.ts';

const hit = `
shelf  GET /book     server  0..10
  shelf  GET         client  2..4   db.system.name=redis db.operation.name=GET server.address=cache
`;
const miss = (time = 60) => `
shelf  GET /book       server  0..${10 + time}
  shelf  GET           client  2..4   db.system.name=redis db.operation.name=GET server.address=cache
  shelf  SELECT books  client  5..${5 + time}  db.system.name=postgresql db.namespace=stock db.query.summary="SELECT books"
`;
const healthy = [...times(36, hit, 'h'), ...times(4, miss(), 'm')];

test('D27 sees a cache miss more often, and what every miss takes', () => {
  const [finding] = seenBy('D27', viewOf([...times(3, hit, 'x'), ...times(21, miss(), 's')], healthy));
  expect(finding).toMatchObject({
    mechanism: 'cache-miss',
    component: { kind: 'edge', from: 'shelf', to: 'cache' },
    role: 'cause',
    support: 21,
  });
  expect(finding?.evidence[0].values).toMatchObject({ missed: { value: 21 }, of: { value: 24 }, usual: { value: 4 } });
  expect(finding?.evidence[1]?.values).toMatchObject({ fetch: { value: 'SELECT books' }, time: { value: 60_000 } });
});

test('D27 believes an attribute before it guesses', () => {
  const told = (found: boolean) => `
shelf  GET /book          server    0..30
  shelf  cache lookup     internal  2..4   cache.hit=${found}
  shelf  POST             client    5..28  server.address=origin
`;
  const view = viewOf(times(20, told(false), 's'), times(30, told(true), 'b'));
  expect(seenBy('D27', view)).toMatchObject([
    { component: { kind: 'operation', service: 'shelf', operation: 'cache lookup' } },
  ]);
  const lying = viewOf(times(20, told(true), 's'), times(30, told(true), 'b'));
  expect(seenBy('D27', lying)).toEqual([]);
});

test('D27 does not take a query that every visit makes for the sign of a miss', () => {
  const shown = (missed: boolean) => `
shelf  GET /book        server  0..130
  shelf  GET            client  2..4   db.system.name=redis db.operation.name=GET server.address=cache
${missed ? '  shelf  SELECT books   client  5..65  db.system.name=postgresql db.namespace=stock db.query.summary="SELECT books"\n  shelf  SET  client  66..67  db.system.name=redis db.operation.name=SET server.address=cache' : ''}
  shelf  SELECT loans   client  70..120  db.system.name=postgresql db.namespace=stock db.query.summary="SELECT loans"
`;
  const before = [...times(36, shown(false), 'h'), ...times(4, shown(true), 'm')];
  expect(seenBy('D27', viewOf(times(24, shown(false), 's'), before))).toEqual([]);
  const [finding] = seenBy('D27', viewOf(times(24, shown(true), 's'), before));
  expect(finding?.evidence[0].values).toMatchObject({
    missed: { value: 24 },
    usual: { value: 4 },
    usualOf: { value: 40 },
  });
  expect(finding?.evidence[1]?.values).toMatchObject({ fetch: { value: 'SELECT books' } });
});

test('D27 accuses nobody of misses that cost next to nothing', () => {
  expect(seenBy('D27', viewOf(times(24, miss(2), 's'), healthy))).toMatchObject([{ role: 'context' }]);
});

test('D27 is silent about caches that always miss, about one that hits, and about a handful of looks', () => {
  expect(seenBy('D27', viewOf(times(24, miss(), 's'), times(30, miss(), 'b')))).toEqual([]);
  expect(seenBy('D27', viewOf(times(24, hit, 's'), healthy))).toEqual([]);
  expect(seenBy('D27', viewOf(times(4, miss(), 's'), healthy))).toEqual([]);
  expect(seenBy('D27', viewOf(times(24, miss(), 's')))).toEqual([]);
});
