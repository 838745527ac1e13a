import { describe, expect, test } from 'vitest';
import { chargeTime } from '../../src/population/charges.ts';
import { queueDelays } from '../../src/population/queue-delays.ts';
import { DRAWN_EPOCH, drawTable } from '../draw.ts';

/** The messages of a drawing by whoever took them up. */
function delays(drawing: string) {
  const { table, nameOf } = drawTable(drawing);
  const charges = chargeTime(table);
  return [...queueDelays(table, charges)].map(([key, list]) => {
    const [party = '', operation = ''] = key.split(' ');
    return {
      by: `${charges.parties.names[Number(party)]} ${table.text(Number(operation))}`,
      messages: list.map(({ row, producer, ...told }) => ({
        ...told,
        from: producer < 0 ? undefined : nameOf(producer),
        to: nameOf(row),
      })),
    };
  });
}

const sent = (marks = '', late = '') => `
shop  GET /  server  0..9
  shop  publish  producer  1..2  #sent  messaging.destination.name=letters ${late}
    mail  process  consumer  32..40  #taken  messaging.destination.name=letters ${marks}
`;
const one = (more: Readonly<Record<string, unknown>> = {}) => [
  {
    by: 'mail letters',
    messages: [{ trace: 0, delay: 30_000, redelivered: false, from: 'sent', to: 'taken', ...more }],
  },
];

describe('a message that was sent and taken up', () => {
  test('lay for as long as lies between', () => {
    expect(delays(sent())).toEqual(one());
  });

  test.for([
    ['messaging.servicebus.message.delivery_count=2', true],
    ['messaging.message.delivery_attempt=3', true],
    ['messaging.servicebus.message.delivery_count=1', false],
    ['messaging.message.delivery_attempt=0', false],
    ['messaging.message.delivery_attempt=many', false],
  ] as const)('was given back before if it says %s: %s', ([mark, redelivered]) => {
    expect(delays(sent(mark))).toEqual(one({ redelivered }));
  });

  test.for([
    'messaging.rocketmq.message.delay_time_level=3',
    'messaging.rocketmq.message.delivery_timestamp=7',
  ])('is none that waited when it was meant to: %s', (mark) => {
    expect(delays(sent(mark))).toEqual([]);
    expect(delays(sent('', mark))).toEqual([]);
  });

  test('is counted once, even where the broker tells as well', () => {
    expect(delays(sent(`messaging.servicebus.message.enqueued_time=${DRAWN_EPOCH / 1_000_000}`))).toEqual(one());
  });
});

describe('a message of which only the broker knows', () => {
  const taken = (marks: string, kind = 'consumer') =>
    delays(`mail  process  ${kind}  40..50  #taken  messaging.destination.name=letters ${marks}`);
  const enqueued = (ms: number) => DRAWN_EPOCH / 1_000_000 + ms / 1_000;
  const known = (delay: number) => one({ delay, from: undefined });

  test.for(['servicebus', 'eventhubs'])('lay since it was taken in: %s', (broker) => {
    const key = `messaging.${broker}.message.enqueued_time`;
    expect(taken(`${key}=${enqueued(-1_960)}`)).toEqual(known(2_000_000));
    // Clocks differ; nothing is taken up before it came.
    expect(taken(`${key}=${enqueued(3_000)}`)).toEqual(known(0));
    expect(taken(`${key}=0`)).toEqual([]);
    expect(taken(`${key}=-5`)).toEqual([]);
    expect(taken(`${key}=soon`)).toEqual([]);
  });

  test('is looked for at consumers that did not fail', () => {
    const mark = `messaging.servicebus.message.enqueued_time=${enqueued(-1_960)}`;
    expect(taken(mark, 'internal')).toEqual([]);
    expect(taken(`${mark} !`)).toEqual([]);
    expect(taken('')).toEqual([]);
  });

  test('stands with others that the same operation took up, in the order of rows', () => {
    const mark = (ms: number) => `messaging.servicebus.message.enqueued_time=${enqueued(ms)}`;
    const two = delays(`
mail  process  consumer  40..50  #a  ${mark(30)}
---
mail  process  consumer  60..70  #b  ${mark(40)}
---
mail  other  consumer  80..90  #c  ${mark(79)}
`);
    expect(
      two.map(({ by, messages }) => [by, ...messages.map(({ to, delay, trace }) => `${to} ${delay} ${trace}`)]),
    ).toEqual([
      ['mail process', 'a 10000 0', 'b 20000 1'],
      ['mail other', 'c 1000 2'],
    ]);
  });
});
