import { describe, expect, it } from 'vitest';
import { logicalCalls } from '../../src/trace/attempts.ts';
import { connectionAttempts, connectionPhase } from '../../src/trace/connection-attempts.ts';
import { drawTable } from '../draw.ts';

function callsIn(text: string): readonly string[] {
  const { table, nameOf } = drawTable(text);
  return logicalCalls(table, 0).map(
    ({ attempts, outcome, kind, lost }) => `${attempts.map(nameOf).join(' ')}: ${kind} ${outcome} ${lost / 1_000}`,
  );
}

const URL = 'http.request.method=GET url.full=http://pay/charge/1';

describe('logicalCalls', () => {
  it.each([
    [
      'a failure, then success',
      `a p 0..100\n  a GET client 1..10 ! #1 ${URL}\n  a GET client 60..70 #2 ${URL}`,
      ['1 2: retry masked 59'],
    ],
    [
      'three failures',
      `a p 0..99\n  a GET client 1..10 ! #1 ${URL}\n  a GET client 20..30 ! #2 ${URL}\n  a GET client 40..50 ! #3 ${URL}`,
      ['1 2 3: retry exhausted 39'],
    ],
    [
      'the next instance of the same peer',
      'a p 0..99\n  a GET client 1..9 ! #1 server.address=pay http.request.method=GET url.full=http://pay:81/x\n  a GET client 10..20 #2 server.address=pay http.request.method=GET url.full=http://pay:82/x',
      ['1 2: retry masked 9'],
    ],
    [
      'success, then the same again: no retry',
      `a p 0..100\n  a GET client 1..10 ${URL}\n  a GET client 20..30 ! ${URL}`,
      [],
    ],
    [
      'failures of different arguments are a fan-out',
      'a p 0..99\n  a GET client 1..9 ! http.request.method=GET url.full=http://pay/x/1\n  a GET client 10..20 ! http.request.method=GET url.full=http://pay/x/2',
      [],
    ],
    [
      'queries with different parameters in the text are not the same call',
      'a p 0..99\n  a q client 1..9 ! db.query.text="select 1"\n  a q client 10..20 db.query.text="select 2"',
      [],
    ],
    [
      'side by side is hedging or a fan-out',
      `a p 0..100\n  a GET client 1..30 ! ${URL}\n  a GET client 10..40 ${URL}`,
      [],
    ],
    [
      'long after the failure is another call',
      `a p 0..9000\n  a GET client 1..10 ! ${URL}\n  a GET client 3000..3010 ${URL}`,
      [],
    ],
    [
      'pauses that grow belong together',
      `a p 0..9000\n  a GET client 0..10 ! #1 ${URL}\n  a GET client 1510..1520 ! #2 ${URL}\n  a GET client 5000..5010 #3 ${URL}`,
      ['1 2 3: retry masked 5000'],
    ],
    [
      'asked for credentials',
      `a p 0..100\n  a GET client 1..10 ! #1 http.response.status_code=401 ${URL}\n  a GET client 11..20 #2 ${URL}`,
      ['1 2: challenge masked 10'],
    ],
    [
      'a retry that says so',
      `a p 0..100\n  a GET client 1..10 #1 ${URL}\n  a GET client 11..20 #2 http.request.resend_count=1 ${URL}`,
      ['1 2: retry masked 10'],
    ],
    [
      'attempts as spans of a retry library',
      'a p 0..100\n  a attempt 1 0..10 ! #1\n    a GET client 1..9 !\n  a attempt 2 20..30 #2\n    a GET client 21..29',
      ['1 2: retry masked 20'],
    ],
    ['work that happens to fail twice', 'a p 0..100\n  a item 0..10 !\n  a item 20..30', []],
    [
      'a coarse clock lets the second begin too early',
      `a p 0..100\n  a GET client 0..10.8 ! #1 ${URL}\n  a GET client 10..20 #2 ${URL}`,
      ['1 2: retry masked 10'],
    ],
  ])('%s', (_, text, expected) => {
    expect(callsIn(text)).toEqual(expected);
  });
});

describe('connectionAttempts', () => {
  const attemptsIn = (text: string) => {
    const { table, nameOf } = drawTable(text);
    return connectionAttempts(table, 0).map(
      ({ client, phase, attempts, failures }) =>
        `${nameOf(client)} ${phase} ${attempts.map(nameOf).join(' ')} ${failures}`,
    );
  };

  it.each([
    [
      'a handshake that failed and was tried again',
      'a POST client 0..900 #c\n  a tls.connect 0..400 ! #1\n    a tcp.connect 0..2\n  a tls.connect 450..500 #2\n    a tcp.connect 450..452',
      ['c tcp tcp.connect tcp.connect 0', 'c tls 1 2 1'],
    ],
    ['one connection', 'a POST client 0..900\n  a tls.connect 0..400\n    a tcp.connect 0..2', []],
    ['connections side by side', 'a POST client 0..900\n  a tcp.connect 0..30\n  a tcp.connect 25..35', []],
    [
      'a handshake that was destroyed leaves an orphan',
      'a POST client 0..900 #c\n  a tcp.connect 500..502 #2\na tcp.connect 0..2 ^gone #1',
      ['c tcp 1 2 0'],
    ],
    [
      'an orphan with two requests around it belongs to neither',
      'a p 0..999\n  a POST client 0..900\n    a tcp.connect 500..502\n  a GET client 0..900\na tcp.connect 0..2 ^gone',
      [],
    ],
    [
      'connections of another service',
      'a POST client 0..900\n  b serve server 1..800\n    b tcp.connect 5..6\n    b tcp.connect 8..9',
      [],
    ],
  ])('%s', (_, text, expected) => {
    expect(attemptsIn(text)).toEqual(expected);
  });

  it.each([
    ['tls.connect', 'tls'],
    ['http.tls', 'tls'],
    ['TLS client handshake', 'tls'],
    ['tcp.connect', 'tcp'],
    ['http.connect', 'tcp'],
    ['socket connect paygw', 'tcp'],
    ['DNS lookup paygw', 'dns'],
    ['http.dns', 'dns'],
    ['http.getconn', 'pool'],
    ['HTTP wait_for_connection', 'pool'],
    ['pg-pool.connect', 'pool'],
    ['GET /connect', undefined],
  ])('%s speaks of %s', (name, phase) => {
    expect(connectionPhase(name)).toBe(phase);
  });
});
