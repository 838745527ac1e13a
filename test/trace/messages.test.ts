import { expect, it } from 'vitest';
import { messagesOf } from '../../src/trace/messages.ts';
import { drawTable } from '../draw.ts';

it.each([
  ['by parent', 'a p 0..9\n  a send producer 1..3\n    b process consumer 8..20', ['send → process 5 parent']],
  ['by link', 'a send producer 1..3 #s\nb process consumer 8..20 ~s', ['s → process 5 link']],
  ['by both, once', 'a send producer 1..3 #s\n  b process consumer 2..20 ~s', ['s → process -1 parent']],
  [
    'a batch',
    'a one producer 1..2\na two producer 3..4 #two\nb process consumer 8..20 ~two ~first\na x producer 0..1 #first',
    ['first → process 7 link', 'two → process 4 link'],
  ],
  ['received by a CLIENT span', 'a send producer 1..3 #s\nb receive client 8..9 ~s', ['s → receive 5 link']],
  ['a link to what is not there, or sent nothing', 'a work 1..3 #w\nb process consumer 8..9 ~w ~gone', []],
  ['a link from a span that takes nothing up', 'a send producer 1..3 #s\nb work 8..9 ~s\nb serve server 8..9 ~s', []],
  ['a CLIENT span without a link', 'a send producer 1..3\n  b receive client 8..9', []],
  [
    'a message of one trace taken up twice',
    'a send producer 1..3 #s\nb p consumer 4..5 ~s\nc q consumer 6..7 ~s',
    ['s → p 1 link', 's → q 3 link'],
  ],
  ['a consumer inside a consumer', 'b receive consumer 0..9\n  b process consumer 1..8', []],
])('%s', (_, text, expected) => {
  const { table, nameOf } = drawTable(text);
  const words = messagesOf(table).map(
    (m) => `${nameOf(m.producer)} → ${nameOf(m.consumer)} ${m.delay / 1_000} ${m.by}`,
  );
  expect(words).toEqual(expected);
});
