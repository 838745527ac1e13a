import { describe, expect, test } from 'vitest';
import { at } from '../../src/model/units.ts';
import { findBlame } from '../../src/population/blame.ts';
import { chargeTime } from '../../src/population/charges.ts';
import { drawTable } from '../draw.ts';

/** Where the failures of a drawing begin, with whom they are blamed on, and which calls gave up waiting. */
function blamed(drawing: string) {
  const { table, nameOf } = drawTable(drawing);
  const charges = chargeTime(table);
  const { origin, faulty, gaveUp } = findBlame(table, charges);
  const rows = [...origin.keys()];
  const origins = rows.filter((row) => origin[row] === 1);
  expect(rows.filter((row) => at(faulty, row) >= 0)).toEqual(origins.filter((row) => at(faulty, row) >= 0));
  return {
    origins: Object.fromEntries(origins.map((row) => [nameOf(row), charges.parties.names[at(faulty, row)]])),
    gaveUp: rows.filter((row) => gaveUp[row] === 1).map(nameOf),
  };
}

describe('a failed call to a peer that sends no spans', () => {
  const call = (marks: string, address = 'server.address=bank.example') =>
    blamed(`
shop  POST /pay  server  0..60
  shop  POST     client  5..50  #call  ${address}  ${marks}
`);

  test.for([
    ['500', 'bank.example'],
    ['429', 'bank.example'],
    ['399', 'bank.example'],
    ['400', 'shop'],
    ['404', 'shop'],
    ['499', 'shop'],
  ] as const)('that answered %s is the fault of %s, and nobody gave up', ([code, party]) => {
    expect(call(`! http.response.status_code=${code}`)).toEqual({ origins: { call: party }, gaveUp: [] });
  });

  test('without any code is the fault of the peer, and of the caller when nothing names a peer', () => {
    expect(call('!')).toEqual({ origins: { call: 'bank.example' }, gaveUp: [] });
    expect(call('!', '')).toEqual({ origins: { call: 'shop' }, gaveUp: [] });
    expect(call('!"timed out"', '')).toEqual({ origins: { call: 'shop' }, gaveUp: ['call'] });
  });

  test('that did not fail is nobody’s', () => {
    expect(call('http.response.status_code=200')).toEqual({ origins: {}, gaveUp: [] });
  });

  test.for([
    ['http.response.status_code=504'],
    ['http.response.status_code=408'],
    ['rpc.status_code=DEADLINE_EXCEEDED'],
    ['rpc.response.status_code=DEADLINE_EXCEEDED'],
    ['error.type=TimeoutError'],
    ['error.type=AbortError'],
    ['http.response.status_code=0 error.type=timeout'],
    ['*exception@20{"exception.type":"DeadlineExceeded"}'],
    ['*exception@20{"exception.type":"Error","exception.message":"request timed out"}'],
    ['*retry@10 *exception@20{"exception.message":"aborted"}'],
  ])('gave up when it says %s', ([mark]) => {
    expect(call(`! ${mark}`)).toEqual({ origins: { call: 'bank.example' }, gaveUp: ['call'] });
  });

  test.for([
    ['time out'],
    ['timed-out'],
    ['context deadline exceeded'],
    ['The operation was aborted'],
  ])('gave up when its status says "%s"', ([message]) => {
    expect(call(`!"${message}"`).gaveUp).toEqual(['call']);
  });

  test.for([
    // A code that came back says that somebody answered, whatever else is said.
    ['http.response.status_code=500 error.type=timeout'],
    ['http.response.status_code=503 rpc.status_code=DEADLINE_EXCEEDED'],
    ['rpc.status_code=UNAVAILABLE'],
    ['error.type=ECONNREFUSED'],
    ['*log@20{"exception.type":"Timeout","exception.message":"timed out"}'],
    ['*exception@20{"exception.type":"Refused","exception.message":"no"}'],
    ['*exception@20'],
  ])('did not give up when it says %s', ([mark]) => {
    expect(call(`! ${mark}`)).toEqual({ origins: { call: 'bank.example' }, gaveUp: [] });
  });

  test('gives up only as a call: what a service says of itself is its own failure', () => {
    expect(
      blamed(`
shop  POST /pay  server    0..60
  shop  wait     internal  5..50  !"timed out"
`),
    ).toEqual({ origins: { wait: 'shop' }, gaveUp: [] });
  });
});

describe('a failure above a failed call', () => {
  const above = (end: number, more = '', kind = 'client') =>
    blamed(`
shop  POST /pay  server  0..60  !  #entry
  shop  POST     ${kind}  5..${end}  !  #call  server.address=bank.example
  ${more}
`).origins;
  const explained = { call: 'bank.example' };
  const own = { entry: 'shop', call: 'bank.example' };

  test('is explained by it, unless it came later than two milliseconds after', () => {
    expect(above(40)).toEqual(explained);
    expect(above(62)).toEqual(explained);
    expect(above(62.001)).toEqual(own);
  });

  test('is explained by a server’s however late, because whoever called it may have gone on', () => {
    const late = (kind: string) =>
      Object.keys(
        blamed(`
shop  POST /pay  server  0..90
  shop  POST     client  5..30  !  #call
    bank  POST /take  ${kind}  6..80  !  #work
`).origins,
      );
    expect(late('server')).toEqual(['work']);
    expect(late('internal')).toEqual(['call', 'work']);
  });

  test.for([
    ['the same call, which went well afterwards', 'shop POST client 45..55 server.address=bank.example', own],
    [
      'the same call at most two milliseconds before its end',
      'shop POST client 38..55 server.address=bank.example',
      own,
    ],
    ['the same call that began before', 'shop POST client 37.999..55 server.address=bank.example', explained],
    [
      'the same call that failed as well',
      'shop POST client 45..55 ! #call2 server.address=bank.example',
      {
        ...explained,
        call2: 'bank.example',
      },
    ],
    ['another operation', 'shop PUT client 45..55 server.address=bank.example', explained],
    ['another peer', 'shop POST client 45..55 server.address=till.example', explained],
  ] as const)('beside %s', ([, sibling, expected]) => {
    expect(above(40, sibling)).toEqual(expected);
  });

  test('of another service is explained down to where it began', () => {
    expect(
      blamed(`
edge  GET /  server  0..90  !  #door
  edge  GET  client  1..89  !  #call
    shop  GET /shop  server  2..88  !  #shop
      shop  read     internal  3..50  !  #read
`).origins,
    ).toEqual({ read: 'shop' });
  });
});

describe('a call that gave up is followed', () => {
  /** `order` is waited for from 10 to 110 ms; what it does meanwhile is told. */
  const silence = (work: string, entryFrom = 11) =>
    blamed(`
gateway  GET /  server  0..300
  gateway  POST  client  10..110  !"timed out"  #call
    order  POST /order  server  ${entryFrom}..290
${work}
`).origins.call;

  test('to the callee that kept the time itself', () => {
    expect(silence('')).toBe('order');
    expect(silence('      order  think  internal  12..280')).toBe('order');
  });

  test.for([
    [50, 'auth'],
    [49.999, 'order'],
  ] as const)('on to whom the callee waited for at least half of it: %d ms', ([length, party]) => {
    expect(
      silence(`
      order  GET  client  20..${20 + length}
        auth  GET /token  server  21..${19 + length}`),
    ).toBe(party);
  });

  test('to a peer without spans, and through several services', () => {
    expect(silence('      order  GET  client  20..105  server.address=bank.example')).toBe('bank.example');
    expect(
      silence(`
      order  GET  client  20..105
        auth  GET /token  server  21..104
          auth  GET  client  22..103
            keys  GET /key  server  23..102
              keys  SELECT  client  24..101  db.system.name=postgresql`),
    ).toBe('postgresql');
  });

  test('not through calls of other visits, and not through calls that name nobody', () => {
    expect(
      silence(`
      order  GET  client  20..40
        auth  GET /token  server  21..104
          auth  GET  client  22..103  server.address=bank.example`),
    ).toBe('order');
    expect(silence('      order  GET  client  20..105')).toBe('order');
  });

  test('only as far as the calls lie in the time that was waited for', () => {
    expect(silence('      order  GET  client  70..280  server.address=bank.example')).toBe('order');
    expect(silence('      order  GET  client  60..280  server.address=bank.example')).toBe('bank.example');
    expect(silence('      order  GET  client  -50..55  server.address=bank.example', -60)).toBe('order');
    expect(silence('      order  GET  client  -50..60  server.address=bank.example', -60)).toBe('bank.example');
    expect(silence('      order  GET  client  120..280  server.address=bank.example')).toBe('order');
  });

  test('to the peer whose calls fill most of it together, the first of equals', () => {
    const calls = (...all: readonly (readonly [number, number, string])[]) =>
      silence(
        all.map(([from, to, peer]) => `      order  GET  client  ${from}..${to}  server.address=${peer}`).join('\n'),
      );
    expect(calls([12, 72, 'a.example'], [12, 102, 'b.example'])).toBe('b.example');
    expect(calls([12, 102, 'b.example'], [12, 72, 'a.example'])).toBe('b.example');
    expect(calls([12, 42, 'b.example'], [12, 72, 'a.example'], [42, 102, 'b.example'])).toBe('b.example');
    expect(calls([12, 72, 'b.example'], [12, 72, 'a.example'])).toBe('b.example');
    expect(calls([12, 72, 'a.example'], [12, 72, 'b.example'])).toBe('a.example');
    // A call of the past takes nothing away from a later one to the same peer.
    expect(calls([-50, -10, 'b.example'], [12, 63, 'b.example'])).toBe('b.example');
  });

  test('through the longest call of that peer, the first of equals', () => {
    const two = (first: readonly [number, number], second: readonly [number, number]) =>
      silence(
        [first, second]
          .map(
            ([from, to], i) => `
      order  GET  client  ${from}..${to}
        auth  GET /token  server  ${from + 1}..${to - 1}
          auth  GET  client  ${from + 1}..${to - 1}  server.address=way${i}.example`,
          )
          .join('\n'),
      );
    expect(two([12, 32], [40, 100])).toBe('way1.example');
    expect(two([12, 72], [80, 100])).toBe('way0.example');
    expect(two([12, 52], [60, 100])).toBe('way0.example');
  });
});
