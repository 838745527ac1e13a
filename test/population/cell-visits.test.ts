import { expect, test } from 'vitest';
import { at } from '../../src/model/units.ts';
import { cellVisits } from '../../src/population/cell-visits.ts';
import { ordinalOf } from '../../src/trace/build.ts';
import { times, viewOf } from '../detectors/seen.ts';

const request = `
web  GET /buy  server  0..40
  web  GET       client  1..10
    work  GET /work  server  2..8
  web  GET       client  11..20
    work  GET /work  server  12..18
  web  GET       client  21..30
    other  GET /other  server  22..28
`;

test('every visit stands once among those of its cell, in row order and with its trace', () => {
  const { table, cells } = viewOf(times(4, request, 's'), times(3, request, 'b'));
  const { from, rows, traces } = cellVisits(table, cells);
  expect(rows).toHaveLength(cells.of.filter((cell) => cell >= 0).length);
  for (let cell = 0; cell < cells.count; cell++) {
    const mine = [...rows.subarray(at(from, cell), at(from, cell + 1))];
    const expected = [...cells.of.keys()].filter((row) => cells.of[row] === cell);
    expect(mine).toEqual(expected);
    expect([...traces.subarray(at(from, cell), at(from, cell + 1))]).toEqual(mine.map((row) => ordinalOf(table, row)));
  }
});

test('a visit that does the same in another order has the same shape', () => {
  const swapped = `
web  GET /buy  server  0..40
  web  GET       client  1..10
    other  GET /other  server  2..8
  web  GET       client  11..20
    work  GET /work  server  12..18
  web  GET       client  21..30
    work  GET /work  server  22..28
`;
  const { comparison } = viewOf(times(20, swapped, 's'), times(20, request, 'b'));
  expect(comparison.structure).toEqual([]);
});

test('a visit that does less has lost a part', () => {
  const shorter = request.replace(/ {2}web {2}GET {7}client {2}21[\s\S]*$/, '');
  const { comparison } = viewOf(times(20, shorter, 's'), times(20, request, 'b'));
  expect(comparison.structure.map(({ kind }) => kind)).toContain('cut-short');
});
