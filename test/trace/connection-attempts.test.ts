import { describe, expect, it } from 'vitest';
import { connectionAttempts, connectionPhase } from '../../src/trace/connection-attempts.ts';
import { drawTable } from '../draw.ts';

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
      'connections of another service',
      'a POST client 0..900\n  b serve server 1..800\n    b tcp.connect 5..6\n    b tcp.connect 8..9',
      [],
    ],
    [
      'an orphan with two requests around it belongs to neither',
      'a p 0..999\n  a POST client 0..900\n  a GET client 10..900\na tcp.connect 20..22 ^gone\na tcp.connect 30..32 ^gone',
      [],
    ],
    [
      'the request around an orphan, though another came and went in it',
      'a p 0..999\n  a POST client 0..900 #c\n  a GET client 10..20\na tcp.connect 500..502 ^gone #1\na tcp.connect 600..602 ^gone #2',
      ['c tcp 1 2 0'],
    ],
    [
      'a request that began after an orphan had ended',
      'a p 0..999\n  a POST client 0..900 #c\n  a GET client 600..700\na tcp.connect 100..102 ^gone #1\na tcp.connect 200..202 ^gone #2',
      ['c tcp 1 2 0'],
    ],
    [
      'requests that stand in the tree in another order than in time',
      'a p 0..999\n  a work 0..500\n    a late client 400..450\n  a early client 100..300\na tcp.connect 200..202 ^gone #1\na tcp.connect 210..212 ^gone #2',
      ['early tcp 1 2 0'],
    ],
    [
      'orphans a grain of the clock outside of their request',
      'a p 0..999\n  a POST client 10..900 #c\na tcp.connect 9..11 ^gone #1\na tcp.connect 899..901 ^gone #2',
      ['c tcp 1 2 0'],
    ],
    [
      'orphans farther outside',
      'a p 0..999\n  a POST client 10..900\na tcp.connect 8.999..11 ^gone\na tcp.connect 100..102 ^gone\na tcp.connect 899..901.001 ^gone',
      [],
    ],
    [
      'orphans of a service that asked for nothing',
      'a p 0..999\n  a POST client 0..900\nb tcp.connect 1..2 ^gone\nb tcp.connect 3..4 ^gone',
      [],
    ],
    [
      'connections beside a request, below the same parent',
      'a p 0..999\n  a POST client 0..900\n  a tcp.connect 1..2\n  a tcp.connect 3..4',
      [],
    ],
    [
      'a phase after the other, in the order of their names',
      'a POST client 0..900 #c\n  a dns.lookup 1..2\n  a dns.lookup 3..4 !\n  a http.getconn 5..6\n  a http.getconn 7..8\n  a tls.connect 9..10\n  a tls.connect 11..12',
      ['c dns dns.lookup dns.lookup 1', 'c pool http.getconn http.getconn 0', 'c tls tls.connect tls.connect 0'],
    ],
    [
      'attempts that stand in the tree in another order than in time',
      'a POST client 0..900 #c\n  a work 1..500\n    a tcp.connect 400..410 #2\n  a tcp.connect 20..30 #1',
      ['c tcp 1 2 0'],
    ],
    [
      'an overlap of exactly what a coarse clock explains, and of more',
      'a POST client 0..900 #c\n  a tcp.connect 0..10 #1\n  a tcp.connect 8..20 #2\n  a tls.connect 30..40\n  a tls.connect 37.999..50',
      ['c tcp 1 2 0'],
    ],
    [
      'requests by row',
      'a p 0..999\n  a POST client 0..100 #c\n    a tcp.connect 1..2 #1\n    a tcp.connect 3..4 #2\n  a POST client 200..300 #d\n    a tcp.connect 201..202 #3\n    a tcp.connect 203..204 ! #4',
      ['c tcp 1 2 0', 'd tcp 3 4 1'],
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
