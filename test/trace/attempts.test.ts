import { describe, expect, it } from 'vitest';
import { logicalCalls } from '../../src/trace/attempts.ts';
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
    [
      'two calls of one parent, each tried again, by their first attempts',
      'a p 0..99\n  a GET client 1..5 ! #1 server.address=x\n  a GET client 2..6 ! #2 server.address=y\n  a GET client 7..9 #3 server.address=y\n  a GET client 10..12 #4 server.address=x',
      ['1 4: retry masked 9', '2 3: retry masked 5'],
    ],
    [
      'a call below an earlier sibling comes first',
      `a p 0..100\n  a work 1..20\n    a GET client 2..5 ! #1 ${URL}\n    a GET client 6..9 #2 ${URL}\n  a GET client 30..40 ! #3 ${URL}\n  a GET client 50..60 #4 ${URL}`,
      ['1 2: retry masked 4', '3 4: retry masked 20'],
    ],
    [
      'the same asked for twice, tried again each time',
      `a p 0..100\n  a GET client 1..5 ! #1 ${URL}\n  a GET client 6..9 #2 ${URL}\n  a GET client 30..40 ! #3 ${URL}\n  a GET client 50..60 #4 ${URL}`,
      ['1 2: retry masked 5', '3 4: retry masked 20'],
    ],
    [
      'a message sent again',
      'a p 0..99\n  a send producer 1..2 ! #1 messaging.message.id=m1\n  a send producer 3..4 #2 messaging.message.id=m1',
      ['1 2: retry masked 2'],
    ],
    [
      'another message',
      'a p 0..99\n  a send producer 1..2 ! messaging.message.id=m1\n  a send producer 3..4 messaging.message.id=m2',
      [],
    ],
    ['another peer', 'a p 0..99\n  a GET client 1..9 ! server.address=x\n  a GET client 10..20 server.address=y', []],
    [
      'whom and what in the same letters',
      'a p 0..99\n  a ments client 1..9 ! server.address=pay\n  a s client 10..20 server.address=payment',
      [],
    ],
    ['paths without a host', 'a p 0..99\n  a GET client 1..9 ! url.path=/x/1\n  a GET client 10..20 url.path=/x/2', []],
    [
      'a host inside a path is an argument',
      'a p 0..99\n  a GET client 1..9 ! url.path=/go?to=http://one/a\n  a GET client 10..20 url.path=/go?to=http://two/a',
      [],
    ],
    [
      'attempts counted past nine',
      'a p 0..99\n  a attempt 9 0..10 ! #9\n  a attempt 10 20..30 #10',
      ['9 10: retry masked 20'],
    ],
    ['attempts of two things', 'a p 0..99\n  a retry charge 0..10 !\n  a retry refund 20..30', []],
    ['attempts that are numbered and one that is not', 'a p 0..99\n  a attempt1/x 0..10 !\n  a attempt/x 20..30', []],
    ['attempts in two services', 'a p 0..99\n  b attempt 1 0..10 !\n  c attempt 2 20..30', []],
    [
      'an overlap of exactly what a coarse clock explains',
      `a p 0..100\n  a GET client 0..12 ! #1 ${URL}\n  a GET client 10..20 #2 ${URL}`,
      ['1 2: retry masked 10'],
    ],
    [
      'an overlap of more, late in a trace',
      `a p 0..20000\n  a GET client 10000..10100 ! ${URL}\n  a GET client 10095..10120 ${URL}`,
      [],
    ],
    [
      'a pause of exactly two seconds',
      `a p 0..9000\n  a GET client 0..10 ! #1 ${URL}\n  a GET client 2010..2020 #2 ${URL}`,
      ['1 2: retry masked 2010'],
    ],
    [
      'a pause of a little more',
      `a p 0..9000\n  a GET client 0..10 ! ${URL}\n  a GET client 2010.001..2020 ${URL}`,
      [],
    ],
    [
      'a pause of three times the longest',
      `a p 0..9000\n  a GET client 0..10 ! #1 ${URL}\n  a GET client 1010..1020 ! #2 ${URL}\n  a GET client 4020..4030 #3 ${URL}`,
      ['1 2 3: retry masked 4020'],
    ],
    [
      'a pause of more than three times the longest',
      `a p 0..9000\n  a GET client 0..10 ! #1 ${URL}\n  a GET client 1010..1020 ! #2 ${URL}\n  a GET client 4020.001..4030 ${URL}`,
      ['1 2: retry exhausted 1010'],
    ],
    [
      'asked for credentials again and again',
      `a p 0..100\n  a GET client 1..10 ! #1 http.response.status_code=401 ${URL}\n  a GET client 11..20 ! #2 http.response.status_code=401 ${URL}`,
      ['1 2: retry exhausted 10'],
    ],
    [
      'asked for credentials, then a fault',
      `a p 0..100\n  a GET client 1..10 ! #1 http.response.status_code=401 ${URL}\n  a GET client 11..20 ! #2 http.response.status_code=500 ${URL}\n  a GET client 21..30 #3 ${URL}`,
      ['1 2 3: retry masked 20'],
    ],
    [
      'a first request that says it is none again',
      `a p 0..100\n  a GET client 1..10 ${URL}\n  a GET client 11..20 http.request.resend_count=0 ${URL}`,
      [],
    ],
  ])('%s', (_, text, expected) => {
    expect(callsIn(text)).toEqual(expected);
  });
});
