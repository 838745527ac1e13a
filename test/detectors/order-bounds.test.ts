import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { seenBy, times, viewOf } from './seen.ts';

const INSERT =
  'INSERT orders  client  %  db.system.name=postgresql db.operation.name=INSERT db.query.summary="INSERT orders"';
/** Something is put on hold from 5 to 40 ms; the order is written, and something may follow. */
const order = (from: number, to: number, after = '', callee = true, version = '1') => `
sales  POST /orders  server  0..90  resource.service.version=${version}
  sales  POST  client  5..40  server.address=stock  resource.service.version=${version}
${callee ? '    stock  POST /holds  server  7..38' : ''}
  sales  ${INSERT.replace('%', `${from}..${to}`)}  resource.service.version=${version}
${after}`;
const kept = order(42, 50);
const broken = (suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = times(60, kept, 'b')) =>
  ['D18', 'D19'].flatMap((number) => seenBy(number, viewOf(suspects, baseline)));

test.each<readonly [string, string, number, number]>([
  ['a write that was over before the acknowledgement', 'order.ended-before', 6, 14],
  ['one that only began before it', 'order.began-before', 30, 60],
])('D19 tells of %s', (_, claim, from, to) => {
  const [finding] = broken(times(20, order(from, to), 's'));
  expect(finding).toMatchObject({ mechanism: 'premature-commit', role: 'cause', support: 20 });
  expect(finding?.evidence[0]).toMatchObject({
    claim,
    values: {
      service: { value: 'sales' },
      step: { value: 'INSERT orders' },
      to: { value: 'stock' },
      call: { value: 'POST /holds' },
    },
    counts: { with: 20, of: 20, baselineWith: 0, baselineOf: 60 },
  });
  expect(finding?.evidence[1]?.values).toMatchObject({ broken: { value: 20 }, of: { value: 20 }, kept: { value: 60 } });
});

test('D19 counts who still waits, and shows the breach in the middle', () => {
  const margins = [10, 30, 20, 14, 25].flatMap((to, i) => times(3, order(6, to), `s${i}`));
  const [finding] = broken([...margins, ...times(5, kept, 'k')]);
  expect(finding).toMatchObject({ support: 15 });
  expect(finding?.evidence[0]).toMatchObject({
    counts: { with: 15, of: 20 },
    values: { margin: { value: 20_000 } },
  });
});

test('D19 shows both sides of the call where both are there, and the call alone where not', () => {
  const [both] = broken(times(20, order(6, 14), 's'));
  expect(both?.evidence[0].spanIds).toHaveLength(3);
  const silent = broken(times(20, order(6, 14, '', false), 's'), times(60, order(42, 50, '', false), 'b'));
  expect(silent[0]?.evidence[0].spanIds).toHaveLength(2);
  expect(silent[0]?.evidence[0].values).toMatchObject({ to: { value: 'stock' }, call: { value: 'POST' } });
});

test('D19 tells of the version that came with it', () => {
  const [finding] = broken(times(20, order(6, 14, '', true, '2'), 's'));
  expect(finding?.evidence.map(({ claim }) => claim)).toEqual([
    'order.ended-before',
    'order.counts',
    'version.changed',
  ]);
});

test.each([
  'compensate',
  'compensating',
  'rollback',
  'roll back',
  'revert',
  'undo',
  'cancel',
  'cancelled',
  'release',
  'refund',
  'conflict',
])('D19 takes "%s" for what came of it', (name) => {
  const repaired = order(6, 14, `  sales  ${name} order  internal  60..70\n    sales  tidy  internal  61..62\n`);
  const [finding] = broken([...times(6, repaired, 's'), ...times(14, order(6, 14), 't')]);
  expect(finding?.evidence.at(-1)).toMatchObject({
    claim: 'order.sequel',
    traceId: times(1, repaired, 's')[0]?.traceId,
    values: { operation: { value: `${name} order` }, with: { value: 6 }, of: { value: 20 } },
    counts: { with: 6, of: 20 },
  });
});

test('D19 takes a conflict that was answered for what came of it, the deepest one, and nothing else', () => {
  const refused =
    '  sales  PUT  client  60..70  server.address=till http.response.status_code=409\n    till  PUT /sum  server  61..69  http.response.status_code=409\n';
  const [finding] = broken(times(20, order(6, 14, refused), 's'));
  expect(finding?.evidence.at(-1)?.values.operation?.value).toBe('PUT /sum');
  const other = '  sales  PUT  client  60..70  server.address=till http.response.status_code=404\n';
  expect(broken(times(20, order(6, 14, other), 's'))[0]?.evidence.map(({ claim }) => claim)).not.toContain(
    'order.sequel',
  );
});

test('D18 and D19 speak of a few requests only where a rule was kept always and is broken always', () => {
  const few = broken(times(3, order(6, 14), 's')).map(({ strength, support }) => [strength, support]);
  expect(few).toMatchSnapshot();
  const mixed = broken([...times(2, order(6, 14), 's'), ...times(2, kept, 'k')]).map(({ strength, support }) => [
    strength,
    support,
  ]);
  expect(mixed).toMatchSnapshot();
});
