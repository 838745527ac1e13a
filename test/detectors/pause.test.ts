import { expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { draw } from '../draw.ts';
import { seenBy, times, viewOf } from './seen.ts';

/** Requests of one process that overlap, each begun `every` ms after the one before; `ends` says when each is done. */
function together(
  count: number,
  every: number,
  ends: (i: number) => number,
  salt: string,
  pod = 'p1',
): readonly SpanRecord[] {
  return Array.from({ length: count }, (_, i) =>
    draw(`\nweb  GET /  server  ${i * every}..${ends(i)}  resource.k8s.pod.name=${pod}\n`).map((span) => ({
      ...span,
      traceId: `${Buffer.from(salt).toString('hex')}${i.toString(16)}`.padStart(32, '0'),
    })),
  ).flat();
}
const usual = together(30, 4, (i) => i * 4 + 20, 'b');

test('D26 sees a process stop with everything it was doing', () => {
  // Five requests are at work when the process stops at 20 ms; they are all done right after it goes on at 320 ms.
  const stopped = together(5, 4, (i) => 320 + i / 2, 's');
  const [finding] = seenBy('D26', viewOf(stopped, usual));
  expect(finding).toMatchObject({
    mechanism: 'pause',
    component: { kind: 'service', service: 'web' },
    support: 5,
    role: 'cause',
  });
  expect(finding?.evidence.map(({ claim }) => claim)).toEqual(['pause.still', 'pause.process']);
  expect(finding?.evidence[0].values).toMatchObject({ requests: { value: 5 } });
});

/** Calls of `door` to the one process of `web`, sent every `every` ms, taken up when `begins` says, done 10 ms later. */
function waiting(count: number, every: number, begins: (i: number) => number, salt: string): readonly SpanRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const [sent, begun] = [i * every, begins(i)];
    const drawing = `
door  GET /  server  ${sent}..${begun + 14}  resource.service.instance.id=d${salt}${i}
  door  GET  client  ${sent + 1}..${begun + 12}  resource.service.instance.id=d${salt}${i}
    web  GET /  server  ${begun}..${begun + 10}  resource.k8s.pod.name=p1
`;
    const traceId = `${Buffer.from(salt).toString('hex')}${i.toString(16)}`.padStart(32, '0');
    return draw(drawing).map((span) => ({ ...span, traceId }));
  }).flat();
}

test('D26 sees a process stop that does not even take up what was sent to it', () => {
  const before = waiting(30, 40, (i) => i * 40 + 3, 'b');
  // It stands still from 0 to 300 ms and from 1,000 to 1,300 ms; whatever was sent meanwhile is taken up right after.
  const still = (sent: number) => (sent % 1_000 < 300 ? Math.floor(sent / 1_000) * 1_000 + 300 + (sent % 4) : sent + 3);
  const [finding] = seenBy(
    'D26',
    viewOf(
      waiting(30, 80, (i) => still(i * 80), 's'),
      before,
    ),
  );
  expect(finding).toMatchObject({ mechanism: 'pause', component: { kind: 'service', service: 'web' }, role: 'cause' });
  expect(finding?.evidence[0].values).toMatchObject({ time: { value: 299_000 } });
});

test('D26 does not take a slow network, nor an idle process, for a pause', () => {
  const before = waiting(30, 40, (i) => i * 40 + 3, 'b');
  const pauses = (spans: readonly SpanRecord[]) =>
    seenBy('D26', viewOf(spans, before)).filter(({ detector }) => detector === 'D26 pause');
  expect(pauses(waiting(30, 40, (i) => i * 40 + 200, 's'))).toEqual([]);
  // Nothing for ten seconds, then four at once, which are taken up as quickly as ever.
  const burst = waiting(4, 1, (i) => i + 5, 's').map((span) => ({
    ...span,
    start: span.start + 10_000_000,
    end: span.end + 10_000_000,
  }));
  expect(pauses([...waiting(3, 40, (i) => i * 40 + 3, 't'), ...burst])).toEqual([]);
});

test('D26 is silent about requests that only take long: they go on one by one', () => {
  expect(
    seenBy(
      'D26',
      viewOf(
        together(5, 4, (i) => 320 + i * 60, 's'),
        usual,
      ),
    ),
  ).toEqual([]);
});

test('D26 is silent about two requests, about processes that are each their own, and about pauses that always were', () => {
  expect(
    seenBy(
      'D26',
      viewOf(
        together(2, 4, (i) => 320 + i / 2, 's'),
        usual,
      ),
    ),
  ).toEqual([]);
  const apart = [1, 2, 3, 4].flatMap((n) => together(1, 4, () => 320, `s${n}`, `q${n}`));
  expect(seenBy('D26', viewOf(apart, usual)).filter(({ detector }) => detector === 'D26 pause')).toEqual([]);
  const stopped = together(5, 4, (i) => 320 + i / 2, 's');
  expect(
    seenBy(
      'D26',
      viewOf(
        stopped,
        together(5, 4, (i) => 320 + i / 2, 'b'),
      ),
    ),
  ).toEqual([]);
  expect(seenBy('D26', viewOf(stopped))).toEqual([]);
});

test('D26 does not take waiting for a store that all share for a pause', () => {
  const waiting = Array.from({ length: 5 }, (_, i) =>
    draw(
      `\nweb  GET /  server  ${i * 4}..${330 + i / 2}  resource.k8s.pod.name=p1\n  web  SELECT x  client  ${i * 4 + 1}..${320 + i / 2}  db.system.name=postgresql db.query.summary="SELECT x" resource.k8s.pod.name=p1\n`,
    ).map((span) => ({ ...span, traceId: `aa${i}`.padStart(32, '0') })),
  ).flat();
  expect(seenBy('D26', viewOf(waiting, usual))).toEqual([]);
});

const served = (time: number, pod: string) => `\nweb  GET /  server  0..${time}  resource.k8s.pod.name=${pod}\n`;

test('D26 tells of the first requests to new processes', () => {
  const fresh = ['n1', 'n2', 'n3'].flatMap((pod) => {
    const first = times(1, served(400, pod), `c${pod}`);
    const later = times(4, served(20, pod), `w${pod}`).map((span) => ({
      ...span,
      start: span.start + 5_000_000,
      end: span.end + 5_000_000,
    }));
    return [...first, ...later];
  });
  const findings = seenBy('D26', viewOf(fresh, times(30, served(20, 'old'), 'b')));
  expect(findings).toMatchObject([{ detector: 'D26 cold-start', support: 3, role: 'cause', mechanism: 'pause' }]);
  expect(findings[0]?.evidence[0].values).toMatchObject({ processes: { value: 3 }, now: { value: 400_000 } });
});

test('D26 does not call new processes cold that never warm up, nor old ones that are slow', () => {
  const slow = ['n1', 'n2', 'n3'].flatMap((pod) => times(5, served(400, pod), pod));
  expect(seenBy('D26', viewOf(slow, times(30, served(20, 'old'), 'b')))).toEqual([]);
  expect(seenBy('D26', viewOf(times(12, served(400, 'old'), 's'), times(30, served(20, 'old'), 'b')))).toEqual([]);
});

test('D26 believes a platform that says it started the process for the request', () => {
  const cold = `\nweb  GET /  server  0..400  faas.coldstart=true resource.k8s.pod.name=old\n`;
  expect(seenBy('D26', viewOf(times(4, cold, 's'), times(30, served(20, 'old'), 'b')))).toMatchObject([
    { detector: 'D26 cold-start', support: 4 },
  ]);
});

test('D26 does not take long silent work for a pause, however it ends, where such work always is as long', () => {
  // Three reports at work at once are done within a moment of each other, by luck: each took as long as reports take.
  const reports = together(3, 10, (i) => 300 + i, 's');
  const apart = (salt: string) =>
    Array.from({ length: 12 }, (_, i) => together(1, 0, () => 260 + 8 * i, `${salt}${i}`, `p${i}`)).flat();
  expect(seenBy('D26', viewOf([...reports, ...together(1, 0, () => 2_000, 'x', 'p2')], apart('b')))).toEqual([]);
});

test('D26 does not take requests that set out together and are done together for a pause', () => {
  expect(
    seenBy(
      'D26',
      viewOf(
        together(5, 0.5, (i) => 320 + i / 2, 's'),
        usual,
      ),
    ),
  ).toEqual([]);
});

/** Pairs of requests that begin `apart` ms one after the other, one pair a second, `length` ms long at most. */
function pairs(count: number, apart: number, ends: (nth: number, pair: number) => number): readonly SpanRecord[] {
  return Array.from({ length: count }, (_, pair) =>
    [0, 1].flatMap((nth) =>
      draw(`\nweb  GET /  server  ${nth * apart}..${ends(nth, pair)}  resource.k8s.pod.name=p1\n`).map((span) => ({
        ...span,
        traceId: `cc${pair.toString(16)}0${nth}`.padStart(32, '0'),
        start: span.start + pair * 1_000_000,
        end: span.end + pair * 1_000_000,
      })),
    ),
  ).flat();
}

test('D26 believes pairs that stop together again and again, and not a few among many that are slow one by one', () => {
  const [finding] = seenBy(
    'D26',
    viewOf(
      pairs(12, 60, (nth) => 260 + nth),
      usual,
    ),
  );
  expect(finding).toMatchObject({ detector: 'D26 pause', role: 'cause', support: 24 });
  expect(finding?.evidence[0].values).toMatchObject({ requests: { value: 2 } });
  // Two in twelve pairs go on together, the others one by one.
  expect(
    seenBy(
      'D26',
      viewOf(
        pairs(12, 60, (nth, pair) => 260 + (pair < 2 ? nth : 80 * nth)),
        usual,
      ),
    ),
  ).toEqual([]);
});

test('D26 calls no visit cold to a process that had done the same at its usual speed before', () => {
  const at = (spans: readonly SpanRecord[], seconds: number) =>
    spans.map((span) => ({ ...span, start: span.start + seconds * 1e6, end: span.end + seconds * 1e6 }));
  const tail = (first: number) => [
    ...at(times(1, served(first, 'n1'), 'w'), 0),
    ...at(times(3, served(400, 'n1'), 'c'), 2),
    ...at(times(6, served(20, 'n1'), 'x'), 8),
  ];
  const before = times(30, served(20, 'old'), 'b');
  expect(seenBy('D26', viewOf(tail(400), before))).toMatchObject([{ detector: 'D26 cold-start', support: 4 }]);
  expect(seenBy('D26', viewOf(tail(20), before)).filter(({ detector }) => detector === 'D26 cold-start')).toEqual([]);
});

test('D26 does not count requests as under way to a process when somebody unseen handed them on', () => {
  const handedOn = (salt: string) =>
    waiting(5, 20, (i) => 300 + i / 2, salt).map((span) =>
      span.kind === 'client'
        ? { ...span, attributes: { ...span.attributes, 'server.address': 'tills' } }
        : span.service === 'web'
          ? { ...span, attributes: { ...span.attributes, 'server.address': 'web' } }
          : span,
    );
  const before = waiting(30, 20, (i) => i * 20 + 3, 'b');
  expect(
    seenBy(
      'D26',
      viewOf(
        waiting(5, 20, (i) => 300 + i / 2, 's'),
        before,
      ),
    ),
  ).toHaveLength(1);
  expect(seenBy('D26', viewOf(handedOn('s'), before))).toEqual([]);
});
