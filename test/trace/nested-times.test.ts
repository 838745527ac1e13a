import { expect, test } from 'vitest';
import { nestedTimes } from '../../src/trace/nested-times.ts';
import { drawTable } from '../draw.ts';

/** Start and end of a row, ms. */
function spanOf(text: string, name: string): readonly [number, number] {
  const { table, row } = drawTable(text);
  const times = nestedTimes(table);
  const epoch = table.start[row('entry')] ?? 0;
  return [((times.start[row(name)] ?? 0) - epoch) / 1_000, ((times.end[row(name)] ?? 0) - epoch) / 1_000];
}

test('a server whose clock is ahead is moved back into its call, with what it did', () => {
  const text = `
    gateway  GET /     server  0..100  #entry
      gateway  GET     client  10..90
        orders  GET /orders server 2_000..2_060  #order
          orders  SELECT      client 2_010..2_050  #query`.replaceAll('_', '');
  expect(spanOf(text, 'order')).toEqual([30, 90]);
  expect(spanOf(text, 'query')).toEqual([40, 80]);
});

test('a server whose clock is behind begins when it was called', () => {
  const text = `
    gateway  GET /     server  1000..1100  #entry
      gateway  GET     client  1010..1090
        orders  GET /orders server 500..560  #order`;
  expect(spanOf(text, 'order')).toEqual([10, 70]);
});

test('what is called from a moved server stands beside it', () => {
  const text = `
    gateway  GET /     server  0..100  #entry
      gateway  GET     client  10..90
        orders  GET /orders server 500..560
          orders  GET  client 510..550
            stock  GET /levels server 20..40  #stock`;
  expect(spanOf(text, 'stock')).toEqual([40, 60]);
});

test('what ends after its call below a moved server is moved back as well', () => {
  const text = `
    gateway  GET /     server  0..100  #entry
      gateway  GET     client  10..90
        orders  GET /orders server 500..560
          orders  GET  client 510..550
            stock  GET /levels server 545..590  #stock`;
  expect(spanOf(text, 'stock')).toEqual([40, 85]);
});

test('clocks that agree to their grain move nothing, and the table is answered as it is', () => {
  const { table } = drawTable(`
    gateway  GET /     server  0..100
      gateway  GET     client  10..90
        orders  GET /orders server 9..91.5`);
  expect(nestedTimes(table)).toBe(table);
});

test('a server that worked on after its caller had given up is left where it is', () => {
  const { table } = drawTable(`
    gateway  GET /     server  0..300  !
      gateway  GET     client  10..260  !"timed out"
        orders  GET /orders server 12..900`);
  expect(nestedTimes(table)).toBe(table);
});

test('a server longer than its call is moved back no farther than to the beginning of the call', () => {
  const text = `
    gateway  GET /     server  0..100  #entry
      gateway  GET     client  10..90
        orders  GET /orders server 50..150  #order`;
  expect(spanOf(text, 'order')).toEqual([10, 110]);
});

test('work that nobody waits for is not moved', () => {
  const { table } = drawTable(`
    gateway  GET /     server  0..100
      gateway  send    producer  10..20
        mailer  receive  consumer 500..600`);
  expect(nestedTimes(table)).toBe(table);
});

test.each([
  ['by what a clock may be coarse', '8..60', [8, 60]],
  ['by more', '7.999..60', [10, 62.001]],
])('a server that begins before its call %s', (_, server, expected) => {
  const text = `a GET server 0..100 #entry\n  a GET client 10..90\n    b GET server ${server} #order`;
  expect(spanOf(text, 'order')).toEqual(expected);
});

test.each([
  ['by what a clock may be coarse', '20..92', [20, 92]],
  ['by more', '20..92.001', [17.999, 90]],
  ['by more, and began just in time', '10..95', [10, 95]],
  ['by more, and began a moment early', '9..95', [9, 95]],
])('a server that ends after its call %s', (_, server, expected) => {
  const text = `a GET server 0..100 #entry\n  a GET client 10..90\n    b GET server ${server} #order`;
  expect(spanOf(text, 'order')).toEqual(expected);
});

test.each([
  ['failed without an answer', '!', [30, 130]],
  ['failed with an answer', '! http.response.status_code=500', [10, 110]],
  ['did not fail', '', [10, 110]],
])('a server is left to end after a call that %s, or not', (_, marks, expected) => {
  const text = `a GET server 0..100 #entry\n  a GET client 10..90 ${marks}\n    b GET server 30..130 #order`;
  expect(spanOf(text, 'order')).toEqual(expected);
});

test('a server that began after its call was given up is moved before that', () => {
  const text = 'a GET server 0..100 #entry\n  a GET client 10..90 !\n    b GET server 95..300 #order';
  expect(spanOf(text, 'order')).toEqual([90, 295]);
});

test.each([
  ['a server that its own service called', 'client', 'a GET server', [40, 90]],
  ['a server of another service without a call', 'internal', 'b GET server', [60, 110]],
  ['work of another service below a call', 'client', 'b GET internal', [60, 110]],
  ['work of the service itself', 'client', 'a GET internal', [60, 110]],
])('of %s it is known whether a call waited for it', (_, above, below, expected) => {
  const text = `a GET server 0..100 #entry\n  a GET ${above} 10..90\n    ${below} 60..110 #order`;
  expect(spanOf(text, 'order')).toEqual(expected);
});
