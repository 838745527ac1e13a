import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { MINUTE, SECOND } from '../../src/model/units.ts';
import { traceLineage, unusualActor } from '../../src/population/lineage.ts';
import { times, viewOf } from '../detectors/seen.ts';

const reading = (user: string, rows: number) => `
web  GET /history  server  0..40  user.id="${user}"  client.address=198.51.100.4
  web  SELECT orders  client  5..30  db.system.name=postgresql db.operation.name=SELECT db.collection.name=orders db.response.returned_rows=${rows}
`;
const customers = (count: number, salt: string, rows = 10) =>
  Array.from({ length: count }, (_, i) => times(1, reading(`u-${i}`, rows), `${salt}${i}-`)).flat();

test('whoever reads many times what others do is unusual', () => {
  const view = viewOf([...customers(20, 's'), ...times(3, reading('bulk', 2_000), 'x')], customers(20, 'b'));
  expect(unusualActor(view)).toEqual({ key: 'user.id', value: 'bulk' });
  expect(traceLineage(view, { key: 'user.id', value: 'bulk' })).toMatchObject({
    requests: 3,
    data: [{ service: 'web', target: 'orders', effect: 'read', operations: 3, rows: 6_000 }],
  });
});

test('reading often, but no more than all do, is not', () => {
  const view = viewOf([...customers(20, 's'), ...times(30, reading('busy', 12), 'x')], customers(20, 'b'));
  expect(unusualActor(view)).toBeUndefined();
});

const earlier = (spans: readonly SpanRecord[], by: number) =>
  spans.map((span) => ({ ...span, start: span.start - by, end: span.end - by }));

test('what an actor did just before an alert is no habit of its own', () => {
  const before = [...customers(60, 'b'), ...times(8, reading('bulk', 1_800), 'y')];
  const window = [...customers(20, 's'), ...times(3, reading('bulk', 2_000), 'x')];
  expect(unusualActor(viewOf(window, earlier(before, 20 * SECOND)))?.value).toBe('bulk');
  expect(unusualActor(viewOf(window, earlier(before, 2 * MINUTE)))).toBeUndefined();
});

test('nor is a bulk reader who always was one, however rare its requests', () => {
  const before = earlier([...customers(60, 'b'), ...times(1, reading('bulk', 1_800), 'y')], 5 * MINUTE);
  expect(
    unusualActor(viewOf([...customers(20, 's'), ...times(3, reading('bulk', 2_000), 'x')], before)),
  ).toBeUndefined();
  // But the same account that reads ten times as much as it ever did is.
  const more = viewOf([...customers(20, 's'), ...times(3, reading('bulk', 20_000), 'x')], before);
  expect(unusualActor(more)?.value).toBe('bulk');
});

test('without a healthy window most requests may be the bulk reader’s: the usual is that of the middle actor', () => {
  const view = viewOf([...customers(5, 's'), ...times(30, reading('bulk', 2_000), 'x')]);
  expect(unusualActor(view)?.value).toBe('bulk');
});

test('everybody reading more is nobody’s doing', () => {
  expect(unusualActor(viewOf(customers(20, 's', 100), customers(20, 'b', 30)))).toBeUndefined();
});
