import { describe, expect, test } from 'vitest';
import { setupPhase } from '../../src/population/connections.ts';
import { setups } from './setups.ts';

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

  test('is with nobody when only another visit of its service calls one', () => {
    expect(
      setups(`
shop  POST /pay  server  0..100
  shop  tls.connect  5..12
  shop  GET      client  15..90
    desk  GET /seat  server  16..89
      desk  GET  client  17..88
        shop  GET /more  server  18..87
          shop  POST  client  20..30  server.address=bank.example
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
    // So many healthy spans beside it that connections are orphans far more often than others.
    expect(spansOf(`${destroyed()}---${whole(12)}`)).toEqual(believed);
    expect(spansOf(`${destroyed()}shop  write  20..30  ^gone\n---${whole(12)}`)).toEqual(['tcp tcp 6..8']);
  });

  test('was lost when connections are orphans no more than three times as often as the rest', () => {
    // One of two connections is an orphan; of the other spans one in so many, two of them beside the connection.
    const among = (others: number) => `${destroyed()}---${whole(others - 3)}desk  write  10..12  ^gone`;
    expect(spansOf(among(6))).toEqual(['tcp tcp 6..8']);
    expect(spansOf(among(7))).toEqual(believed);
    expect(spansOf(among(5))).toEqual(['tcp tcp 6..8']);
  });
});
