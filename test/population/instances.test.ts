import { describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { failingInstances } from '../../src/population/instances.ts';
import { times } from '../detectors/seen.ts';
import { bothSides } from './both-sides.ts';

function failing(suspects: readonly SpanRecord[], others: readonly SpanRecord[] = []) {
  const { table, charges, sides } = bothSides(suspects, others);
  const { names } = charges.parties;
  return failingInstances(table, charges, sides.suspect).map(({ caller, peer, rows, ...found }) => {
    for (const row of rows) expect(charges.party[row]).toBe(caller);
    expect(rows).toEqual(rows.toSorted((a, b) => a - b));
    expect(rows).toHaveLength(found.counts.a);
    return { ...found, between: `${names[caller]} → ${names[peer]}` };
  });
}

/** One call to a copy of the shard. */
const call = (copy: string, failed: boolean, key = 'k8s.pod.name') => `
find  GET /search  server  0..50
  find  GET  client  2..20  server.address=shard ${failed ? '!' : ''}
    shard  GET /part  server  4..18  resource.${key}=${copy}
`;
/** By copy: how many calls of it failed, and how many went well. */
type Calls = Readonly<Record<string, readonly [number, number]>>;
const calls = (copies: Calls, key?: string, salt = '') =>
  Object.entries(copies).flatMap(([copy, [bad, good]]) => [
    ...times(bad, call(copy, true, key), `${salt}${copy}x`),
    ...times(good, call(copy, false, key), `${salt}${copy}o`),
  ]);

const bad = (counts: readonly [number, number, number, number], value = 'c', instances = 3) => ({
  between: 'find → shard',
  key: 'k8s.pod.name',
  value,
  counts: { a: counts[0], b: counts[1], c: counts[2], d: counts[3] },
  instances,
});

describe('a copy on which calls fail', () => {
  test('is told from its neighbours, with all that was counted', () => {
    expect(failing(calls({ c: [12, 2], a: [1, 15], b: [0, 14] }))).toEqual([bad([12, 1, 2, 29])]);
    expect(failing(calls({ c: [12, 2], a: [1, 15], b: [0, 14], d: [0, 3] }))).toEqual([bad([12, 1, 2, 32], 'c', 4)]);
  });

  test('needs two others to be told from', () => {
    expect(failing(calls({ c: [12, 2], a: [1, 15] }))).toEqual([]);
  });

  test('needs five failures', () => {
    expect(failing(calls({ c: [5, 0], a: [0, 20], b: [0, 20] }))).toEqual([bad([5, 0, 0, 40])]);
    expect(failing(calls({ c: [4, 0], a: [0, 20], b: [0, 20] }))).toEqual([]);
  });

  test('has more failures than all others together', () => {
    expect(failing(calls({ c: [13, 0], a: [12, 40], b: [0, 40] }))).toEqual([bad([13, 12, 0, 80])]);
    expect(failing(calls({ c: [12, 0], a: [12, 40], b: [0, 40] }))).toEqual([]);
  });

  test('has odds that are certainly above two, however many calls there are', () => {
    expect(failing(calls({ c: [30, 30], a: [10, 20], b: [10, 20] }))).toEqual([]);
    expect(failing(calls({ c: [40, 30], a: [10, 20], b: [10, 20] }))).toEqual([]);
    expect(failing(calls({ c: [60, 10], a: [20, 40], b: [20, 40] }))).toEqual([bad([60, 40, 10, 80])]);
  });

  test('is none where nothing failed, or where all fail', () => {
    expect(failing(calls({ c: [0, 12], a: [0, 12], b: [0, 12] }))).toEqual([]);
    expect(failing(calls({ c: [12, 0], a: [12, 0], b: [12, 0] }))).toEqual([]);
    expect(failing([])).toEqual([]);
  });

  test('is looked for in the chosen traces', () => {
    const many = calls({ c: [12, 2], a: [1, 15], b: [0, 14] });
    expect(failing(many, calls({ c: [0, 90], a: [40, 0] }, undefined, 'n'))).toEqual([bad([12, 1, 2, 29])]);
    expect(
      failing(
        calls({ a: [0, 15], b: [0, 14] }),
        many.filter(({ status }) => status === 'error'),
      ),
    ).toEqual([]);
  });
});

test('several bad copies stand by their failures, then by their names', () => {
  const edge = (caller: string, copies: Calls) =>
    calls(copies, undefined, caller).map((span) =>
      span.service === 'find' ? { ...span, service: caller, resource: { 'service.name': caller } } : span,
    );
  const two = (first: number, second: number) =>
    failing([
      ...edge('find', { c: [first, 0], a: [0, 20], b: [0, 20] }),
      ...edge('list', { z: [second, 0], x: [0, 20], y: [0, 20] }),
    ]).map(({ between, value }) => `${between} ${value}`);
  expect(two(9, 7)).toEqual(['find → shard c', 'list → shard z']);
  expect(two(7, 9)).toEqual(['list → shard z', 'find → shard c']);
  expect(two(7, 7)).toEqual(['find → shard c', 'list → shard z']);
  const swapped = failing([
    ...edge('find', { z: [8, 0], x: [0, 20], y: [0, 20] }),
    ...edge('list', { c: [8, 0], a: [0, 20], b: [0, 20] }),
  ]);
  expect(swapped.map(({ value }) => value)).toEqual(['c', 'z']);
});

describe('which copy a call reached', () => {
  const keyOf = (one: (copy: string, failed: boolean) => string) => {
    const spans = [
      ['c', 9, 0],
      ['a', 0, 12],
      ['b', 0, 12],
    ] as const;
    const all = spans.flatMap(([copy, failed, fine]) => [
      ...times(failed, one(copy, true), `${copy}x`),
      ...times(fine, one(copy, false), `${copy}o`),
    ]);
    return failing(all).map(({ key, value }) => `${key}=${value}`);
  };

  test.for(['k8s.pod.name', 'service.instance.id', 'container.id', 'host.name'])('says %s of the callee', (key) => {
    expect(keyOf((copy, failed) => call(copy, failed, key))).toEqual([`${key}=c`]);
  });

  test('says the most specific of them, and none that is empty', () => {
    const both = (copy: string, failed: boolean) =>
      call(copy, failed).replace('resource.', `resource.host.name=one resource.container.id=${copy}${copy} resource.`);
    expect(keyOf(both)).toEqual(['k8s.pod.name=c']);
    const empty = (copy: string, failed: boolean) => both(copy, failed).replace(/k8s.pod.name=\w/, 'k8s.pod.name=""');
    expect(keyOf(empty)).toEqual(['container.id=cc']);
  });

  const silent = (marks: string) => (copy: string, failed: boolean) =>
    `
find  GET /search  server  0..50
  find  GET  client  2..20  server.service.name=shard ${marks.replaceAll('?', copy)} ${failed ? '!' : ''}
`;
  test.for([
    ['network.peer.address=10.0.0.?', 'network.peer.address=10.0.0.c'],
    ['network.peer.address=10.0.0.? network.peer.port=81', 'network.peer.address=10.0.0.c:81'],
    ['network.peer.address=10.0.0.? server.address=s? server.port=9', 'network.peer.address=10.0.0.c'],
    ['network.peer.address="" server.address=s?', 'server.address=sc'],
    ['server.address=s? server.port=9 network.peer.port=81', 'server.address=sc:9'],
  ] as const)('is told by the address where the callee says nothing: %s', ([marks, told]) => {
    expect(keyOf(silent(marks))).toEqual([told]);
  });

  test('is not told by anything else', () => {
    expect(keyOf(silent('peer.copy=?'))).toEqual([]);
    expect(keyOf((copy, failed) => call(copy, failed).replace('resource.k8s.pod.name', 'pod.name'))).toEqual([]);
    // The address of a callee that says which copy it is tells nothing more.
    const address = (copy: string, failed: boolean) =>
      call('one', failed).replace('server.address=shard', `server.address=${copy}.example`);
    expect(keyOf(address)).toEqual([]);
  });
});
