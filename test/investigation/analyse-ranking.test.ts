import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/investigation/analyse.ts';
import { times } from '../detectors/seen.ts';
import { inputOf } from './analyse-input.ts';

/** `web` asks `desk`, which asks somebody who sends no spans for so many ms. */
const asking = (time: number, peer: string, operation = 'POST') => `
web  GET /buy  server  0..${time + 20}
  web  GET  client  1..${time + 15}  server.address=desk
    desk  GET /tickets  server  2..${time + 14}
      desk  ${operation}  client  4..${time + 4}  ${peer}
`;
const ranked = (now: string, before: string) =>
  (analyse(inputOf(times(30, now, 's'), times(30, before, 'b'))).ranking ?? []).map(({ service }) => service);

describe('the ranking', () => {
  test.each([
    'server.address=tills',
    'server.service.name=tills server.address=10.0.0.7',
  ])('holds a service that sends no spans by the name under which it is asked (%s), and its asker behind it', (peer) => {
    expect(ranked(asking(120, peer), asking(5, peer)).slice(0, 2)).toEqual(['tills', 'desk']);
  });

  test('holds whoever asks a store before the store, since a query is its asker’s', () => {
    const store = 'db.system.name=postgresql db.query.summary="SELECT seats" server.address=postgres';
    const [first, second] = ranked(asking(120, store, 'SELECT seats'), asking(5, store, 'SELECT seats'));
    expect([first, second]).toEqual(['desk', 'postgres']);
  });

  test('holds no peer that answers as ever', () => {
    const peer = 'server.address=tills';
    expect(ranked(asking(5, peer).replace('0..25', '0..150'), asking(5, peer))).not.toContain('tills');
  });
});

test('the ranking holds who stands unseen between two before either of them', () => {
  const through = (time: number) => `
web  GET /buy  server  0..${time + 20}
  web  POST  client  1..${time + 15}  server.address=tills
    bank  POST /charges  server  ${time + 4}..${time + 14}  server.address=bank
`;
  expect(ranked(through(120), through(5))[0]).toBe('tills');
});
