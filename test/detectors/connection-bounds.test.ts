import { expect, test } from 'vitest';
import { seenBy, times, viewOf } from './seen.ts';

/** A step of opening a connection: what, from when to when, ms, and what else is said of it. */
type Step = readonly [name: string, from: number, to: number, marks?: string];

const pay = (...steps: readonly Step[]) => {
  const end = steps.reduce((last, [, , to]) => Math.max(last, to), 10) + 30;
  const lines = steps.map(([name, from, to, marks = '']) => `    shop  ${name}  internal  ${from}..${to}  ${marks}\n`);
  return `\nshop  POST /pay  server  0..${end + 5}\n  shop  POST  client  5..${end}  server.address=bank\n${lines.join('')}`;
};
const shaking = (length: number, marks = '') => pay(['tls.connect', 6, 6 + length, marks]);
const reused = pay();
const usual = times(20, shaking(30), 'b');

test.each<readonly [string, boolean, number, number]>([
  ['three times the usual is not slow', false, 90, 30],
  ['more than that is', true, 90.1, 30],
  ['of a short one it takes twenty milliseconds more', false, 25, 5],
  ['and more than those are slow', true, 25.1, 5],
])('D04: %s', (_, told, now, before) => {
  expect(seenBy('D04', viewOf(times(12, shaking(now), 's'), times(20, shaking(before), 'b'))).length > 0).toBe(told);
});

test('D04 takes any connection for slow where requests always found one open, and says so', () => {
  const [finding] = seenBy('D04', viewOf(times(12, shaking(25), 's'), times(20, reused, 'b')));
  expect(finding).toMatchObject({ support: 12, strength: 0.897, specificity: 1 });
  expect(finding?.evidence).toMatchObject([
    {
      claim: 'connection.time',
      values: { from: { value: 'shop' }, to: { value: 'bank' }, time: { value: 25_000 }, usual: { value: 0 } },
      counts: { with: 12, of: 12, baselineWith: 0, baselineOf: 20 },
    },
    { claim: 'connection.phase' },
    {
      claim: 'connection.reuse',
      values: { opened: { value: 12 }, of: { value: 12 }, usual: { value: 0 }, usualOf: { value: 20 } },
    },
  ]);
  expect(seenBy('D04', viewOf(times(12, shaking(20), 's'), times(20, reused, 'b')))).toEqual([]);
});

test('D04 says nothing of an edge that no healthy request used, and nothing without healthy requests', () => {
  const other = shaking(30).replaceAll('bank', 'till');
  expect(seenBy('D04', viewOf(times(12, shaking(200), 's'), times(20, other, 'b')))).toEqual([]);
  expect(seenBy('D04', viewOf(times(12, shaking(200), 's')))).toEqual([]);
});

test('D04 trusts it less where some connections were as slow before, and not at all where as many were', () => {
  const mixed = (slow: number, of: number, salt: string) => [
    ...times(slow, shaking(200), salt),
    ...times(of - slow, shaking(30), `${salt}q`),
  ];
  const [finding] = seenBy('D04', viewOf(times(20, shaking(200), 's'), mixed(5, 20, 'b')));
  expect(finding).toMatchObject({ support: 20, specificity: 0.75 });
  expect(finding?.evidence[0].counts).toEqual({ with: 20, of: 20, baselineWith: 5, baselineOf: 20 });
  expect(seenBy('D04', viewOf(mixed(5, 20, 's'), mixed(5, 20, 'b')))).toEqual([]);
});

test('D04 leaves handshakes that failed to D05, and shows the middle one of the slow ones', () => {
  const failed = times(12, shaking(200, '!"hang up"'), 'f');
  expect(seenBy('D04', viewOf(failed, usual))).toEqual([]);
  const slow = [300, 200, 500, 400, 250].flatMap((length, i) => times(3, shaking(length), `s${i}`));
  expect(seenBy('D04', viewOf([...slow, ...failed], usual))[0]?.evidence[0].values).toMatchObject({
    time: { value: 300_000 },
  });
});

test.each<readonly [string, string, number, readonly Step[]]>([
  [
    'the name',
    'looking the name up',
    100,
    [
      ['dns.lookup', 6, 106],
      ['tcp.connect', 106, 130],
      ['tls.connect', 130, 150],
    ],
  ],
  [
    'connecting',
    'connecting',
    110,
    [
      ['dns.lookup', 6, 10],
      ['tcp.connect', 10, 120],
      ['tls.connect', 120, 150],
    ],
  ],
  [
    'shaking hands',
    'the TLS handshake',
    120,
    [
      ['dns.lookup', 6, 10],
      ['tcp.connect', 10, 30],
      ['tls.connect', 30, 150],
    ],
  ],
  [
    'connecting inside a handshake',
    'connecting',
    100,
    [
      ['tls.connect', 6, 150],
      ['tcp.connect', 8, 108],
    ],
  ],
  [
    'a handshake around a connect',
    'the TLS handshake',
    104,
    [
      ['tls.connect', 6, 150],
      ['tcp.connect', 6, 46],
    ],
  ],
  [
    'a handshake that ends with its connect',
    'connecting',
    140,
    [
      ['tls.connect', 6, 150],
      ['tcp.connect', 10, 150],
    ],
  ],
  [
    'a connect that began before',
    'the TLS handshake',
    110,
    [
      ['tcp.connect', 6, 106],
      ['tls.connect', 40, 150],
    ],
  ],
  [
    'equal phases by their order',
    'looking the name up',
    70,
    [
      ['dns.lookup', 6, 76],
      ['tls.connect', 76, 146],
    ],
  ],
])('D04 tells which phase took most: %s', (_, phase, time, steps) => {
  const [finding] = seenBy('D04', viewOf(times(12, pay(...steps), 's'), usual));
  expect(finding?.evidence[1]).toMatchObject({ values: { phase: { value: phase }, time: { value: time * 1_000 } } });
});

test('D05 shows the request with most handshakes, of those the longest, and quotes the first that said something', () => {
  const two = (end: number) => pay(['tls.connect', 6, 100, '!'], ['tls.connect', 110, end, '!"reset by peer"']);
  const three = (end: number) =>
    pay(['tls.connect', 6, 40, '!"hang up"'], ['tls.connect', 50, 80, '!"again"'], ['tls.connect', 90, end]);
  const shown = (...drawings: readonly string[]) => {
    const suspects = drawings.flatMap((drawing, i) => times(4, drawing, `s${i}`));
    return seenBy('D05', viewOf(suspects, usual)).map(({ evidence }) =>
      evidence.map(({ claim, values }) =>
        [claim, values.attempts, values.time, values.message]
          .map((each) => (typeof each === 'object' ? each.value : each))
          .filter((each) => each !== undefined),
      ),
    );
  };
  expect(shown(two(400), three(120), three(200))).toEqual([
    [['tls.attempts', 3, 194_000], ['tls.usual'], ['tls.failed', 'hang up']],
  ]);
  expect(shown(two(300), two(400))).toEqual([
    [['tls.attempts', 2, 394_000], ['tls.usual'], ['tls.failed', 'reset by peer']],
  ]);
});

test('D05 tells of one failed handshake as a set-up, alone with less certainty, and of no past that it does not know', () => {
  const once = shaking(200, `!"${'x'.repeat(300)}"`);
  const [finding] = seenBy('D05', viewOf(times(12, once, 's'), usual));
  expect(finding).toMatchObject({ mechanism: 'connection-setup', support: 12, specificity: 1 });
  expect(finding?.evidence.at(-1)?.values.message?.value).toBe('x'.repeat(200));
  const [alone] = seenBy('D05', viewOf(times(12, once, 's')));
  expect(alone).toMatchObject({ strength: 0.8, specificity: 1 });
  expect(alone?.evidence.map(({ claim }) => claim)).toEqual(['tls.attempts', 'tls.failed']);
  const [known] = seenBy('D05', viewOf(times(20, once, 's'), [...usual, ...times(5, once, 'c')]));
  expect(known).toMatchObject({ specificity: 0.8 });
});
