import { describe, expect, test } from 'vitest';
import { at } from '../../src/model/units.ts';
import { cacheLookups } from '../../src/population/cache-lookups.ts';
import { chargeTime } from '../../src/population/charges.ts';
import { visitCalls } from '../../src/population/visit-calls.ts';
import { drawTable } from '../draw.ts';

type Chosen = (trace: number) => boolean;

/** Looks into caches as `name hit` or `name miss → fetch`, with the cache where it is another party. */
function looks(drawing: string, traces: Chosen = () => true, healthy: Chosen = () => false): readonly string[] {
  const { table, nameOf } = drawTable(drawing);
  const charges = chargeTime(table);
  const flags = (test: Chosen) => Uint8Array.from({ length: table.traces }, (_, trace) => (test(trace) ? 1 : 0));
  const found = cacheLookups(table, charges, visitCalls(table, charges), {
    traces: flags(traces),
    healthy: flags(healthy),
  });
  return found.map(({ row, party, cache, hit, fetch }) => {
    expect(party).toBe(at(charges.party, row));
    expect(cache).toBe(at(charges.peer, row));
    return `${nameOf(row)} ${hit ? 'hit' : 'miss'}${fetch === -1 ? '' : ` → ${nameOf(fetch)}`}`;
  });
}

const look = (time: string, label = 'look', operation = 'GET') =>
  `  web  ${operation}  client  ${time}  #${label}  db.system.name=redis db.operation.name=${operation}`;
const query = (time: string, label = 'query', name = 'SELECT shows') =>
  `  web  ${name}  client  ${time}  #${label}  db.system.name=postgresql`;
const request = (...lines: readonly string[]) => ['web  GET /  server  0..200  #entry', ...lines].join('\n');

describe('a read of a key-value store', () => {
  test('was a miss when a query follows soon, from its end on and for fifty milliseconds', () => {
    const followed = (from: number) => looks(request(look('10..12'), query(`${from}..150`)));
    expect(followed(20)).toEqual(['look miss → query']);
    expect(followed(12)).toEqual(['look miss → query']);
    expect(followed(62)).toEqual(['look miss → query']);
    expect(followed(62.001)).toEqual(['look hit']);
    expect(followed(11.999)).toEqual(['look hit']);
    expect(looks(request(look('10..12')))).toEqual(['look hit']);
  });

  test('was a hit when what follows is no store, or the cache itself', () => {
    expect(looks(request(look('10..12'), '  web  GET  client  20..30  server.address=bank.example'))).toEqual([
      'look hit',
    ]);
    expect(looks(request(look('10..12'), look('20..22', 'put', 'SET')))).toEqual(['look hit']);
    expect(looks(request(look('10..12', 'a'), look('13..15', 'b')))).toEqual(['a hit', 'b hit']);
    // Writing the fetched value into the cache does not stand between the look and its fetch.
    expect(looks(request(look('10..12'), look('13..14', 'put', 'SET'), query('20..30')))).toEqual([
      'look miss → query',
    ]);
  });

  test('was followed by the first call after it, whatever the order of the rows', () => {
    const nested = request(
      look('10..12'),
      '  web  later  internal  5..199',
      '    web  SELECT late  client  40..50  #late  db.system.name=postgresql',
      query('20..30', 'soon', 'SELECT soon'),
      query('60..70', 'last', 'SELECT last'),
    );
    expect(looks(nested)).toEqual(['look miss → soon']);
    const many = request(
      ...[1, 2, 3, 4, 5, 6].map((n) => query(`${n * 10}..${n * 10 + 1}`, `q${n}`, `SELECT q${n}`)),
      look('33..34', 'third'),
      look('55..56', 'fifth'),
      look('65..66', 'end'),
    );
    expect(looks(many)).toEqual(['third miss → q4', 'fifth miss → q6', 'end hit']);
  });

  test('is told by the verb of the operation, else by the name', () => {
    const verb = (name: string, marks: string) =>
      looks(request(`  web  ${name}  client  5..6  #x  db.system.name=valkey ${marks}`));
    for (const name of ['GET', 'MGET', 'hgetall', 'lookup']) expect(verb(name, '')).toEqual(['x hit']);
    for (const name of ['SET', 'DEL', 'FORGET', 'getset']) expect(verb(name, '')).toEqual([]);
    expect(verb('SET', 'db.operation.name=GET')).toEqual(['x hit']);
    expect(verb('GET', 'db.operation.name=SET')).toEqual([]);
    expect(looks(request('  web  GET  client  5..6  db.system.name=postgresql'))).toEqual([]);
  });

  test('counts in the chosen traces only', () => {
    const two = `${request(look('10..12', 'first'))}\n---\n${request(look('10..12', 'second'))}`;
    expect(looks(two, (trace) => trace === 0)).toEqual(['first hit']);
    expect(looks(two, (trace) => trace === 1)).toEqual(['second hit']);
  });
});

describe('what an attribute tells', () => {
  const inside = (marks: string, name = 'cache lookup') =>
    looks(request(`  web  ${name}  internal  5..6  #x  ${marks}`));

  test.for([
    ['cache.hit=true', 'hit'],
    ['cache.hit=false', 'miss'],
    ['cache.result=HIT', 'hit'],
    ['cache.result=Miss', 'miss'],
    ['db.cache.hit=true', 'hit'],
    ['cache.item_count=0', 'miss'],
    ['cache.item_count=3', 'hit'],
    ['cache.items=0', 'miss'],
    ['cache.status=expired', 'miss'],
    ['cache.status=mishit', 'hit'],
    ['cache.hit=true cache.status=miss', 'hit'],
  ])('%s is a %s', ([marks, outcome]) => {
    expect(inside(`${marks}`)).toEqual([`x ${outcome}`]);
  });

  test('is asked only where the name speaks of a cache, and a name alone tells nothing', () => {
    expect(inside('cache.hit=true', 'load shows')).toEqual([]);
    expect(inside('cache.hit=true', 'cached shows')).toEqual([]);
    expect(inside('other=1')).toEqual([]);
    expect(
      looks(request('  web  cache lookup  internal  5..6', '  web  cache get  internal  7..8  #y  cache.hit=true')),
    ).toEqual(['y hit']);
  });

  test('comes before what follows', () => {
    expect(looks(request(`${look('10..12')} cache.hit=true`, query('20..30')))).toEqual(['look hit']);
    expect(looks(request(`${look('10..12')} cache.hit=false`, query('20..30')))).toEqual(['look miss → query']);
    expect(looks(request(`${look('10..12')} cache.hit=false`))).toEqual(['look miss']);
    const call = '  web  GET  client  20..30  #call  server.address=bank.example';
    expect(looks(request(`${look('10..12')} cache.hit=false`, call))).toEqual(['look miss → call']);
  });
});

describe('a query that healthy visits make anyhow', () => {
  /** Twenty healthy traces, of which so many make the query as well, and one that is asked about. */
  const asked = (making: number, also = '') => {
    const healthy = Array.from({ length: 20 }, (_, i) =>
      request(look('10..12'), ...(i < making ? [query('20..30')] : []), also),
    );
    const all = [request(look('10..12'), query('20..30')), ...healthy].join('\n---\n');
    return looks(
      all,
      (trace) => trace === 0,
      (trace) => trace > 0,
    );
  };

  test('says nothing of the cache, from nineteen in twenty on', () => {
    expect(asked(20)).toEqual(['look hit']);
    expect(asked(19)).toEqual(['look hit']);
    expect(asked(18)).toEqual(['look miss → query']);
    expect(asked(0)).toEqual(['look miss → query']);
  });

  test('is counted in visits that look, of the same service, in healthy traces', () => {
    const plain = (salt: string) => `web  GET /  server  0..90\n${query('20..30', salt)}`;
    const first = request(look('10..12'), query('20..30'));
    const noLook = [first, ...Array.from({ length: 9 }, (_, i) => plain(`p${i}`))].join('\n---\n');
    expect(
      looks(
        noLook,
        (trace) => trace === 0,
        (trace) => trace > 0,
      ),
    ).toEqual(['look miss → query']);
    const notHealthy = [first, ...Array.from({ length: 9 }, () => first)].join('\n---\n');
    expect(looks(notHealthy, (trace) => trace === 0)).toEqual(['look miss → query']);
    // Twice in one visit is one visit that made it.
    const twice = request(look('10..12'), query('20..30', 'a'), query('40..50', 'b'));
    const half = [first, twice, request(look('10..12')), twice, request(look('10..12'))].join('\n---\n');
    expect(
      looks(
        half,
        (trace) => trace === 0,
        (trace) => trace > 0,
      ),
    ).toEqual(['look miss → query']);
  });
});

test('a table in which nothing speaks of caches has none', () => {
  expect(looks('web  cache get  server  0..5')).toEqual([]);
});
