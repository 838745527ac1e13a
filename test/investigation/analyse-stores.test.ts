import { expect, test } from 'vitest';
import { analyse } from '../../src/investigation/analyse.ts';
import { times } from '../detectors/seen.ts';
import { inputOf } from './analyse-input.ts';

const POSTGRES = 'db.system.name=postgresql server.address=postgres';

/** Two services over one store that sends no spans, each with a query of its own that takes so many ms. */
const request = (seats: number, shows: number) => `
web  GET /buy  server  0..${seats + shows + 20}
  web  GET  client  1..${seats + 7}  server.address=seats
    seats  GET /free  server  2..${seats + 6}
      seats  SELECT seats  client  4..${seats + 4}  ${POSTGRES}
  web  GET  client  ${seats + 8}..${seats + shows + 14}  server.address=shows
    shows  GET /show  server  ${seats + 9}..${seats + shows + 13}
      shows  SELECT shows  client  ${seats + 10}..${seats + shows + 10}  ${POSTGRES}
`;

const topOf = (now: string, before: string) =>
  analyse(inputOf(times(30, now, 's'), times(30, before, 'b'))).verdict.hypotheses[0];

test('one slow query at a store that serves everybody else as ever is told as that query, held against its asker', () => {
  expect(topOf(request(90, 5), request(5, 5))).toMatchObject({
    mechanism: 'slow-query',
    component: { kind: 'edge', from: 'seats', to: 'postgres', operation: 'SELECT seats' },
  });
});

test('a store that is slow for everybody is told as the store', () => {
  expect(topOf(request(90, 90), request(5, 5))).toMatchObject({
    mechanism: 'slow-query',
    component: { kind: 'edge', to: 'postgres' },
  });
});
