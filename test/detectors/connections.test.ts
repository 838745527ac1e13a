import { expect, test } from 'vitest';
import { seenBy, times, viewOf } from './seen.ts';

const healthy = `
shop  POST /pay          server    0..60
  shop  POST             client    5..55   server.address=bank.example
    shop  tls.connect    internal  5..12
      shop tcp.connect   internal  5..7
`;
const retried = `
shop  POST /pay          server    0..900
  shop  POST             client    5..895  server.address=bank.example
    shop  tls.connect    internal  5..405  !"socket hang up"  #one
      shop tcp.connect   internal  5..7    ^one
    shop  tls.connect    internal  450..850 !"socket hang up" #two
    shop  tls.connect    internal  870..880 #three
`;

test('D05 counts the handshakes of one call, the failed ones, and quotes what they said', () => {
  const [finding] = seenBy('D05', viewOf(times(12, retried, 's'), times(20, healthy, 'b')));
  expect(finding).toMatchObject({
    mechanism: 'tls-handshake-retry',
    component: { kind: 'edge', from: 'shop', to: 'bank.example' },
    role: 'cause',
    support: 12,
  });
  expect(finding?.evidence[0].values).toMatchObject({
    attempts: { value: 3 },
    failed: { value: 2 },
    time: { value: 875_000 },
  });
  expect(finding?.evidence.map(({ claim }) => claim)).toEqual(['tls.attempts', 'tls.usual', 'tls.failed']);
  expect(finding?.evidence[0].spanIds).toHaveLength(3);
});

test('D05 sees a handshake that was destroyed and left only its orphaned connect', () => {
  const destroyed = `
shop  POST /pay          server    0..500
  shop  POST             client    5..495  server.address=bank.example
    shop tcp.connect     internal  5..7    ^never
    shop  tls.connect    internal  450..470
`;
  const [finding] = seenBy('D05', viewOf(times(12, destroyed, 's'), times(20, healthy, 'b')));
  expect(finding).toMatchObject({ mechanism: 'tls-handshake-retry', component: { to: 'bank.example' } });
  expect(finding?.evidence[0].values).toMatchObject({ attempts: { value: 2 }, failed: { value: 1 } });
});

test('D04 and D05 make nothing of a handshake that was lost like other spans', () => {
  const whole = `
shop  POST /pay          server    0..60
  shop  POST             client    5..55   server.address=bank.example
    shop  tls.connect    internal  5..12
      shop tcp.connect   internal  5..7
  shop  GET              client    56..59  server.address=stock
    stock  GET /left     server    57..58
`;
  const lost = whole.replace(/ +shop {2}tls.connect.*\n/, '').replace('5..7', '5..7 ^lost');
  const torn = whole.replace(/ +shop {2}GET .*\n/, '').replace('57..58', '57..58 ^lost');
  const spans = [...times(30, whole, 's'), ...times(3, lost, 'l'), ...times(4, torn, 't')];
  for (const baseline of [times(20, whole, 'b'), []]) {
    expect(seenBy('D05', viewOf(spans, baseline))).toEqual([]);
    expect(seenBy('D04', viewOf(spans, baseline))).toEqual([]);
  }
});

test('D04 tells of one slow handshake, and D05 does not', () => {
  const slow = healthy.replace('tls.connect    internal  5..12', 'tls.connect    internal  5..50');
  const view = viewOf(times(12, slow, 's'), times(20, healthy, 'b'));
  const [finding] = seenBy('D04', view);
  expect(finding).toMatchObject({ mechanism: 'connection-setup', component: { to: 'bank.example' }, support: 12 });
  expect(finding?.evidence.map(({ claim }) => claim)).toEqual(['connection.time', 'connection.phase']);
  expect(finding?.evidence[1]?.values).toMatchObject({
    phase: { value: 'the TLS handshake' },
    time: { value: 43_000 },
  });
  expect(seenBy('D05', view)).toEqual([]);
});

test('D05 is silent on healthy handshakes, on reused connections and on two connections opened at once', () => {
  const reused = healthy.split('\n').slice(0, 3).join('\n');
  const atOnce = `${healthy}    shop  tls.connect    internal  6..13\n`;
  for (const suspects of [healthy, reused, atOnce]) {
    expect(seenBy('D05', viewOf(times(12, suspects, 's'), times(20, healthy, 'b')))).toEqual([]);
  }
});

test('D05 is silent where handshakes always fail once', () => {
  expect(seenBy('D05', viewOf(times(12, retried, 's'), times(20, retried, 'b')))).toEqual([]);
});

test('without handshake spans the time is a blind spot on the edge', () => {
  const without = (end: number) => `
shop  POST /pay  server  0..${end + 5}
  shop  POST     client  5..${end}   server.address=bank.example
`;
  const view = viewOf(times(12, without(900), 's'), times(20, without(55), 'b'));
  expect(seenBy('D05', view)).toEqual([]);
  expect(seenBy('D24', view)).toMatchObject([
    { mechanism: 'blind-spot', component: { from: 'shop', to: 'bank.example' }, role: 'cause' },
  ]);
});

test('D03 charges the gap of a call to the edge and says on which side of the callee it lies', () => {
  const call = (before: number, work: number, after: number) => `
a  GET /x      server  0..${10 + before + work + after}
  a  GET       client  2..${8 + before + work + after}
    b  GET /y  server  ${4 + before}..${4 + before + work}
`;
  const ahead = seenBy('D03', viewOf(times(12, call(80, 10, 1), 's'), times(20, call(1, 10, 1), 'b')));
  expect(ahead).toMatchObject([{ mechanism: 'network-delay', component: { kind: 'edge', from: 'a', to: 'b' } }]);
  expect(ahead[0]?.evidence.map(({ claim }) => claim)).toContain('network-delay.ahead');
  const behind = seenBy('D03', viewOf(times(12, call(1, 10, 80), 's'), times(20, call(1, 10, 1), 'b')));
  expect(behind[0]?.evidence.map(({ claim }) => claim)).toContain('network-delay.behind');
});

test('D03 sees that somebody without spans handed the request on', () => {
  const call = (before: number, host: string) => `
a  GET /x      server  0..${20 + before}
  a  GET       client  2..${18 + before}  server.address=till
    b  GET /y  server  ${4 + before}..${14 + before}  server.address=${host}
`;
  const view = (host: string) => viewOf(times(12, call(80, host), 's'), times(20, call(1, host), 'b'));
  const [through] = seenBy('D03', view('bank'));
  expect(through).toMatchObject({ mechanism: 'blind-spot', component: { kind: 'edge', from: 'a', to: 'b' } });
  const between = through?.evidence.find(({ claim }) => claim === 'blind-spot.between');
  expect(between?.values).toMatchObject({ from: { value: 'a' }, via: { value: 'till' }, to: { value: 'b' } });
  for (const same of ['till', 'till.default.svc', 'Till', '10.0.0.7', 'localhost'])
    expect(seenBy('D03', view(same))).toMatchObject([{ mechanism: 'network-delay' }]);
});

test('D03 is silent when the callee itself works longer', () => {
  const call = (work: number) => `
a  GET /x      server  0..${20 + work}
  a  GET       client  2..${18 + work}
    b  GET /y  server  5..${12 + work}
`;
  const view = viewOf(times(12, call(90), 's'), times(20, call(5), 'b'));
  expect(seenBy('D03', view)).toEqual([]);
  expect(seenBy('D01', view)).toMatchObject([{ component: { kind: 'operation', service: 'b' } }]);
});
