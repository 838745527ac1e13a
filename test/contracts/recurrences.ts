import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Occurrence, Recurrences } from '../../src/ports/recurrences.ts';
import type { Retention } from '../../src/store/retention.ts';

export type RecurrencesBed = {
  /** Each call is a process of its own as far as they can tell. */
  open(retention?: Partial<Retention>): Promise<Recurrences>;
  dispose(): Promise<void>;
};

const T0 = 1_790_000_000_123_456;

/** What all recurrences promise (`ports/recurrences.ts`). */
export function recurrencesContract(name: string, makeBed: () => Promise<RecurrencesBed>): void {
  describe(`${name} as recurrences`, () => {
    let bed: RecurrencesBed;
    let recurrences: Recurrences;
    beforeEach(async () => {
      bed = await makeBed();
      recurrences = await bed.open();
    });
    afterEach(() => bed.dispose());

    test('nothing was seen before the first time', async () => {
      expect(await recurrences.of('f', 10)).toEqual([]);
    });

    test('gives back what was noted, newest first, as many as asked, to this process and to the next', async () => {
      const full = seen('b', { at: T0 + 2, thread: { channel: 'C1', ts: '17.5' }, fixedBy: 'ein Neustart «🙂»' });
      await recurrences.note(full);
      await recurrences.note(seen('c', { at: T0 + 3 }));
      await recurrences.note(seen('a', { at: T0 + 1 }));
      await recurrences.note(seen('x', { fingerprint: 'other' }));
      const other = await bed.open();
      expect(await other.of('f', 10)).toEqual([seen('c', { at: T0 + 3 }), full, seen('a', { at: T0 + 1 })]);
      expect(await other.of('f', 1)).toEqual([seen('c', { at: T0 + 3 })]);
      expect(await other.of('f', 0)).toEqual([]);
    });

    test('noted again, an investigation still counts once, and what fixed it stays said until it is said anew', async () => {
      await recurrences.note(seen('a', { fixedBy: 'rollback' }));
      await recurrences.note(seen('a', { at: T0 + 5, thread: { channel: 'C', ts: '1' } }));
      expect(await recurrences.of('f', 10)).toEqual([
        seen('a', { at: T0 + 5, thread: { channel: 'C', ts: '1' }, fixedBy: 'rollback' }),
      ]);
      await recurrences.note(seen('a', { fixedBy: 'a new certificate' }));
      expect(await recurrences.of('f', 10)).toEqual([seen('a', { fixedBy: 'a new certificate' })]);
    });

    test('keeps at most so many', async () => {
      const few = await bed.open({ occurrences: 3 });
      for (const index of [1, 2, 3, 4, 5]) {
        await few.note(seen(`i${index}`, { at: T0 + index }));
        await new Promise((resolve) => setTimeout(resolve, 3));
      }
      expect((await few.of('f', 10)).map(({ investigation }) => investigation)).toEqual(['i5', 'i4', 'i3']);
    });

    test('forgets what is long ago', async () => {
      const brief = await bed.open({ occurrenceMs: 200 });
      await brief.note(seen('a'));
      await vi.waitFor(async () => expect(await brief.of('f', 10)).toEqual([]), { timeout: 10_000 });
    });
  });
}

function seen(investigation: string, more: Partial<Occurrence> = {}): Occurrence {
  return { fingerprint: 'f', investigation, at: T0, ...more };
}
