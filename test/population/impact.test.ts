import { describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { actorOf, measureImpact } from '../../src/population/impact.ts';
import { sum } from '../../src/population/view.ts';
import { times, viewOf } from '../detectors/seen.ts';
import { DRAWN_EPOCH } from '../draw.ts';

const fine = (path = '/', user = '') => `web  GET ${path}  server  0..20  ${user === '' ? '' : `user.id=${user}`}`;
const failing = (path = '/', user = '') => `${fine(path, user)} !`;

/** What the bad requests of a window come to. */
function impactOf(suspects: readonly SpanRecord[], baseline: readonly SpanRecord[] = []) {
  const view = viewOf(suspects, baseline);
  return measureImpact(view, view.bad);
}

describe('impact', () => {
  test('counts the requests of the routes that were hit, from the first to the last', () => {
    const suspects = [...times(6, failing('/a'), 's'), ...times(9, fine('/a'), 'g'), ...times(7, fine('/b'), 'o')];
    expect(impactOf(suspects, times(20, fine('/a'), 'b'))).toEqual({
      entry: 'GET /a',
      affected: 6,
      examined: 15,
      since: DRAWN_EPOCH,
      lastSeen: DRAWN_EPOCH + 5_000_000,
    });
  });

  test('is measured at the entry of a request', () => {
    const late = 'web  prepare  internal  0..1\nweb  GET /  server  7..20  !';
    expect(impactOf(times(2, late, 's'))).toMatchObject({
      since: DRAWN_EPOCH + 7_000,
      lastSeen: DRAWN_EPOCH + 1_007_000,
    });
  });

  test('names an entry when nine in ten are of it', () => {
    const entry = (a: number, b: number) =>
      impactOf([...times(a, failing('/a'), 's'), ...times(b, failing('/b'), 't')]).entry;
    expect(entry(9, 1)).toBe('GET /a');
    expect(entry(1, 9)).toBe('GET /b');
    expect(entry(8, 1)).toBeUndefined();
    expect(entry(1, 8)).toBeUndefined();
    expect(entry(5, 5)).toBeUndefined();
  });

  test('of nothing is nothing of all that was examined', () => {
    const suspects = [...times(6, fine('/a'), 's'), ...times(5, fine('/b'), 't')];
    expect(impactOf(suspects, times(20, failing('/a'), 'b'))).toEqual({ affected: 0, examined: 11 });
  });

  test('counts each user once, and none where none is named', () => {
    const users = ['ann', 'ben', 'ann'].flatMap((user, i) => times(2, failing('/', user), `s${i}`));
    expect(impactOf([...users, ...times(2, failing(), 'x'), ...times(2, fine('/', 'cem'), 'g')]).users).toBe(2);
    expect(impactOf(times(2, failing(), 's'))).not.toHaveProperty('users');
  });
});

describe('the actor of a request', () => {
  const actor = (drawing: string) => actorOf(viewOf(times(1, drawing, 's')), 0);

  test('is who the first span that says so works for', () => {
    const request = (above: string, below: string) =>
      `web  GET /  server  0..20  ${above}\n  web  work  1..9  ${below}`;
    expect(actor(request('user.id=ann', 'user.id=ben'))).toEqual({ key: 'user.id', value: 'ann' });
    expect(actor(request('', 'user.id=ben'))).toEqual({ key: 'user.id', value: 'ben' });
    expect(actor(request('user.id=""', 'user.id=7'))).toEqual({ key: 'user.id', value: '7' });
    expect(actor(request('session.id=s', 'user.id=ben'))).toEqual({ key: 'session.id', value: 's' });
    expect(actor(request('user.name=ann', ''))).toBeUndefined();
  });

  test('is told by the best known key', () => {
    const keys = ['user.id', 'enduser.id', 'user.hash', 'enduser.pseudo.id', 'session.id'];
    for (const [i] of keys.entries()) {
      const marks = keys.slice(i).map((key) => `${key}=of-${key}`);
      expect(actor(`web  GET /  server  0..20  ${marks.toReversed().join(' ')}`)).toEqual({
        key: keys[i],
        value: `of-${keys[i]}`,
      });
    }
  });

  test('of one request is not that of the next', () => {
    const view = viewOf([...times(1, fine(), 's'), ...times(1, fine('/', 'ann'), 't')]);
    expect(sum(view.window)).toBe(2);
    expect([actorOf(view, 0), actorOf(view, 1)].filter((found) => found !== undefined)).toHaveLength(1);
  });
});
