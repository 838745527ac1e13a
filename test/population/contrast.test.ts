import { describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { contrasts, namesInstance } from '../../src/population/contrast.ts';
import { logOdds } from '../../src/population/statistics.ts';
import { times } from '../detectors/seen.ts';
import { bothSides } from './both-sides.ts';

/** What bad requests share and good ones do not; their routes are those of their first operation. */
function contrasted(bad: readonly SpanRecord[], good: readonly SpanRecord[], neither: readonly SpanRecord[] = []) {
  const { table, charges, sides } = bothSides(bad, good, neither);
  const route = Int32Array.from(table.traceIds, (_, trace) => table.operation[table.first[trace] ?? 0] ?? 0);
  return contrasts(table, charges, route, sides.suspect, sides.reference).map(({ trace, row, ...contrast }) => {
    expect(sides.suspect[trace]).toBe(1);
    const told = table.attribute(row, contrast.key) ?? table.resource(row, contrast.key);
    expect(String(told)).toBe(contrast.value);
    return contrast;
  });
}

const request = (marks: string, path = '/') => `web  GET ${path}  server  0..20  ${marks}`;
const blue = request('deployment.ring=blue');
const green = request('deployment.ring=green');
const lower = (a: number, b: number, c: number, d: number) => {
  const { value, error } = logOdds({ a, b, c, d });
  return Math.exp(value - 1.96 * error);
};
const names = (found: readonly { readonly key: string; readonly value: string }[]) =>
  found.map(({ key, value }) => `${key}=${value}`);

describe('a value that bad requests share', () => {
  test('is told with all that was counted', () => {
    const bad = [...times(12, blue, 's'), ...times(2, green, 't')];
    const good = [...times(3, blue, 'b'), ...times(20, green, 'c')];
    expect(contrasted(bad, good, times(30, green, 'x'))).toEqual([
      {
        key: 'deployment.ring',
        value: 'blue',
        services: ['web'],
        counts: { a: 12, b: 2, c: 3, d: 20 },
        oddsRatio: lower(12, 2, 3, 20),
        overlap: 12 / 17,
        aliases: [],
      },
    ]);
  });

  test('is on five of them, and on one in ten', () => {
    const found = (having: number, others: number, goods = 60) =>
      names(contrasted([...times(having, blue, 's'), ...times(others, green, 't')], times(goods, green, 'b')));
    expect(found(5, 0)).toEqual(['deployment.ring=blue']);
    expect(found(4, 0)).toEqual([]);
    expect(found(6, 54, 400)).toEqual(['deployment.ring=blue']);
    expect(found(6, 55, 400)).toEqual([]);
  });

  test('has odds that are certainly above two', () => {
    const found = (a: number, b: number, c: number, d: number) =>
      names(
        contrasted(
          [...times(a, blue, 's'), ...times(b, green, 't')],
          [...times(c, blue, 'b'), ...times(d, green, 'c')],
        ),
      );
    expect(lower(31, 20, 13, 40)).toBeGreaterThan(2);
    expect(found(31, 20, 13, 40)).toEqual(['deployment.ring=blue']);
    expect(lower(30, 20, 13, 40)).toBeLessThan(2);
    expect(found(30, 20, 13, 40)).toEqual([]);
    expect(found(20, 20, 20, 20)).toEqual([]);
  });

  test('is no value that all requests have, or that none of the bad has', () => {
    expect(contrasted(times(12, blue, 's'), times(20, blue, 'b'))).toEqual([]);
    expect(contrasted(times(12, request(''), 's'), times(20, blue, 'b'))).toEqual([]);
    expect(contrasted([], times(20, blue, 'b'))).toEqual([]);
  });

  test('is no value that only marks the route that is bad', () => {
    const onRoute = (value: string, path: string) => request(`deployment.ring=${value}`, path);
    const bad = [...times(18, onRoute('blue', '/a'), 's'), ...times(2, onRoute('green', '/b'), 't')];
    const good = [...times(2, onRoute('blue', '/a'), 'b'), ...times(18, onRoute('green', '/b'), 'c')];
    expect(contrasted(bad, good)).toEqual([]);
    const mixed = [...good, ...times(6, onRoute('green', '/a'), 'd')];
    expect(names(contrasted(bad, mixed))).toEqual(['deployment.ring=blue']);
  });
});

describe('values on the same requests', () => {
  const marked = (...marks: readonly string[]) =>
    contrasted(times(12, request(marks.join(' ')), 's'), times(20, request(''), 'b')).map(({ key, aliases }) => [
      key,
      ...aliases,
    ]);

  test('are one, told by the most actionable', () => {
    expect(
      marked(
        'my.tenant=x',
        'cloud.region=r',
        'host.id=h',
        'container.image=i',
        'deployment.id=d',
        'service.version="2"',
        'feature_flag.a=on',
      ),
    ).toEqual([
      [
        'feature_flag.a',
        'service.version=2',
        'deployment.id=d',
        'host.id=h',
        'cloud.region=r',
        'my.tenant=x',
        'container.image=i',
      ],
    ]);
    expect(marked('zone=z', 'area=a', 'ring=r')).toEqual([['area', 'ring=r', 'zone=z']]);
  });

  test('are two when they part on more than one request in twenty', () => {
    const bad = (both: number, one: number) => [
      ...times(both, request('deployment.ring=blue area=north'), 's'),
      ...times(one, request('deployment.ring=blue'), 't'),
    ];
    const found = (both: number, one: number) => names(contrasted(bad(both, one), times(40, request(''), 'b')));
    expect(found(38, 2)).toEqual(['deployment.ring=blue']);
    expect(found(37, 2)).toEqual(['deployment.ring=blue', 'area=north']);
  });

  test('of other requests stand by their overlap, then by name', () => {
    const two = (ring: number, flag: number) =>
      names(
        contrasted(
          [...times(ring, request('zone.ring=blue'), 's'), ...times(flag, request('area.flag=on'), 't')],
          times(60, request(''), 'b'),
        ),
      );
    expect(two(14, 10)).toEqual(['zone.ring=blue', 'area.flag=on']);
    expect(two(10, 14)).toEqual(['area.flag=on', 'zone.ring=blue']);
    expect(two(12, 12)).toEqual(['area.flag=on', 'zone.ring=blue']);
  });

  test('stand by their overlap even where people act on one and not on the other', () => {
    const two = (ring: number, flag: number) =>
      names(
        contrasted(
          [...times(ring, request('deployment.ring=blue'), 's'), ...times(flag, request('area.flag=on'), 't')],
          times(60, request(''), 'b'),
        ),
      );
    expect(two(14, 10)).toEqual(['deployment.ring=blue', 'area.flag=on']);
    expect(two(10, 14)).toEqual(['area.flag=on', 'deployment.ring=blue']);
    expect(two(12, 12)).toEqual(['area.flag=on', 'deployment.ring=blue']);
  });
});

describe('which spans are asked', () => {
  const below = (marks: string, above = '') => `
web  GET /  server  0..20  ${above}
  web  GET  client  1..19
    shop  GET /shop  server  2..18  ${marks}
      shop  work  internal  3..4
`;
  const found = (one: (marks: string) => string, marks: string, usual = '') =>
    names(contrasted(times(12, one(marks), 's'), times(20, one(usual), 'b')));

  test.for([
    ['feature_flag.a=on', true],
    ['service.version="2"', true],
    ['deployment.ring=x', true],
    ['cloud.region=x', true],
    ['k8s.cluster.name=x', true],
    ['account.plan=free', true],
    ['my.area=north', false],
  ] as const)('%s of any service, if people act on it: %s', ([mark, everywhere]) => {
    const told = mark.replaceAll('"', '');
    expect(found(below, mark)).toEqual(everywhere ? [told] : []);
    expect(found((marks) => below('', marks), mark)).toEqual([told]);
    const asResource = (marks: string) => below(marks === '' ? '' : `resource.${marks}`);
    expect(found(asResource, mark)).toEqual(everywhere ? [told] : []);
  });

  test.for([
    'error.type=x',
    'exception.type=x',
    'http.response.status_code=500',
    'rpc.status_code=5',
    'db.response.status_code=1',
    'otel.status_code=x',
    'network.peer.address=x',
    'client.address=x',
    'server.port=81',
    'url.path=/a',
    'http.request.resend_count=1',
    'thread.id=3',
    'telemetry.sdk=x',
    'user.id=x',
    'enduser.id=x',
    'session.id=x',
  ])('not %s, which is a consequence or an identity', (mark) => {
    expect(found((marks) => request(marks), mark)).toEqual([]);
  });

  test('no span inside of a visit', () => {
    expect(
      found((marks) => `web  GET /  server  0..20\n  web  work  internal  1..9  ${marks}`, 'deployment.ring=x'),
    ).toEqual([]);
  });

  test('each of a service, so that a value on several of them is one', () => {
    const both = (marks: string) => below(marks, marks);
    expect(contrasted(times(12, both('service.version="2"'), 's'), times(20, both(''), 'b'))).toMatchObject([
      { key: 'service.version', services: ['shop', 'web'], counts: { a: 12, b: 0, c: 0, d: 20 } },
    ]);
  });
});

describe('one copy of a service', () => {
  const on = (web: string, shop: string) => `
web  GET /  server  0..20  resource.k8s.pod.name=${web}
  web  GET  client  1..19
    shop  GET /shop  server  2..18  resource.k8s.pod.name=${shop}
`;

  test('is told from another one of the same service', () => {
    const found = contrasted(times(12, on('w', 'a'), 's'), times(20, on('w', 'b'), 'b'));
    expect(found).toMatchObject([{ key: 'k8s.pod.name', value: 'a', services: ['shop'] }]);
  });

  test('is told from nothing when it is the only one: then its service is all that is said', () => {
    const alone = `web  GET /  server  0..20  resource.k8s.pod.name=w`;
    expect(contrasted(times(12, on('w', 'a'), 's'), times(20, alone, 'b'))).toEqual([]);
  });

  test('is another one when it bears the same name at another service', () => {
    const found = contrasted(times(12, on('a', 'b'), 's'), times(20, on('b', 'a'), 'b'));
    expect(found.map(({ value, services, aliases }) => [value, services, aliases])).toEqual([
      ['a', ['web'], ['k8s.pod.name=b']],
    ]);
  });

  test.for([
    ['k8s.pod.name', true],
    ['service.instance.id', true],
    ['container.id', true],
    ['host.name', true],
    ['k8s.node.name', true],
    ['server.address', true],
    ['host.id', false],
    ['my.host.name', false],
    ['host.name.x', false],
  ] as const)('is named by %s: %s', ([key, names]) => {
    expect(namesInstance(key)).toBe(names);
  });
});
