import { expect, test } from 'vitest';
import { tracesWithLateMessages } from '../../src/detectors/queue-delay.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { once, seenBy, times, viewOf } from './seen.ts';

const message = (delay: number, work = 10, marks = '', topic = 'orders') => `
shop  POST /orders   server    0..20
  shop  send ${topic}  producer  5..6   messaging.destination.name=${topic} messaging.operation.type=send
    desk  process    consumer  ${6 + delay}..${6 + delay + work}  messaging.destination.name=${topic} messaging.operation.type=process ${marks}
`;
const usual = times(20, message(5), 'b');
const lies = (suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = usual) =>
  seenBy('D07', viewOf(suspects, baseline));

test.each<readonly [string, boolean, number, number, number]>([
  ['more than twenty milliseconds more are waiting', true, 12, 20, 25.1],
  ['and no more than that are not', false, 12, 20, 25],
  ['five messages now and before are enough', true, 5, 5, 400],
  ['four now are not', false, 4, 20, 400],
  ['four before are not', false, 12, 4, 400],
])('D07 messages: %s', (_, told, now, before, delay) => {
  expect(lies(times(now, message(delay), 's'), times(before, message(5), 'b')).length > 0).toBe(told);
});

test('D07 shows the message in the middle and counts requests whose messages lay longer than usual', () => {
  const delays = [300, 100, 15, 500, 400, 200, 25];
  const suspects = delays.flatMap((delay, i) => once(`s${i}`, message(delay)));
  const [finding] = lies(suspects);
  expect(finding).toMatchObject({ role: 'cause', support: 5 });
  expect(finding?.evidence[0]).toMatchObject({
    traceId: once('s5', message(1))[0]?.traceId,
    values: { now: { value: 200_000 }, usual: { value: 5_000 } },
    counts: { with: 5, of: 7, baselineOf: 20 },
  });
  const view = viewOf(suspects, usual);
  const [evidence] = finding?.evidence ?? [];
  if (evidence === undefined) throw new Error('There is evidence');
  const late = tracesWithLateMessages(view, evidence);
  const lateOnes = view.table.traceIds.filter((_, trace) => late[trace] === 1);
  const expected = [0, 1, 3, 4, 5].map((i) => once(`s${i}`, message(1))[0]?.traceId);
  expect(lateOnes.toSorted()).toEqual(expected.toSorted());
  const elsewhere = { ...evidence, values: { ...evidence.values, service: { unit: 'name', value: 'mail' } as const } };
  expect(tracesWithLateMessages(view, elsewhere).includes(1)).toBe(false);
  const other = { ...evidence, values: { ...evidence.values, operation: { unit: 'name', value: 'other' } as const } };
  expect(tracesWithLateMessages(view, other).includes(1)).toBe(false);
});

test('D07 counts only late messages of the window', () => {
  const before = [...usual, ...times(5, message(400), 'c')];
  const view = viewOf(times(12, message(400), 's'), before);
  const [finding] = seenBy('D07', view);
  expect(finding).toMatchObject({ support: 12 });
  const [evidence] = finding?.evidence ?? [];
  expect(
    evidence === undefined ? [] : [...tracesWithLateMessages(view, evidence)].filter((late) => late === 1),
  ).toHaveLength(12);
});

test('D07 is an effect where the work itself became much slower, and tells of each queue by its name', () => {
  expect(lies(times(12, message(400, 11), 's'))).toMatchObject([{ role: 'cause' }]);
  expect(lies(times(12, message(400, 40), 's'))).toMatchObject([{ role: 'effect' }]);
  const two = [...times(6, message(400, 10, '', 'zebra'), 's'), ...times(7, message(300), 't')];
  const before = [...usual, ...times(20, message(5, 10, '', 'zebra'), 'z')];
  expect(lies(two, before).map(({ component, support }) => [component, support])).toEqual([
    [{ kind: 'operation', service: 'desk', operation: 'process orders' }, 7],
    [{ kind: 'operation', service: 'desk', operation: 'process zebra' }, 6],
  ]);
});

test('D07 counts messages that were taken up before', () => {
  const again = times(4, message(400, 10, 'messaging.servicebus.message.delivery_count=3'), 'r');
  const [finding] = lies([...again, ...times(8, message(400), 's')]);
  expect(finding?.evidence[1]).toMatchObject({
    claim: 'queueing.redelivered',
    values: { again: { value: 4 }, of: { value: 12 } },
  });
});

/** Bursts of calls that begin together; each waits for the ones before it. */
const bursts = (sizes: readonly number[], wait: (place: number) => number, salt: string, work = 10) =>
  sizes.flatMap((size, burst) =>
    Array.from({ length: size }, (_, place) => {
      const ahead = wait(place);
      const drawing = `
a  GET /x      server  0..${20 + ahead + work}
  a  GET       client  2..${18 + ahead + work}
    b  GET /y  server  ${6 + ahead}..${6 + ahead + work}
`;
      return once(`${salt}${burst}-${place}`, drawing, burst * 10_000 + place);
    }).flat(),
  );
const calm = bursts(
  Array.from({ length: 30 }, () => 1),
  () => 1,
  'b',
);
const queues = (suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = calm) =>
  seenBy('D07', viewOf(suspects, baseline)).map(({ evidence }) => evidence.at(-1)?.values);

test('D07 needs twenty calls that wait, and healthy calls to compare with', () => {
  const line = (sizes: readonly number[]) => bursts(sizes, (place) => 1 + 10 * place, 's');
  expect(queues(line([10, 9]))).toEqual([]);
  expect(queues(line([10, 10]))).toMatchObject([{ to: { value: 'b' } }]);
  expect(queues(line([10, 10]), [])).toEqual([]);
});

test('D07 says nothing where as many are always under way, or where they wait behind the work', () => {
  const busy = bursts([10, 10, 10], () => 60, 'b', 10);
  expect(
    queues(
      bursts([10, 10], (place) => 100 + 20 * place, 's'),
      busy,
    ),
  ).toEqual([]);
  const behind = bursts([10, 10], () => 1, 's').map((span, i) =>
    span.service === 'a' ? { ...span, end: span.end + 10_000 * (Math.floor(i / 3) % 10) } : span,
  );
  expect(queues(behind)).toEqual([]);
});
