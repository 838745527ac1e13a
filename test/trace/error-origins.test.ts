import { describe, expect, it } from 'vitest';
import { errorOrigins } from '../../src/trace/error-origins.ts';
import { drawTable } from '../draw.ts';

function chainsIn(text: string): readonly string[] {
  const { table, nameOf } = drawTable(text);
  return errorOrigins(table, 0).map(
    ({ rows, sort, reach, timeout }) =>
      `${reach}: ${rows.map(nameOf).join(' > ')} (${sort}${timeout === undefined ? '' : ` ${timeout}`})`,
  );
}

describe('errorOrigins', () => {
  it.each([
    ['nothing failed', 'a p server 0..9\n  a c 1..2', []],
    ['a span that failed by itself', 'a p server 0..9 !\n  a c 1..2', ['entry: p (fault)']],
    [
      'through services to the span that failed first',
      'a p server 0..99 !\n  a call client 1..90 !\n    b serve server 2..89 !\n      b query client 10..80 ! error.type=Deadlock',
      ['entry: p > call > serve > query (fault)'],
    ],
    [
      'through a span of the same service that did not fail',
      'a p server 0..99 !\n  a handler 1..95\n    a query client 10..80 !',
      ['entry: p > query (fault)'],
    ],
    [
      'not the deepest: the branch that failed last before the parent did',
      'a p server 0..99 !\n  a early client 1..20 !\n    b serve server 2..19 !\n      b deep 3..18 !\n  a late client 30..98 !',
      ['entry: p > late (fault)'],
    ],
    [
      'what failed after its parent had is no cause of it',
      'a p server 0..50 ! *exception@20\n  a cause 1..19 !\n  a cleanup 30..49 !',
      ['entry: p > cause (fault)'],
    ],
    [
      'an attempt that was repaired is no cause',
      'a p server 0..99 !\n  a GET client 1..10 ! url.full=http://x/1 #one\n  a GET client 20..30 url.full=http://x/1 #two\n  a write 40..50 !',
      ['entry: p > write (fault)'],
    ],
    [
      'an absence that was asked for, then other work',
      'a p server 0..99 !\n  a probe client 1..10 ! http.response.status_code=404\n  a go on client 20..30',
      ['entry: p (fault)'],
    ],
    [
      'an absence that was all there was',
      'a p server 0..99 !\n  a probe client 1..10 ! http.response.status_code=404',
      ['entry: p > probe (caller)'],
    ],
    [
      'a cancelled sibling is an effect',
      'a p server 0..99 !\n  a cause client 1..50 ! error.type=500\n  a victim client 1..51 ! error.type=AbortError',
      ['entry: p > cause (fault)'],
    ],
    ['an error that somebody stopped', 'a p server 0..99\n  a query client 10..80 !', ['stopped: query (fault)']],
    [
      'a span that says it is fine stops an error',
      'a p server 0..99 !\n  a guarded 1..90 ok\n    a query client 10..80 !',
      ['entry: p (fault)', 'stopped: query (fault)'],
    ],
    [
      'detached work fails on its own account',
      'a p server 0..20 !\n  a send producer 1..2\n    b process consumer 5..15 !',
      ['entry: p (fault)', 'stopped: process (fault)'],
    ],
    [
      'the entry first, then what was stopped',
      'a p server 0..99 !\n  a fine 1..9 ok\n    a first 1..5 !\n  a last 10..90 !',
      ['entry: p > last (fault)', 'stopped: first (fault)'],
    ],
    [
      'the entry first, though another root stands before it',
      'a lost 0..50 ! ^gone\na main server 10..90 !',
      ['entry: main (fault)', 'stopped: lost (fault)'],
    ],
    [
      'a repaired attempt, and nothing else that failed',
      'a p server 0..99 !\n  a GET client 1..10 ! url.full=http://x/1\n  a GET client 20..30 url.full=http://x/1',
      ['entry: p (fault)'],
    ],
    [
      'attempts that all failed',
      'a p server 0..99 !\n  a GET client 1..10 ! url.full=http://x/1\n  a GET client 20..30 ! #two url.full=http://x/1',
      ['entry: p > two (fault)'],
    ],
    [
      'a server that ran out of time by itself',
      'a p server 0..99 ! http.response.status_code=504',
      ['entry: p (timeout)'],
    ],
    [
      'a child that failed two milliseconds after the exception, for clocks are coarse',
      'a p server 0..50 ! *exception@20\n  a cause 1..22 !',
      ['entry: p > cause (fault)'],
    ],
    [
      'a child that failed later than that',
      'a p server 0..50 ! *exception@20\n  a late 1..22.001 !',
      ['entry: p (fault)'],
    ],
    [
      'an exception before the span began is of another clock',
      'a p server 10..50 ! *exception@5\n  a cause 11..49 !',
      ['entry: p > cause (fault)'],
    ],
    [
      'an exception after the span had ended is too',
      'a p server 0..50 ! *exception@60\n  a late 1..55 !',
      ['entry: p (fault)'],
    ],
    [
      'an exception at the moment at which the span began',
      'a p server 0..50 ! *exception@0\n  a late 1..10 !',
      ['entry: p (fault)'],
    ],
    [
      'of several exceptions the last',
      'a p server 0..50 ! *exception@5 *exception@30 *other@1\n  a cause 1..29 !\n  a late 31..40 !',
      ['entry: p > cause (fault)'],
    ],
    [
      'of two that ended together the later row',
      'a p server 0..50 !\n  a one 1..20 !\n  a two 2..20 !',
      ['entry: p > two (fault)'],
    ],
    [
      'an answer may end after its call, for it is of another clock',
      'a p server 0..60 !\n  a call client 0..50 !\n    b serve server 10..58 !',
      ['entry: p > call > serve (fault)'],
    ],
    [
      'an answer that took as long as its call',
      'a p server 0..60 !\n  a call client 0..50 !\n    b serve server 10..60 !',
      ['entry: p > call > serve (fault)'],
    ],
    [
      'an answer that took longer, but ended with its call',
      'a p server 0..60 !\n  a call client 0..50 !\n    b serve server 1..55 !',
      ['entry: p > call > serve (fault)'],
    ],
    [
      'an answer that took longer and ended well after its call had failed',
      'a p server 0..70 !\n  a call client 10..60 !\n    b serve server 11..75 !',
      ['entry: p > call (fault)'],
    ],
    [
      'what failed elsewhere after a span had, and is no answer to it',
      'a p server 0..50 !\n  a handler 1..49\n    b serve server 2..55 !',
      ['entry: p (fault)'],
    ],
    [
      'an absence, then other work at the very moment',
      'a p server 0..99 !\n  a probe client 1..10 ! http.response.status_code=404\n  a go on client 10..30',
      ['entry: p (fault)'],
    ],
    [
      'an absence, then only work of its own',
      'a p server 0..99 !\n  a probe client 1..10 ! http.response.status_code=404\n  a render 20..30',
      ['entry: p > probe (caller)'],
    ],
    [
      'an absence, then another failure that came too late',
      'a p server 0..50 ! *exception@20\n  a probe client 1..10 ! http.response.status_code=404\n  a late client 21..40 !',
      ['entry: p > probe (caller)'],
    ],
    [
      'an absence inside the service is nobody’s plan',
      'a p server 0..99 !\n  a check 1..10 ! http.response.status_code=404\n  a go on client 20..30',
      ['entry: p > check (caller)'],
    ],
    [
      'a cancelled call explains a parent that was cancelled',
      'a p server 0..99 ! error.type=AbortError\n  a call client 1..10 ! error.type=AbortError\n  a next client 20..30',
      ['entry: p > call (cancelled)'],
    ],
    [
      'a cancelled call explains no other failure once there was more work',
      'a p server 0..99 ! error.type=500\n  a call client 1..10 ! error.type=AbortError\n  a next client 20..30',
      ['entry: p (fault)'],
    ],
    [
      'a service that did not fail stops errors from below, though its caller ran out of time',
      'a p server 0..99 ! http.response.status_code=504\n  b serve server 2..90\n    b query client 3..80 !',
      ['entry: p (timeout)', 'stopped: query (fault)'],
    ],
    [
      'a service that did not fail stops errors from below, though its caller failed',
      'a p server 0..99 !\n  a call client 1..98 ! error.type=500\n    b serve server 2..90\n      b query client 3..80 !',
      ['entry: p > call (fault)', 'stopped: query (fault)'],
    ],
    [
      'behind a time-out only the answer is looked into, not what says that it is fine',
      'a call client 0..50 ! error.type=TimeoutError\n  a dns 1..5 ok\n    a lookup 2..3 !',
      ['entry: call (timeout unseen)', 'stopped: lookup (fault)'],
    ],
    [
      'nor another service below work of its own',
      'a call client 0..50 ! error.type=TimeoutError\n  a wrap 1..49\n    b serve server 2..48\n      b query client 3..40 !',
      ['entry: call (timeout unseen)', 'stopped: query (fault)'],
    ],
    [
      'an answer that failed in time is the cause of a time-out',
      'a call client 0..50 ! error.type=TimeoutError\n  b serve server 2..48 !\n    b query client 3..40',
      ['entry: call > serve (fault)'],
    ],
    [
      'an error goes on through a span that was detached as one of its own',
      'a p server 0..20 !\n  a later 25..60 !\n    a inner 26..30 !',
      ['entry: p (fault)', 'stopped: later > inner (fault)'],
    ],
  ])('%s', (_, text, expected) => {
    expect(chainsIn(text)).toEqual(expected);
  });

  it.each([
    ['the answer ended a tenth of the wait before', 'b serve server 1..450', 'callee'],
    ['the answer ended a little earlier', 'b serve server 1..449.999', 'after'],
    ['the answer began in the middle', 'b serve server 250..501', 'callee'],
    ['the answer began a little later', 'b serve server 250.001..501', 'before'],
    ['the first of two answers began at once', 'b one server 1..400\n    b two server 300..501', 'callee'],
    ['the last of two answers was still at work', 'b one server 1..20\n    b two server 30..501', 'callee'],
    ['only work of its own was seen', 'a dns 1..2', 'unseen'],
    ['nobody answered', '', 'unseen'],
    ['the server was still at work', 'b serve server 1..900', 'callee'],
    ['the server was cut off', 'b serve server 1..501 http.response.status_code=200', 'callee'],
    ['the server had only begun', 'b serve server 400..900', 'before'],
    ['the server had answered', 'b serve server 1..20', 'after'],
  ])('a time-out when %s', (_, server, side) => {
    const text = `a p server 0..510 !\n  a call client 0..500 ! error.type=TimeoutError\n    ${server}`;
    expect(chainsIn(text)).toEqual([`entry: p > call (timeout ${side})`]);
  });

  it('looks behind a time-out for what the server was slow by', () => {
    const chains = chainsIn(`
      gateway  POST /checkout  server  0..2010 ! #top
        gateway  POST          client  0..2000 ! #gave-up error.type=TimeoutError
          orders  POST /orders server  1..2001
            orders  POST       client  5..800 ! #one error.type=TimeoutError url.full=http://auth/x
              auth  verify     server  6..799
            orders  POST       client  900..1700 ! #two error.type=TimeoutError url.full=http://auth/x
              auth  verify     server  901..1701
            orders  POST       client  1800..2600 ! #three error.type=TimeoutError url.full=http://auth/x
    `);
    expect(chains).toEqual([
      'entry: top > gave-up > two (timeout callee)',
      'stopped: one (timeout callee)',
      'stopped: three (timeout unseen)',
    ]);
  });

  it('does not take the failure of a server for the cause when it came after its client had given up', () => {
    const text = 'a p server 0..510 !\n  a call client 0..500 ! error.type=TimeoutError\n    b serve server 1..900 !';
    expect(chainsIn(text)).toEqual(['entry: p > call (timeout callee)']);
  });
});
