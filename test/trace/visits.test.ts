import { expect, test } from 'vitest';
import { isEntry, isRemote } from '../../src/trace/visits.ts';
import { drawTable } from '../draw.ts';

test.each([
  ['a client', 'a server', true],
  ['a producer', 'a consumer', true],
  ['a client', 'a consumer', false],
  ['a producer', 'a server', false],
  ['a internal', 'a server', false],
  ['a internal', 'a consumer', false],
  ['a server', 'a client', false],
  ['a client', 'a client', false],
  ['a client', 'a internal', false],
  ['a client', 'b internal', true],
  ['a internal', 'b unspecified', true],
])('below %s, %s came over a wire: %s', (above, below, remote) => {
  const line = (name: string, words: string) => words.replace(' ', ` ${name} `);
  const { table, row } = drawTable(`${line('above', above)} 0..9\n  ${line('below', below)} 1..2`);
  expect([isRemote(table, row('below')), isEntry(table, row('below'))]).toEqual([remote, remote]);
  expect([isRemote(table, row('above')), isEntry(table, row('above'))]).toEqual([false, true]);
});
