import { describe, expect, test } from 'vitest';
import { analyse } from '../../src/investigation/analyse.ts';
import { times } from '../detectors/seen.ts';
import { inputOf } from './analyse-input.ts';

/** A request of which `work` takes most; three other services do next to nothing. */
const request = (work: number) => `
web  GET /buy  server  0..${work + 20}
  web  GET       client  1..${work + 9}
    work  GET /work  server  2..${work + 8}
  web  GET       client  ${work + 10}..${work + 14}
    other  GET /other  server  ${work + 11}..${work + 13}
`;

const verdictOn = (now: number, before: number) =>
  analyse(inputOf(times(now, request(400), 's'), times(before, request(20), 'b'))).verdict;

describe('a handful of slow requests', () => {
  test('against a handful of quick ones names nobody', () => {
    expect(verdictOn(1, 3).kind).toBe('cannot-tell');
  });

  test('a few more are a suspicion', () => {
    expect(verdictOn(4, 3)).toMatchObject({ kind: 'suspect', hypotheses: [{ component: { service: 'work' } }] });
  });

  test('enough of them on both sides are a cause', () => {
    expect(verdictOn(12, 12)).toMatchObject({ kind: 'cause', hypotheses: [{ component: { service: 'work' } }] });
  });
});
