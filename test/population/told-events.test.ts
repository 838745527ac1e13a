import { expect, test } from 'vitest';
import { at } from '../../src/model/units.ts';
import { toldEvents } from '../../src/population/told-events.ts';
import { drawTable } from '../draw.ts';

test('an event is the same in every request: by its place, its exception or its text without literals, once a span', () => {
  const { table, row } = drawTable(`
a  first  server  0..20  *log@1{"log.message":"order 12 is late"} *log@2{"log.message":"order 13 is late"}
  a  second       1..5   *log@2{"log.message":"order 99 is late"} *exception@3{"exception.type":"Boom"}
  a  third        6..9
`);
  const { from, kindAt, kinds } = toldEvents(table);
  const told = (name: string) =>
    [...kindAt.subarray(at(from, row(name)), at(from, row(name) + 1))].map((kind) => kinds[kind]);
  expect(told('first')).toEqual([{ event: 'log order # is late', error: false }]);
  expect(told('second')).toEqual([...told('first'), { event: 'exception Boom !', error: true }]);
  expect(told('third')).toEqual([]);
  expect(kinds).toHaveLength(2);
});

test('a table without events tells nothing', () => {
  const { table } = drawTable('a root 0..9');
  expect(toldEvents(table).kinds).toEqual([]);
});
