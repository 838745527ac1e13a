import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Ledger } from '../../src/ports/ledger.ts';

export type LedgerBed = {
  /** Each call is a process of its own as far as the ledger can tell. */
  open(): Promise<Ledger>;
  dispose(): Promise<void>;
};

const LONG = 60_000;

/** What every ledger promises (`ports/ledger.ts`). */
export function ledgerContract(name: string, makeBed: () => Promise<LedgerBed>): void {
  describe(`${name} as a ledger`, () => {
    let bed: LedgerBed;
    let ledger: Ledger;
    beforeEach(async () => {
      bed = await makeBed();
      ledger = await bed.open();
    });
    afterEach(() => bed.dispose());

    test('the first to claim a key owns it, and the others learn what stands', async () => {
      expect(await ledger.claim('k', 'mine', LONG)).toEqual({ ours: true, note: 'mine' });
      expect(await ledger.claim('k', 'too late', LONG)).toEqual({ ours: false, note: 'mine' });
      const other = await bed.open();
      expect(await other.claim('k', 'elsewhere', LONG)).toEqual({ ours: false, note: 'mine' });
      expect(await other.read('k')).toBe('mine');
      expect(await other.read('K')).toBeUndefined();
    });

    test('one of many claimers at once wins, over all processes', async () => {
      const ledgers = [ledger, await bed.open(), await bed.open()];
      const claims = await Promise.all(
        Array.from({ length: 60 }, (_, index) => ledgers[index % 3]?.claim('race', `by ${index}`, LONG)),
      );
      const winners = claims.filter((claim) => claim?.ours);
      expect(winners).toHaveLength(1);
      expect(new Set(claims.map((claim) => claim?.note))).toEqual(new Set([winners[0]?.note]));
    });

    test('settling replaces the note for everybody', async () => {
      await ledger.claim('k', 'intended', LONG);
      await ledger.settle('k', 'posted as 17.5', LONG);
      expect(await (await bed.open()).read('k')).toBe('posted as 17.5');
      expect(await ledger.claim('k', 'again', LONG)).toEqual({ ours: false, note: 'posted as 17.5' });
    });

    test('settling needs no claim before it', async () => {
      await ledger.settle('unclaimed', 'first', LONG);
      await ledger.settle('unclaimed', 'last', LONG);
      expect(await (await bed.open()).read('unclaimed')).toBe('last');
      expect(await ledger.claim('unclaimed', 'late', LONG)).toEqual({ ours: false, note: 'last' });
    });

    test('a note ends, and the key may be claimed anew', async () => {
      await ledger.claim('brief', 'first', 150);
      await ledger.claim('lasting', 'first', LONG);
      await vi.waitFor(async () => expect(await ledger.read('brief')).toBeUndefined(), { timeout: 10_000 });
      expect(await ledger.claim('brief', 'second', LONG)).toEqual({ ours: true, note: 'second' });
      expect(await ledger.claim('lasting', 'second', LONG)).toEqual({ ours: false, note: 'first' });
    });

    test('settling keeps the note longer', async () => {
      await ledger.claim('k', 'a', 100);
      await ledger.settle('k', 'b', LONG);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(await ledger.read('k')).toBe('b');
    });

    test('counts each asking once, over all processes, until the number is forgotten', async () => {
      const ledgers = [ledger, await bed.open(), await bed.open()];
      const numbers = await Promise.all(
        Array.from({ length: 30 }, (_, index) => ledgers[index % 3]?.count('cards', LONG)),
      );
      expect(numbers.toSorted((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
      expect(await ledger.count('others', LONG)).toBe(1);
      expect(await ledger.count('brief', 100)).toBe(1);
      expect(await ledger.read('cards')).toBe('30');
      await vi.waitFor(async () => expect(await ledger.read('brief')).toBeUndefined(), { timeout: 10_000 });
      expect(await ledger.count('brief', LONG)).toBe(1);
      expect(await ledger.count('cards', LONG)).toBe(31);
    });

    test('keys and notes are any text', async () => {
      const odd = ['', ' ', "'; DROP TABLE ledger; --", 'ключ 🙂', 'a:b*c?[d]', 'x'.repeat(5_000)];
      for (const text of odd) {
        expect(await ledger.claim(`k${text}`, text, LONG)).toEqual({ ours: true, note: text });
        expect(await ledger.read(`k${text}`)).toBe(text);
      }
    });
  });
}
