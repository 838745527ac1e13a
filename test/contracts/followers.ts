import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Follower, Followers } from '../../src/ports/followers.ts';
import type { Retention } from '../../src/store/retention.ts';

export type FollowersBed = {
  /** Each call is a process of its own as far as the followers can tell. */
  open(retention?: Partial<Retention>): Promise<Followers>;
  dispose(): Promise<void>;
};

const T0 = 1_790_000_000_000_000;

/** What all followers promise (`ports/followers.ts`). */
export function followersContract(name: string, makeBed: () => Promise<FollowersBed>): void {
  describe(`${name} as followers`, () => {
    let bed: FollowersBed;
    let followers: Followers;
    beforeEach(async () => {
      bed = await makeBed();
      followers = await bed.open();
    });
    afterEach(() => bed.dispose());

    test('nobody follows at first', async () => {
      expect(await followers.of('a')).toEqual({ alerts: 0, repeats: 0, titles: [] });
      expect(await followers.leaderOf('s', '1')).toBeUndefined();
      await followers.end('s', '1');
      await followers.move('a', 'b');
      expect(await followers.of('b')).toEqual({ alerts: 0, repeats: 0, titles: [] });
    });

    test('counts each alert once, each later delivery as a repeat, and one delivered twice not at all', async () => {
      await followers.follow('a', one('1'));
      await followers.follow('a', one('2'));
      await followers.follow('a', one('1', { delivery: 'again' }));
      await followers.follow('a', one('1', { delivery: 'again' }));
      await followers.follow('a', one('1', { source: 'other' }));
      const other = await bed.open();
      expect(await other.of('a')).toMatchObject({ alerts: 3, repeats: 1 });
      expect(await other.leaderOf('s', '1')).toBe('a');
      expect(await other.leaderOf('s', '3')).toBeUndefined();
    });

    test('tells the three earliest titles, each once, in whatever order they came', async () => {
      const said = [
        one('1', { title: 'late', at: T0 + 9 }),
        one('2', { title: 'second «ü» 🙂', at: T0 + 2 }),
        one('3', { title: 'third', at: T0 + 3 }),
        one('4', { title: 'first', at: T0 + 5 }),
        one('5', { title: 'first', at: T0 + 1 }),
      ];
      for (const follower of said) await followers.follow('a', follower);
      for (const follower of said.toReversed()) await followers.follow('b', follower);
      expect((await followers.of('a')).titles).toEqual(['first', 'second «ü» 🙂', 'third']);
      expect((await followers.of('b')).titles).toEqual(['first', 'second «ü» 🙂', 'third']);
    });

    test('an alert that has ended follows nobody, stays counted, and may follow anew', async () => {
      await followers.follow('a', one('1'));
      await followers.end('s', '1');
      expect(await followers.leaderOf('s', '1')).toBeUndefined();
      expect(await followers.of('a')).toMatchObject({ alerts: 1 });
      await followers.follow('b', one('1', { delivery: 'later' }));
      expect(await followers.leaderOf('s', '1')).toBe('b');
      expect(await followers.of('a')).toMatchObject({ alerts: 1, repeats: 0 });
      expect(await followers.of('b')).toMatchObject({ alerts: 1, repeats: 0 });
    });

    test('follows one at a time: the last whom it was told to follow', async () => {
      await followers.follow('a', one('1'));
      await followers.follow('b', one('1', { delivery: 'again' }));
      expect(await followers.leaderOf('s', '1')).toBe('b');
      await followers.end('s', '1');
      expect(await followers.leaderOf('s', '1')).toBeUndefined();
    });

    test('all go over to another, who counts each alert once', async () => {
      await followers.follow('a', one('1', { title: 'of a', at: T0 + 5 }));
      await followers.follow('a', one('2', { title: 'of both', at: T0 + 1 }));
      await followers.follow('a', one('2', { title: 'of both', delivery: 'again' }));
      await followers.follow('b', one('2', { title: 'of both', delivery: 'of b' }));
      await followers.follow('b', one('3', { title: 'of b', at: T0 + 9 }));
      await followers.move('a', 'b');
      await followers.move('a', 'b');
      expect(await followers.of('a')).toEqual({ alerts: 0, repeats: 0, titles: [] });
      expect(await followers.of('b')).toEqual({ alerts: 3, repeats: 2, titles: ['of both', 'of a', 'of b'] });
      expect(await followers.leaderOf('s', '1')).toBe('b');
    });

    test('many at once all count', async () => {
      const all = [followers, await bed.open(), await bed.open()];
      await Promise.all(Array.from({ length: 300 }, (_, index) => all[index % 3]?.follow('a', one(`${index % 100}`))));
      expect(await followers.of('a')).toMatchObject({ alerts: 100, repeats: 0 });
    });

    test('whatever is told in whatever order, the counts are those of a plain reckoning', {
      timeout: 60_000,
    }, async () => {
      const event = fc.record({ leader: fc.constantFrom('x', 'y'), alert: fc.nat(4), delivery: fc.nat(3) });
      let run = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(event, { maxLength: 20 }), async (events) => {
          run += 1;
          const alerts = new Map<string, string>();
          const repeats = { x: 0, y: 0 };
          for (const { leader, alert, delivery } of events) {
            const name = `${leader} ${alert}`;
            if (alerts.has(name) && alerts.get(name) !== `${delivery}`) repeats[leader] += 1;
            alerts.set(name, `${delivery}`);
            await followers.follow(`${run}${leader}`, one(`${run}-${alert}`, { delivery: `${delivery}` }));
          }
          for (const leader of ['x', 'y'] as const) {
            const count = [...alerts.keys()].filter((name) => name.startsWith(leader)).length;
            expect(await followers.of(`${run}${leader}`)).toMatchObject({ alerts: count, repeats: repeats[leader] });
          }
        }),
        { numRuns: 20 },
      );
    });

    test('forgets what nothing has touched for long', async () => {
      const brief = await bed.open({ keepMs: 200 });
      await brief.follow('a', one('1'));
      await vi.waitFor(
        async () => {
          expect(await brief.leaderOf('s', '1')).toBeUndefined();
        },
        { timeout: 10_000 },
      );
    });
  });
}

function one(alertId: string, more: Partial<Follower> = {}): Follower {
  return { source: 's', alertId, delivery: 'first', title: 'Errors', at: T0, ...more };
}
