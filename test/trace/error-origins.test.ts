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
  ])('%s', (_, text, expected) => {
    expect(chainsIn(text)).toEqual(expected);
  });

  it.each([
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
