import { describe, expect, test } from 'vitest';
import { numberAt } from '../../src/model/units.ts';
import { chargeTime } from '../../src/population/charges.ts';
import { connectionSetups, type SetupSpan, setupPhase } from '../../src/population/connections.ts';
import { DRAWN_EPOCH, drawTable } from '../draw.ts';

/** What a drawing tells of opened connections; steps as `phase span from..to`, `✗` for failed, times as drawn. */
function setups(drawing: string, chosen: (trace: number) => boolean = () => true) {
  const { table, nameOf } = drawTable(drawing);
  const charges = chargeTime(table);
  const flags = Uint8Array.from({ length: table.traces }, (_, trace) => (chosen(trace) ? 1 : 0));
  const drawn = (time: number) => (time + table.epoch - DRAWN_EPOCH) / 1_000;
  const told = ({ row, phase, start, end, failed }: SetupSpan) =>
    `${phase} ${nameOf(row)} ${drawn(start)}..${drawn(end)}${failed ? ' ✗' : ''}`;
  for (const { spans } of connectionSetups(table, charges, flags))
    expect(spans.every(({ row, start }) => start >= numberAt(table.start, row))).toBe(true);
  return connectionSetups(table, charges, flags).map(({ trace, caller, peer, spans, handshakes }) => ({
    trace,
    between: `${charges.parties.names[caller]} → ${charges.parties.names[peer]}`,
    spans: spans.map(told),
    handshakes: handshakes.map((span) => spans.indexOf(span)),
  }));
}

/** Steps inside one call to a bank. */
const inCall = (...lines: readonly string[]) =>
  setups(`
shop  POST /pay  server  0..100
  shop  POST     client  5..95  #call  server.address=bank.example
${lines.map((line) => `    ${line}`).join('\n')}
`);
const bank = { trace: 0, between: 'shop → bank.example' };

describe('spans inside a call', () => {
  test('stand by their starts, then as they are in the table', () => {
    expect(
      inCall(
        'shop tls.connect 10..20 #tls',
        '  shop tcp.connect 7..9 #tcp',
        'shop dns.lookup 6..7 #dns',
        'shop tls.connect 30..34 ! #again',
        'shop pg-pool.connect 5..6',
        'shop other 5..6 !',
      ),
    ).toEqual([
      {
        ...bank,
        spans: ['dns dns 6..7', 'tcp tcp 7..9', 'tls tls 10..20', 'tls again 30..34 ✗'],
        handshakes: [2, 3],
      },
    ]);
    expect(inCall('shop tls.connect 10..20 #a', 'shop tls.connect 10..25 #b', 'shop tls.connect 10..30 #c')).toEqual([
      { ...bank, spans: ['tls a 10..20', 'tls b 10..25', 'tls c 10..30'], handshakes: [0] },
    ]);
  });

  test.for([
    [[10, 20], [18, 30], '', [0, 1]],
    [[10, 20], [17.999, 30], '', [0]],
    [[10, 20], [17.999, 30], '!', [0, 1]],
    [[10, 20], [12, 14], '', [0]],
    [[10, 20], [25, 30], '', [0, 1]],
  ] as const)('are handshakes one by one unless they overlap: %j, %j %s', ([first, second, mark, kept]) => {
    const [found] = inCall(
      `shop tls.connect ${first.join('..')} #a ${mark}`,
      `shop tls.connect ${second.join('..')} #b`,
    );
    expect(found?.handshakes).toEqual(kept);
  });

  test('are held against the last handshake that was kept', () => {
    const [found] = inCall(
      'shop tls.connect 10..20 #a',
      'shop tls.connect 12..50 #beside',
      'shop tls.connect 22..30 #c',
      'shop tls.connect 31..40 #d',
    );
    expect(found?.handshakes).toEqual([0, 2, 3]);
  });

  test('are of the chosen traces, of one caller and one peer each', () => {
    const one = (label: string) => `
shop  POST /pay  server  0..100
  shop  POST     client  5..40  server.address=bank.example
    shop  tls.connect  6..10 #${label}-bank
  shop  POST     client  45..60  server.address=till.example
    shop  tls.connect  46..50 #${label}-till
  shop  GET      client  61..90
    desk  GET /seat  server  62..89
      desk  POST     client  63..80  server.address=bank.example
        desk  tls.connect  64..70 #${label}-desk
`;
    const drawing = `${one('a')}---${one('b')}---${one('c')}`;
    expect(setups(drawing, (trace) => trace !== 1)).toEqual(
      [0, 2].flatMap((trace) => {
        const label = trace === 0 ? 'a' : 'c';
        return [
          { trace, between: 'shop → bank.example', spans: [`tls ${label}-bank 6..10`], handshakes: [0] },
          { trace, between: 'shop → till.example', spans: [`tls ${label}-till 46..50`], handshakes: [0] },
          { trace, between: 'desk → bank.example', spans: [`tls ${label}-desk 64..70`], handshakes: [0] },
        ];
      }),
    );
  });

  test('tell nothing where none is a step of opening a connection', () => {
    expect(inCall('shop write 10..20', 'shop read 30..40 !')).toEqual([]);
  });
});

test.for([
  ['tls.connect', 'tls'],
  ['SSL handshake', 'tls'],
  ['reactor TLS handshake', 'tls'],
  ['tls-handshake', 'tls'],
  ['ssl_handshake', 'tls'],
  ['tlshandshake', 'tls'],
  ['TLS client handshake', 'tls'],
  ['tcp.connect', 'tcp'],
  ['dns.lookup', 'dns'],
  ['http.getconn', undefined],
  ['HTTP wait_for_connection', undefined],
  ['handshake', undefined],
  ['mytls handshake', undefined],
  ['ssl handshakes', undefined],
  ['GET /', undefined],
] as const)('the name "%s" speaks of %s', ([name, phase]) => {
  expect(setupPhase(name)).toBe(phase);
});

describe('events of a call', () => {
  const events = (marks: string, more: readonly string[] = []) =>
    setups(`
shop  POST /pay  server  0..100
  shop  POST     client  5..95  #call  server.address=bank.example ${marks}
${more.map((line) => `    ${line}`).join('\n')}
`);

  test('are steps in pairs, in the order of time', () => {
    expect(
      events(
        '*http.tls.done@20 *http.dns.start@6 *http.got_conn@30 *http.dns.done@7 *http.tls.start@10 *http.connect.start@7 *http.connect.done@9 *log@1',
      ),
    ).toEqual([{ ...bank, spans: ['dns call 6..7', 'tcp call 7..9', 'tls call 10..20'], handshakes: [2] }]);
  });

  test('fail when the end has an error, among whatever else', () => {
    const done = (json: string) => events(`*http.tls.start@10{"error":"x"} *http.tls.done@20${json}`)[0]?.spans;
    expect(done('')).toEqual(['tls call 10..20']);
    expect(done('{"http.tls.version":"1.3"}')).toEqual(['tls call 10..20']);
    expect(done('{"http.tls.error":"eof"}')).toEqual(['tls call 10..20 ✗']);
    expect(done('{"http.tls.version":"1.3","error":"eof"}')).toEqual(['tls call 10..20 ✗']);
  });

  test('count once: an end without a beginning, a second end, a beginning without an end tell nothing', () => {
    expect(events('*http.tls.done@20')).toEqual([]);
    expect(events('*http.tls.start@20')).toEqual([]);
    expect(events('*http.tls.start@10 *http.tls.done@20 *http.tls.done@30')[0]?.spans).toEqual(['tls call 10..20']);
    expect(events('*http.tls.start@10 *http.tls.start@15 *http.tls.done@30')[0]?.spans).toEqual(['tls call 15..30']);
    expect(events('*http.tls.start@10 *http.tls.done@20 *http.tls.start@40 *http.tls.done@50')[0]).toEqual({
      ...bank,
      spans: ['tls call 10..20', 'tls call 40..50'],
      handshakes: [0, 1],
    });
    expect(events('*http.tls.start@10 *http.dns.done@20')).toEqual([]);
  });

  test('of other names are none of these', () => {
    expect(events('*http.tls.start.x@10 *xhttp.tls.start@11 *http.tls.done@20')).toEqual([]);
    expect(events('*http.wrote.start@10 *http.wrote.done@20 *http.tls.begin@1')).toEqual([]);
  });

  test('stand beside the spans of the call, but a step that is a span tells of itself', () => {
    expect(events('*http.tls.start@10 *http.tls.done@20', ['shop tcp.connect 6..8 #tcp'])[0]?.spans).toEqual([
      'tcp tcp 6..8',
      'tls call 10..20',
    ]);
    const both = events('', ['shop tls.connect 6..8 #tls *http.tls.start@10 *http.tls.done@20']);
    expect(both[0]?.spans).toEqual(['tls tls 6..8']);
  });

  test('say more than the trouble of the whole call', () => {
    expect(events('!"TLS handshake failed" *http.tls.start@10 *http.tls.done@20{"error":"x"}')[0]?.spans).toEqual([
      'tls call 10..20 ✗',
    ]);
  });
});

describe('a failed call that speaks of its handshake', () => {
  const call = (marks: string, ...lines: readonly string[]) =>
    setups(`
shop  POST /pay  server  0..100
  shop  POST     client  5..95  #call  server.address=bank.example ${marks}
${lines.map((line) => `    ${line}`).join('\n')}
`)[0]?.spans;

  test('was one', () => {
    expect(call('!"TLS handshake failed"')).toEqual(['tls call 5..95 ✗']);
    expect(call('!"self-signed certificate"')).toEqual(['tls call 5..95 ✗']);
    expect(call('!"TLS handshake failed"', 'shop tcp.connect 6..8 #tcp')).toEqual(['tls call 5..95 ✗', 'tcp tcp 6..8']);
  });

  test('was none when its handshake is there, it did not fail, or failed of something else', () => {
    expect(call('!"TLS handshake failed"', 'shop tcp.connect 6..8 #tcp', 'shop tls.connect 9..20 ! #tls')).toEqual([
      'tcp tcp 6..8',
      'tls tls 9..20 ✗',
    ]);
    expect(call('!"connection refused"')).toBeUndefined();
    expect(call('!')).toBeUndefined();
    expect(call('', 'shop wait 6..9 !"TLS handshake failed"')).toBeUndefined();
    expect(call('*log@7')).toBeUndefined();
  });
});

describe('a connection that is opened beside the calls', () => {
  test('is with the silent peer that the same visit calls', () => {
    expect(
      setups(`
shop  POST /pay  server  0..100
  shop  GET      client  1..4
    desk  GET /seat  server  2..3
      desk  POST  client  2..3  server.address=till.example
  shop  tls.connect  5..12  #hand
  shop  POST     client  15..90  server.address=bank.example
`),
    ).toEqual([{ ...bank, spans: ['tls hand 5..12'], handshakes: [0] }]);
  });

  test('is with nobody when only other visits call one', () => {
    expect(
      setups(`
shop  POST /pay  server  0..100
  shop  tls.connect  5..12
  shop  GET      client  15..90
    desk  GET /seat  server  16..89
      desk  POST  client  20..30  server.address=bank.example
`),
    ).toEqual([]);
  });

  test('as an orphan is with the silent peer that its service calls anywhere in the trace', () => {
    expect(
      setups(`
shop  POST /pay  server  0..100
  shop  GET      client  15..90
    desk  GET /seat  server  16..89
      desk  POST  client  20..30  server.address=till.example
  shop  POST     client  91..95  server.address=bank.example
shop  tls.connect  5..12  #torn  ^never
`),
    ).toEqual([{ ...bank, spans: ['tls torn 5..12 ✗'], handshakes: [0] }]);
  });
});

describe('a connect whose handshake never arrived', () => {
  const destroyed = (more: readonly string[] = []) => `
shop  POST /pay  server  0..100
  shop  POST     client  5..95  server.address=bank.example
${more.map((line) => `    ${line}`).join('\n')}
shop  tcp.connect  6..8  #tcp  ^never
`;
  const believed = ['tcp tcp 6..8', 'tls tcp 6..8 ✗'];
  const whole = (others: number) => `
desk  GET /  server  0..50
  desk  POST     client  5..45  server.address=till.example
    desk  tcp.connect  6..8
${Array.from({ length: others - 2 }, (_, i) => `    desk  step  ${i}..${i + 1}`).join('\n')}
`;
  const spansOf = (drawing: string) => setups(drawing).find(({ between }) => between === bank.between)?.spans;

  test('was destroyed, and counts as a failed handshake', () => {
    expect(spansOf(destroyed())).toEqual(believed);
    expect(spansOf(destroyed(['shop read 10..12', 'shop tls.connect 20..30 #tls']))).toEqual([
      ...believed,
      'tls tls 20..30',
    ]);
  });

  test('was lost when the trace lost other spans', () => {
    expect(spansOf(`${destroyed()}shop  write  20..30  ^gone`)).toEqual(['tcp tcp 6..8']);
  });

  test('was lost when connections are orphans no more than three times as often as the rest', () => {
    // One of two connections is an orphan; of the other spans one in so many, two of them beside the connection.
    const among = (others: number) => `${destroyed()}---${whole(others - 3)}desk  write  10..12  ^gone`;
    expect(spansOf(among(6))).toEqual(['tcp tcp 6..8']);
    expect(spansOf(among(7))).toEqual(believed);
    expect(spansOf(among(5))).toEqual(['tcp tcp 6..8']);
  });
});
