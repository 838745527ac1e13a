import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Change } from '../../src/model/change.ts';
import { MINUTE } from '../../src/model/units.ts';
import type { Changes } from '../../src/ports/changes.ts';

export type ChangesBed = {
  /** Each call is a process of its own as far as the changes can tell. */
  open(retention?: { readonly keepMs?: number; readonly changes?: number }): Promise<Changes>;
  dispose(): Promise<void>;
};

const NOW = Math.floor(Date.now() / 1_000) * 1_000_000;
const change = (id: string, minutesAgo: number, rest: Partial<Change> = {}): Change => ({
  id,
  kind: 'deploy',
  at: NOW - minutesAgo * MINUTE,
  title: `Change ${id}`,
  ...rest,
});
const idsOf = (changes: readonly Change[]) => changes.map(({ id }) => id);

/** What every keeper of changes promises (`ports/changes.ts`). */
export function changesContract(name: string, makeBed: () => Promise<ChangesBed>): void {
  describe(`${name} as changes`, () => {
    let bed: ChangesBed;
    let changes: Changes;
    beforeEach(async () => {
      bed = await makeBed();
      changes = await bed.open();
    });
    afterEach(() => bed.dispose());

    test('those of a time, with both ends, the latest first, for every process', async () => {
      for (const [id, minutes] of [
        ['old', 40],
        ['edge', 30],
        ['mid', 20],
        ['late', 10],
        ['after', 5],
      ] as const)
        await changes.keep(change(id, minutes));
      const other = await bed.open();
      expect(idsOf(await other.between(NOW - 30 * MINUTE, NOW - 10 * MINUTE, 10))).toEqual(['late', 'mid', 'edge']);
      expect(idsOf(await other.between(NOW - 60 * MINUTE, NOW, 2))).toEqual(['after', 'late']);
      expect(await other.between(NOW - 60 * MINUTE, NOW, 0)).toEqual([]);
      expect(await other.between(NOW + MINUTE, NOW + 2 * MINUTE, 5)).toEqual([]);
    });

    test('come back as they were', async () => {
      const whole = change("x'; -- ключ 🙂", 1, {
        kind: 'flag',
        service: 'orders',
        version: '2.3.1',
        environment: 'production',
        link: 'https://ci.example/1',
        by: 'ada',
      });
      await changes.keep(whole);
      expect(await changes.between(NOW - MINUTE, NOW, 1)).toEqual([whole]);
    });

    test('what is told again stands once, as it was told last', async () => {
      await changes.keep(change('a', 20));
      await changes.keep(change('a', 10, { title: 'Corrected' }));
      expect(await changes.between(NOW - 60 * MINUTE, NOW, 10)).toEqual([change('a', 10, { title: 'Corrected' })]);
    });

    test('those that are too old or too many are let go, the oldest first', async () => {
      const few = await bed.open({ changes: 3, keepMs: 3_600_000 });
      await few.keep(change('ancient', 61));
      for (const [index, id] of ['a', 'b', 'c', 'd', 'e'].entries()) await few.keep(change(id, 50 - index));
      expect(idsOf(await few.between(NOW - 120 * MINUTE, NOW, 10))).toEqual(['e', 'd', 'c']);
      expect(idsOf(await changes.between(NOW - 120 * MINUTE, NOW, 10))).toEqual(['e', 'd', 'c']);
    });
  });
}
