import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { draw } from '../draw.ts';
import { seenBy, times, viewOf } from './seen.ts';

/** Requests in bursts: each burst's calls wait one after the other in front of a callee that takes `work` ms for each. */
function bursts(
  sizes: readonly number[],
  work: number,
  wait: (place: number) => number,
  salt: string,
): readonly SpanRecord[] {
  let serial = 0;
  return sizes.flatMap((size, burst) =>
    Array.from({ length: size }, (_, place) => {
      const before = wait(place);
      serial += 1;
      const drawing = `
a  GET /x      server  0..${20 + before + work}
  a  GET       client  2..${18 + before + work}
    b  GET /y  server  ${6 + before}..${6 + before + work}
`;
      return draw(drawing).map((span) => ({
        ...span,
        traceId: `${Buffer.from(salt).toString('hex')}${serial.toString(16)}`.padStart(32, '0'),
        start: span.start + burst * 10_000_000 + place * 1_000,
        end: span.end + burst * 10_000_000 + place * 1_000,
      }));
    }).flat(),
  );
}
const calm = bursts(
  Array.from({ length: 30 }, () => 1),
  10,
  () => 1,
  'b',
);
const sizes = [2, 8, 3, 10, 5, 12];

test('D07 sees calls wait the longer the more of them are under way', () => {
  const view = viewOf(
    bursts(sizes, 10, (place) => 1 + 10 * place, 's'),
    calm,
  );
  const [finding] = seenBy('D07', view);
  expect(finding).toMatchObject({
    mechanism: 'queueing',
    component: { kind: 'edge', from: 'a', to: 'b' },
    role: 'cause',
  });
  const load = finding?.evidence.find(({ claim }) => claim === 'queueing.load');
  expect(load?.statistic?.value).toBeGreaterThan(0.8);
});

test('D07 is silent when all calls wait alike, when the callee itself is slower, and when nothing waits', () => {
  const alike = viewOf(
    bursts(sizes, 10, () => 80, 's'),
    calm,
  );
  expect(seenBy('D07', alike)).toEqual([]);
  expect(seenBy('D03', alike)).toMatchObject([{ mechanism: 'network-delay' }]);
  const slower = viewOf(
    bursts(sizes, 120, (place) => 1 + 10 * place, 's'),
    calm,
  );
  expect(seenBy('D07', slower)).toEqual([]);
  const quiet = viewOf(
    bursts(sizes, 10, () => 1, 's'),
    calm,
  );
  expect(seenBy('D07', quiet)).toEqual([]);
});

const message = (delay: number, work = 10, marks = '') => `
shop  POST /orders   server    0..20
  shop  send orders  producer  5..6   messaging.destination.name=orders messaging.operation.type=send #sent
    desk  process    consumer  ${6 + delay}..${6 + delay + work}  messaging.destination.name=orders messaging.operation.type=process ${marks}
`;

test('D07 sees messages lie in a queue though each is worked on as fast as ever', () => {
  const [finding] = seenBy('D07', viewOf(times(12, message(400), 's'), times(20, message(5), 'b')));
  expect(finding).toMatchObject({
    detector: 'D07 queue-delay',
    mechanism: 'queueing',
    component: { kind: 'operation', service: 'desk', operation: 'process orders' },
    role: 'cause',
    support: 12,
  });
  expect(finding?.evidence[0].values).toMatchObject({ now: { value: 400_000 }, usual: { value: 5_000 } });
});

test('D07 tells of messages that were taken up before', () => {
  const again = message(400, 10, 'messaging.servicebus.message.delivery_count=3');
  const [finding] = seenBy('D07', viewOf(times(12, again, 's'), times(20, message(5), 'b')));
  expect(finding?.evidence.map(({ claim }) => claim)).toContain('queueing.redelivered');
});

test('D07 calls a queue that grows behind slower work an effect, and is silent about messages meant to wait', () => {
  const slower = seenBy('D07', viewOf(times(12, message(400, 90), 's'), times(20, message(5), 'b')));
  expect(slower).toMatchObject([{ role: 'effect' }]);
  const meant = message(400, 10, 'messaging.rocketmq.message.delay_time_level=3');
  expect(seenBy('D07', viewOf(times(12, meant, 's'), times(20, message(5), 'b')))).toEqual([]);
  expect(seenBy('D07', viewOf(times(12, message(5), 's'), times(20, message(5), 'b')))).toEqual([]);
});

test('D07 takes the time at which the broker took a message in, where the sender sends no spans', () => {
  const seconds = 1_800_000_000;
  const taken = (delay: number) =>
    `\ndesk  process  consumer  ${delay}..${delay + 10}  messaging.destination.name=orders messaging.servicebus.message.enqueued_time=${seconds}\n`;
  const at = (spans: readonly SpanRecord[]) =>
    spans.map((span) => ({
      ...span,
      attributes: {
        ...span.attributes,
        'messaging.servicebus.message.enqueued_time': seconds + Math.floor((span.start - seconds * 1e6) / 1e6),
      },
    }));
  const [finding] = seenBy('D07', viewOf(at(times(12, taken(400), 's')), at(times(20, taken(5), 'b'))));
  expect(finding).toMatchObject({ component: { kind: 'operation', service: 'desk' }, mechanism: 'queueing' });
});
