import { describe, expect, it } from 'vitest';
import { at, numberAt } from '../../src/model/units.ts';
import { calleeOf, callsOf, countServers, serversOf } from '../../src/trace/calls.ts';
import { visitEntries } from '../../src/trace/visits.ts';
import { drawTable } from '../draw.ts';

/** Calls as `client → server gap before after`, ms. */
function callsIn(text: string): readonly string[] {
  const { table, nameOf } = drawTable(text);
  const calls = callsOf(table);
  return [...calls.client].map((client, call) => {
    const server = at(calls.server, call);
    const [gap, before, after] = [calls.gap, calls.before, calls.after].map((column) => numberAt(column, call) / 1_000);
    return `${nameOf(client)} → ${server < 0 ? calleeOf(table, client) : nameOf(server)} ${gap} ${before} ${after}`;
  });
}

describe('callsOf', () => {
  it.each([
    [
      'a CLIENT and its SERVER span',
      'a root server 0..20\n  a call client 1..19\n    b serve server 4..14',
      ['call → serve 8 3 5'],
    ],
    ['a CLIENT that nobody answered', 'a root 0..9\n  a call client 1..9 server.address=paygw', ['call → paygw 8 0 0']],
    [
      'connecting inside a CLIENT span is not an answer',
      'a call client 0..20\n  a tls.connect 0..8\n    a tcp.connect 0..2\n  b serve server 9..19',
      ['call → serve 10 9 1'],
    ],
    [
      'a CLIENT span around another one is no call of its own',
      'a root 0..20\n  a S3.PutObject client 1..19\n    a wrap 1..19\n      a PUT client 2..18\n        b serve server 3..17',
      ['PUT → serve 2 1 1'],
    ],
    [
      'two answers of one call',
      'a call client 0..20\n  b first server 2..10\n  b second server 8..15',
      ['call → first 7 2 5'],
    ],
    [
      'a service that calls itself',
      'a outer server 0..20\n  a call client 1..19\n    a inner server 2..18',
      ['call → inner 2 1 1'],
    ],
    [
      'spans without kinds',
      'a in unspecified 0..20\n  a out unspecified 1..19\n    b work unspecified 3..15',
      ['out → work 6 2 4'],
    ],
    [
      'no kinds: an entry is not outbound, nor is a span with work of its own below',
      'a in unspecified 0..20\n  b x unspecified 1..5\n  b y unspecified 6..9\n    b z unspecified 7..8\n    c w unspecified 7..8',
      [],
    ],
    ['a server on another clock', 'a call client 0..20\n  b serve server -105..-90', ['call → serve 5 -105 110']],
    ['a server that outlived its client', 'a call client 0..20 !\n  b serve server 5..90', ['call → serve 0 5 -70']],
    [
      'an answer inside another one',
      'a call client 0..20\n  b first server 2..15\n  b second server 3..5',
      ['call → first 7 2 5'],
    ],
    [
      'answers with nothing between them',
      'a call client 0..20\n  b first server 2..8\n  b second server 8..15',
      ['call → first 7 2 5'],
    ],
    [
      'answers with a pause between them',
      'a call client 0..20\n  b first server 2..4\n  b second server 8..15',
      ['call → first 11 2 5'],
    ],
    [
      'what takes up a message beside two answers is none',
      'a call client 0..20\n  b first server 2..10\n  b second server 8..15\n  b process consumer 16..19',
      ['call → first 7 2 5'],
    ],
    [
      'what takes up a message and nothing else',
      'a call client 0..20\n  b process consumer 16..19',
      ['call → b 20 0 0'],
    ],
    ['a message is not a call', 'a root 0..9\n  a send producer 1..2\n    b process consumer 5..8', []],
  ])('%s', (_, text, expected) => {
    expect(callsIn(text)).toEqual(expected);
  });

  it('takes what answers cover from other times, in which they may stand in another order', () => {
    const { table, row } = drawTable('a call client 0..20\n  b first server 1..8\n  b second server 2..10');
    const start = table.start.map((time, each) => (each === row('first') ? 8_000 : time));
    const end = table.end.map((time, each) => (each === row('first') ? 15_000 : time));
    const { gap, before, after } = callsOf(table, { start, end });
    expect([gap, before, after].map(([time = 0]) => time / 1_000)).toEqual([7, 2, 5]);
  });

  it('counts who answered as it lists them', () => {
    const { table, row } = drawTable(`
      a root 0..20
        a none client 1..2
          a dns 1..2
        a call client 3..15
          a dns 3..4
          b one server 4..10
          b two server 5..9
          b three consumer 6..7
    `);
    const lists = ['root', 'none', 'call', 'one'].map((name) => serversOf(table, row(name)));
    expect(lists).toEqual([[], [], [row('one'), row('two'), row('three')], []]);
    expect(['root', 'none', 'call', 'one'].map((name) => countServers(table, row(name)))).toEqual([0, 0, 3, 0]);
  });

  it('numbers the calls by row', () => {
    const { table, row } = drawTable('a root 0..20\n  a one client 1..2\n  a two client 3..4');
    const calls = callsOf(table);
    expect(calls.of[row('root')]).toBe(-1);
    expect(calls.client[calls.of[row('two')]!]).toBe(row('two'));
  });
});

describe('calleeOf', () => {
  it.each([
    ['server.service.name=pay server.address=10.0.0.7', 'pay'],
    ['service.peer.name=pay peer.service=other', 'pay'],
    ['server.address=pay.internal server.port=8080', 'pay.internal'],
    ['url.full=https://user:secret@pay.internal:8443/charge?id=1', 'pay.internal'],
    ['server.address=127.0.0.1 server.port=5432', '127.0.0.1:5432'],
    ['url.full=http://localhost:40123/x', 'localhost:40123'],
    ['server.address="::1" server.port=80', '[::1]:80'],
    ['server.address=127.0.0.1 server.port=5432 db.system.name=postgresql db.namespace=shop', 'shop'],
    ['server.address=pg.internal db.system.name=postgresql', 'pg.internal'],
    ['db.system.name=sqlite', 'sqlite'],
    ['messaging.system=kafka messaging.destination.name=orders', 'orders'],
    ['network.peer.address=10.1.2.3 network.peer.port=9', '10.1.2.3:9'],
    ['url.full=/relative', undefined],
    ['', undefined],
  ])('with %s is %s', (marks, expected) => {
    const { table } = drawTable(`a call client 0..1 ${marks}`);
    expect(calleeOf(table, 0)).toBe(expected);
  });

  it('is the service that answered, whatever the attributes say', () => {
    const { table } = drawTable('a call client 0..9 server.address=proxy\n  pay serve server 1..8');
    expect(calleeOf(table, 0)).toBe('pay');
  });
});

describe('visitEntries', () => {
  it('follows a request from service to service', () => {
    const { table, nameOf, row } = drawTable(`
      a in server 0..9
        a call client 1..8
          b serve server 2..7
            b query client 3..4
        a render 8..9
    `);
    const entries = visitEntries(table);
    const entryOf = (name: string) => nameOf(at(entries, row(name)));
    expect(['in', 'call', 'serve', 'query', 'render'].map(entryOf)).toEqual(['in', 'in', 'serve', 'serve', 'in']);
  });
});
