import { describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { at } from '../../src/model/units.ts';
import { certainRise, STRICT_Z } from '../../src/population/statistics.ts';
import { structuralChanges } from '../../src/population/structure.ts';
import { times } from '../detectors/seen.ts';
import { bothSides } from './both-sides.ts';

function changes(
  suspects: readonly SpanRecord[],
  reference: readonly SpanRecord[],
  neither: readonly SpanRecord[] = [],
) {
  const { table, charges, cells, sides } = bothSides(suspects, reference, neither);
  const suspect = new Set(suspects.map(({ traceId }) => traceId));
  return structuralChanges(table, charges, cells, sides).map(({ cell, part, example, ...change }) => {
    const trace = table.traceIds.findIndex((_, ordinal) => example < (table.first[ordinal + 1] ?? 0));
    return {
      ...change,
      visit: `${charges.parties.names[at(cells.from, cell)]} ${table.text(at(cells.operation, cell))}`,
      part: part < 0 ? undefined : table.name(part),
      of: suspect.has(table.traceIds[trace] ?? '') ? 'suspect' : 'reference',
    };
  });
}

/** A visit that does the given steps, in this order. */
const visit = (...steps: readonly string[]) =>
  ['web  GET /  server  0..90', ...steps.map((step, i) => `  web  ${step}  internal  ${i * 5 + 1}..${i * 5 + 4}`)].join(
    '\n',
  );
const rate = (hits: number, of: number) => ({ with: hits, of });
const rise = (now: readonly [number, number], before: readonly [number, number]) =>
  certainRise(rate(...now), rate(...before), STRICT_Z);
const kinds = (found: readonly { readonly kind: string; readonly part: string | undefined }[]) =>
  found.map(({ kind, part }) => (part === undefined ? kind : `${kind} ${part}`));

describe('what visits do', () => {
  test('is the same in another order, more often, or in other traces', () => {
    const healthy = times(20, visit('load', 'check', 'save'), 'b');
    expect(changes(times(9, visit('save', 'load', 'check'), 's'), healthy)).toEqual([]);
    expect(changes(times(9, visit('load', 'load', 'check', 'save', 'check'), 's'), healthy)).toEqual([]);
    expect(changes(times(9, visit('load', 'check', 'save'), 's'), healthy, times(9, visit('load'), 'x'))).toEqual([]);
  });

  test('lacks a part that it always had, and is cut short', () => {
    const suspects = [...times(9, visit('load', 'save'), 's'), ...times(3, visit('load', 'check', 'save'), 't')];
    const reference = [...times(19, visit('load', 'check', 'save'), 'b'), ...times(1, visit('load', 'save'), 'c')];
    expect(changes(suspects, reference)).toEqual([
      {
        kind: 'missing',
        visit: 'web GET /',
        part: 'check',
        weight: rise([19, 20], [3, 12]),
        now: rate(3, 12),
        before: rate(19, 20),
        of: 'suspect',
      },
    ]);
    const strict = changes(suspects, times(20, visit('load', 'check', 'save'), 'b'));
    const cut = { visit: 'web GET /', now: rate(9, 12), before: rate(0, 20), weight: rise([9, 12], [0, 20]) };
    expect(strict.toSorted((a, b) => (a.kind > b.kind ? -1 : 1))).toEqual([
      {
        ...cut,
        kind: 'missing',
        part: 'check',
        now: rate(3, 12),
        before: rate(20, 20),
        weight: rise([20, 20], [3, 12]),
        of: 'suspect',
      },
      { ...cut, kind: 'cut-short', part: undefined, of: 'suspect' },
    ]);
  });

  test('has a new shape, and lost an old one', () => {
    const found = changes(times(12, visit('load', 'audit'), 's'), times(20, visit('load'), 'b'));
    const both = { visit: 'web GET /', part: undefined };
    expect(found).toEqual([
      {
        ...both,
        kind: 'new-shape',
        now: rate(12, 12),
        before: rate(0, 20),
        weight: 0.5 * rise([12, 12], [0, 20]),
        of: 'suspect',
      },
      {
        ...both,
        kind: 'vanished-shape',
        now: rate(0, 12),
        before: rate(20, 20),
        weight: 0.5 * rise([20, 20], [0, 12]),
        of: 'reference',
      },
    ]);
    const mixed = [...times(12, visit('load', 'audit'), 's'), ...times(1, visit('load'), 't')];
    expect(kinds(changes(mixed, times(20, visit('load'), 'b')))).toEqual(['new-shape']);
  });

  test('counts the operations that were called', () => {
    const calling = (operation: string) => `
web  GET /  server  0..90
  web  GET  client  1..80
    desk  ${operation}  server  2..79
`;
    const found = changes(times(12, calling('GET /new'), 's'), times(20, calling('GET /old'), 'b'));
    expect(kinds(found.filter((change) => change.visit === 'web GET /'))).toEqual([
      'missing GET',
      'new-shape',
      'vanished-shape',
    ]);
  });

  test('is told of visits that both sides have', () => {
    expect(
      changes(times(9, visit('load'), 's'), times(20, visit('load', 'save').replace('GET /', 'GET /other'), 'b')),
    ).toEqual([]);
    expect(changes([], times(20, visit('load'), 'b'))).toEqual([]);
    expect(changes(times(9, visit('load'), 's'), [])).toEqual([]);
  });
});

describe('a part is expected', () => {
  test('when it came nine times in ten', () => {
    const found = (having: number, of: number) =>
      kinds(
        changes(times(20, visit('load'), 's'), [
          ...times(having, visit('load', 'check'), 'b'),
          ...times(of - having, visit('load'), 'c'),
        ]),
      ).filter((kind) => kind.startsWith('missing'));
    expect(found(18, 20)).toEqual(['missing check']);
    expect(found(17, 20)).toEqual([]);
  });

  test('of three visits on either side at least', () => {
    const found = (now: number, before: number) =>
      kinds(changes(times(now, visit('load'), 's'), times(before, visit('load', 'check'), 'b'))).filter((kind) =>
        kind.startsWith('missing'),
      );
    expect(found(3, 40)).toEqual(['missing check']);
    expect(found(2, 40)).toEqual([]);
    expect(found(40, 3)).toEqual(['missing check']);
    expect(found(40, 2)).toEqual([]);
  });

  test('where another part happened: the surest of both is told, once a part', () => {
    // Half of all visits pay, and those that pay always print a receipt.
    const paid = visit('load', 'pay', 'print');
    const reference = [...times(20, paid, 'b'), ...times(20, visit('load'), 'c')];
    const suspects = [...times(10, visit('load', 'pay'), 's'), ...times(10, visit('load'), 't')];
    expect(changes(suspects, reference).filter(({ kind }) => kind === 'missing')).toEqual([
      {
        kind: 'missing',
        visit: 'web GET /',
        part: 'print',
        weight: rise([20, 20], [0, 10]),
        now: rate(0, 10),
        before: rate(20, 20),
        of: 'suspect',
      },
    ]);
  });
});

describe('a shape is new', () => {
  test('when at most one in fifty had it before', () => {
    const found = (had: number, of: number) =>
      kinds(
        changes(times(20, visit('load', 'audit'), 's'), [
          ...times(of - had, visit('load', 'print'), 'b'),
          ...times(had, visit('load', 'audit'), 'c'),
        ]),
      ).filter((kind) => kind === 'new-shape');
    expect(found(0, 50)).toEqual(['new-shape']);
    expect(found(1, 50)).toEqual(['new-shape']);
    expect(found(1, 49)).toEqual([]);
  });

  test('and is not cut short when it has something of its own', () => {
    const before = times(20, visit('load', 'check', 'save'), 'b');
    const shape = (...steps: readonly string[]) =>
      kinds(changes(times(12, visit(...steps), 's'), before)).filter((kind) => /short|new/.test(kind));
    expect(shape('load', 'check')).toEqual(['cut-short']);
    expect(shape()).toEqual(['cut-short']);
    expect(shape('load', 'audit')).toEqual(['new-shape']);
    expect(shape('load', 'check', 'save', 'audit')).toEqual(['new-shape']);
    expect(shape('load', 'check', 'audit')).toEqual(['new-shape']);
  });
});

test('the surest change comes first, and of equals the one of the first visit', () => {
  const two = (first: string, second: string) => `
door  GET /  server  0..90
  door  PUT  client  1..40
    web  PUT /a  server  2..39
      web  ${first}  3..9
  door  GET  client  41..80
    app  GET /b  server  42..79
      app  ${second}  43..49
`;
  const before = times(20, two('load', 'load'), 'b');
  const visits = (suspects: readonly SpanRecord[]) => [
    ...new Set(changes(suspects, before).map((change) => change.visit)),
  ];
  const both = times(9, two('lose', 'lose'), 's');
  expect(visits(both)).toEqual(['web PUT /a', 'app GET /b']);
  expect(visits([...both, ...times(4, two('load', 'lose'), 't')])).toEqual(['app GET /b', 'web PUT /a']);
  expect(visits([...both, ...times(4, two('lose', 'load'), 't')])).toEqual(['web PUT /a', 'app GET /b']);
});
