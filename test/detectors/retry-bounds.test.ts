import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { seenBy, times, viewOf } from './seen.ts';

/** An attempt: from when to when, ms, and what is said of it. */
type Try = readonly [from: number, to: number, marks?: string];

const FAILED = '!"reset"';
const page = (end: number, ...tries: readonly Try[]) =>
  `\ndoor  GET /page  server  0..${end}\n${tries
    .map(
      ([from, to, marks = '']) =>
        `  door  GET  client  ${from}..${to}  server.address=desk url.full=http://desk/seat ${marks}\n    desk  GET /seat  server  ${from + 1}..${to - 1}`,
    )
    .join('\n')}\n`;
const usual = times(30, page(60, [5, 55]), 'b');
const chain = (drawing: string, before: readonly SpanRecord[] = usual, count = 12) =>
  seenBy('D12', viewOf(times(count, drawing, 's'), before));

test.each<readonly [string, string, string]>([
  ['a tenth of the request is felt', 'cause', page(500, [5, 25, FAILED], [55, 75])],
  ['and less is not', 'context', page(500.1, [5, 25, FAILED], [55, 75])],
  ['what failed in the end is not told as a cause', 'context', page(500, [5, 25, FAILED], [205, 225, FAILED])],
])('D12: %s', (_, role, drawing) => {
  expect(chain(drawing)).toMatchObject([{ role, mechanism: 'error', support: 12, strength: 0.91, specificity: 1 }]);
});

test('D12 is a cause when more than half of the calls worked in the end', () => {
  const worked = page(500, [5, 25, FAILED], [205, 225]);
  const failed = page(500, [5, 25, FAILED], [205, 225, FAILED]);
  const mixed = (good: number, bad: number) =>
    seenBy('D12', viewOf([...times(good, worked, 's'), ...times(bad, failed, 'f')], usual));
  expect(mixed(7, 5)).toMatchObject([{ role: 'cause', support: 12 }]);
  expect(mixed(6, 6)).toMatchObject([{ role: 'context', support: 12 }]);
  expect(mixed(7, 5)[0]?.evidence[1]?.values).toMatchObject({ masked: { value: 7 }, calls: { value: 12 } });
});

test('D12 shows the middle one of the chains by what it lost, and counts requests on both sides', () => {
  const lost = (pause: number) => page(700, [5, 25, FAILED], [25 + pause, 45 + pause]);
  const now = [300, 100, 200, 500, 400].flatMap((pause, i) => times(3, lost(pause), `s${i}`));
  const before = [...usual, ...times(3, lost(100), 'c')];
  const [finding] = seenBy('D12', viewOf([...now, ...times(5, page(60, [5, 55]), 'q')], before));
  expect(finding).toMatchObject({ support: 15, specificity: 0.909 });
  expect(finding?.evidence[0]).toMatchObject({
    traceId: times(2, page(1), 's0')[1]?.traceId,
    values: {
      from: { value: 'door' },
      to: { value: 'desk' },
      operation: { value: 'GET' },
      attempts: { value: 2 },
      lost: { value: 320_000 },
    },
    counts: { with: 15, of: 20, baselineWith: 3, baselineOf: 33 },
  });
});

test('D12 tells of each callee and operation by itself, alone with half the certainty', () => {
  const two = `
door  GET /page  server  0..700
  door  GET  client  5..25  server.address=desk url.full=http://desk/seat !"reset"
  door  GET  client  105..125  server.address=desk url.full=http://desk/seat
  door  GET  client  205..225  server.address=till url.full=http://till/sum !"reset"
  door  GET  client  305..325  server.address=till url.full=http://till/sum
`;
  expect(seenBy('D12', viewOf(times(3, two, 's')))).toMatchObject([
    { component: { to: 'desk' }, strength: 0.5, specificity: 1, support: 3, role: 'cause' },
    { component: { to: 'till' }, strength: 0.5, specificity: 1, support: 3, role: 'cause' },
  ]);
});

test('D12 calls it a timeout when more than half of the first attempts were given up on', () => {
  const gone = page(500, [5, 25, '!"no answer" error.type=TimeoutError'], [205, 225]);
  const reset = page(500, [5, 25, FAILED], [205, 225]);
  const mixed = (unanswered: number, other: number) =>
    seenBy('D12', viewOf([...times(unanswered, gone, 's'), ...times(other, reset, 'r')], usual));
  expect(mixed(7, 5)).toMatchObject([{ mechanism: 'timeout', strength: 0.455 }]);
  expect(mixed(6, 6)).toMatchObject([{ mechanism: 'error', strength: 0.91 }]);
});

const factors = (drawing: string, before: readonly SpanRecord[] = usual) =>
  seenBy('D13', viewOf(times(12, drawing, 's'), before)).map(({ evidence: [load, ...layers] }) => [
    load.values.factor?.value,
    load.values.usual?.value,
    ...layers.map(({ values }) => [values.from?.value, values.to?.value, values.factor?.value, values.most?.value]),
  ]);

test.each<readonly [string, unknown, readonly Try[]]>([
  [
    'two attempts are two',
    [[2, 1, ['door', 'desk', 2, 2]]],
    [
      [5, 25, FAILED],
      [30, 55],
    ],
  ],
  [
    'the next may begin a little before the other failed',
    [[2, 1, ['door', 'desk', 2, 2]]],
    [
      [5, 25, FAILED],
      [23, 55],
    ],
  ],
  [
    'and not earlier than that',
    [],
    [
      [5, 25, FAILED],
      [22.9, 55],
    ],
  ],
  [
    'what comes after an answer is another call',
    [],
    [
      [5, 25],
      [30, 55],
    ],
  ],
  [
    'three of one call',
    [[3, 1, ['door', 'desk', 3, 3]]],
    [
      [5, 15, FAILED],
      [20, 30, FAILED],
      [35, 55],
    ],
  ],
  [
    'three of two calls are three for two',
    [[3, 1, ['door', 'desk', 1.5, 3]]],
    [
      [5, 15],
      [20, 30, FAILED],
      [35, 55],
    ],
  ],
  [
    'four of three calls are too few',
    [],
    [
      [5, 15],
      [16, 18],
      [20, 30, FAILED],
      [35, 55],
    ],
  ],
  [
    'a cancelled one beside another is of the same call',
    [[2, 1, ['door', 'desk', 2, 2]]],
    [
      [5, 40],
      [20, 41, '! error.type=AbortError'],
    ],
  ],
  [
    'a cancelled one beside a failed one is not',
    [],
    [
      [5, 40, FAILED],
      [20, 41, '! error.type=AbortError'],
    ],
  ],
  [
    'one that failed beside another is not',
    [],
    [
      [5, 40],
      [20, 41, FAILED],
    ],
  ],
  [
    'a cancelled one that begins when the other ends is not beside it',
    [],
    [
      [5, 20],
      [20, 41, '! error.type=AbortError'],
    ],
  ],
  [
    'one that begins a moment before is',
    [[2, 1, ['door', 'desk', 2, 2]]],
    [
      [5, 20],
      [19.9, 41, '! error.type=AbortError'],
    ],
  ],
])('D13 counts attempts: %s', (_, told, tries) => {
  expect(factors(page(60, ...tries))).toEqual(told);
});

const stated = (marks: string, server = '') => `
door  GET /page      server  0..60
  door  GET          client  2..52  server.address=desk url.full=http://desk/seat ${marks}
    desk  GET /seat  server  4..50  ${server}
`;

test.each<readonly [string, number | undefined, string, string]>([
  ['a header of Envoy', 3, '', 'http.request.header.x-envoy-attempt-count=["3"]'],
  ['a tag of Envoy', 3, 'x-envoy-attempt-count=3', ''],
  ['what comes before a gRPC attempt', 4, 'grpc.previous-rpc-attempts=3', ''],
  ['the same in other words', 4, 'previous-rpc-attempts=3', ''],
  ['and in others', 4, 'rpc.grpc.previous_attempts=3', ''],
  ['the larger of what both sides say', 5, 'x-envoy-attempt-count=3', 'grpc.previous-rpc-attempts=4'],
  ['at most 64', 64, 'x-envoy-attempt-count=5000', ''],
  ['a first attempt', undefined, 'x-envoy-attempt-count=1', ''],
  ['none before it', undefined, 'grpc.previous-rpc-attempts=0', ''],
  ['no part of one', undefined, 'x-envoy-attempt-count=2.5', ''],
  ['no words', undefined, 'x-envoy-attempt-count=many', ''],
  ['the first of several headers', 2, 'http.request.header.x-envoy-attempt-count=["2","9"]', ''],
])('D13 believes what is stated: %s', (_, factor, client, server) => {
  const [finding] = factors(stated(client, server));
  expect(finding?.[0]).toBe(factor);
});

test('D13 multiplies layers and accuses the one nearest to the fault', () => {
  const tries = (n: number, from: number) =>
    Array.from({ length: n }, (_, i) => {
      const at = from + i * 20;
      return `    desk  GET  client  ${at}..${at + 15}  server.address=keys url.full=http://keys/k ${i < n - 1 ? FAILED : ''}\n      keys  GET /k  server  ${at + 1}..${at + 14}`;
    }).join('\n');
  const layered = (outer: number, inner: number) => `
door  GET /page  server  0..400
${Array.from({ length: outer }, (_, i) => `  door  GET  client  ${5 + i * 100}..${95 + i * 100}  server.address=desk url.full=http://desk/seat ${i < outer - 1 ? FAILED : ''}\n   desk  GET /seat  server  ${6 + i * 100}..${94 + i * 100}\n${tries(inner, 10 + i * 100)}`).join('\n')}
`;
  const before = times(30, layered(1, 1), 'b');
  const view = viewOf(times(12, layered(2, 3), 's'), before);
  expect(seenBy('D13', view)).toMatchObject([
    { component: { from: 'desk', to: 'keys' }, support: 12, strength: 0.833 },
  ]);
  expect(factors(layered(2, 3), before)).toEqual([[6, 1, ['desk', 'keys', 3, 3], ['door', 'desk', 2, 2]]]);
});

test('D13 measures against what requests of the same route usually call, and alone against the attempts themselves', () => {
  const tried = page(60, [5, 25, FAILED], [30, 55]);
  const list = page(60, [5, 15], [16, 25], [30, 40], [41, 55]).replace('GET /page', 'GET /list');
  expect(factors(tried, [...usual, ...times(30, list, 'c')])).toEqual([[2, 1, ['door', 'desk', 2, 2]]]);
  expect(factors(tried, [])).toEqual([[2, 1, ['door', 'desk', 2, 2]]]);
  // A little more than usual is as usual: attempts have to grow by a fifth, and the load by a half.
  const some = [...times(20, tried, 'b'), ...times(10, page(60, [5, 55]), 'c')];
  expect(factors(tried, some)).toEqual([]);
});
