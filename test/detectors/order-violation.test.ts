import { expect, test } from 'vitest';
import type { View } from '../../src/population/view.ts';
import { seenBy, times, viewOf } from './seen.ts';

const visit = (write: string, call = '5..40') => `
sales  POST /orders        server  0..60
  sales  POST              client  ${call}   server.address=stock
    stock  POST /holds     server  7..38
  sales  INSERT orders     client  ${write}  db.system.name=postgresql db.operation.name=INSERT db.collection.name=orders
`;
const waits = visit('42..50');
const seenOrder = (view: View) => [...seenBy('D18', view), ...seenBy('D19', view)];

test('D19 sees a write that ended before the acknowledgement it always waited for', () => {
  const findings = seenBy('D19', viewOf(times(15, visit('6..14'), 's'), times(40, waits, 'b')));
  expect(findings).toMatchObject([
    {
      detector: 'D19 premature-commit',
      mechanism: 'premature-commit',
      component: { kind: 'service', service: 'sales' },
      role: 'cause',
      support: 15,
    },
  ]);
  expect(findings[0]?.evidence[0]).toMatchObject({
    claim: 'order.ended-before',
    values: { margin: { unit: 'us', value: 26_000 }, to: { value: 'stock' }, call: { value: 'POST /holds' } },
    counts: { with: 15, of: 15, baselineWith: 0, baselineOf: 40 },
  });
});

test('D19 sees a write before the call has even begun', () => {
  const findings = seenBy('D19', viewOf(times(15, visit('1..4'), 's'), times(40, waits, 'b')));
  expect(findings).toMatchObject([{ mechanism: 'premature-commit' }]);
});

test('D18 and D19 are silent within the grain of the clocks', () => {
  expect(seenOrder(viewOf(times(15, visit('39..47'), 's'), times(40, waits, 'b')))).toEqual([]);
});

test('D18 and D19 are silent where the order was never kept, or too rarely seen', () => {
  const mixed = [...times(30, waits, 'b'), ...times(10, visit('6..14'), 'm')];
  expect(seenOrder(viewOf(times(15, visit('6..14'), 's'), mixed))).toEqual([]);
  expect(seenOrder(viewOf(times(15, visit('6..14'), 's'), times(5, waits, 'b')))).toEqual([]);
  expect(seenOrder(viewOf(times(15, visit('6..14'), 's')))).toEqual([]);
});

test('one breach is tolerated from twenty kept orders on: a request was under way when the new version took over', () => {
  const kept = (count: number, breaches: number) => [
    ...times(count - breaches, waits, 'b'),
    ...times(breaches, visit('6..14'), 'm'),
  ];
  const now = times(15, visit('6..14'), 's');
  expect(seenBy('D19', viewOf(now, kept(20, 1)))).toMatchObject([{ mechanism: 'premature-commit', support: 15 }]);
  // Fewer orders were too few to say that one breach is an exception, and two breaches are no exception any more.
  expect(seenOrder(viewOf(now, kept(19, 1)))).toEqual([]);
  expect(seenOrder(viewOf(now, kept(20, 2)))).toEqual([]);
});

test('D19 does not take a call that merely became slower for a step that stopped waiting', () => {
  // The write always began 37 ms after the call; now the call takes longer than that.
  const slower = visit('42..50', '5..300').replace('0..60', '0..310').replace('7..38', '7..298');
  const [finding] = seenBy('D19', viewOf(times(15, slower, 's'), times(40, waits, 'b')));
  expect(finding?.strength ?? 0).toBeLessThan(0.45);
});

test('D19 tells of conflicts and repairs that followed, from the deepest span that shows them', () => {
  const conflicted = `${visit('6..14')}  sales  POST  client  52..58  server.address=stock http.response.status_code=409 !\n    stock  POST /releases  server  53..57  http.response.status_code=409 http.route=/releases\n`;
  const [finding] = seenBy('D19', viewOf(times(15, conflicted, 's'), times(40, waits, 'b')));
  expect(finding?.evidence.find(({ claim }) => claim === 'order.sequel')?.values).toMatchObject({
    operation: { value: 'POST /releases' },
    with: { value: 15 },
  });
});
