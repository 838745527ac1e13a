import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { askForSlowest } from '../../src/backends/slowest.ts';

/** A store that lists the latest `limit + 1` of those that last long enough, as Jaeger and Zipkin do. */
async function slowestOf(
  lengths: readonly number[],
  limit: number,
): Promise<{ found: readonly number[]; asked: number }> {
  const seen = new Set<number>();
  let asked = 0;
  await askForSlowest(0, limit, async (least) => {
    asked += 1;
    const page = [...lengths.entries()].filter(([, length]) => length >= least).slice(-(limit + 1));
    for (const [index] of page) seen.add(index);
    return page.map(([, length]) => length);
  });
  const found = [...seen].map((index) => lengths[index] ?? 0).sort((left, right) => right - left);
  return { found: found.slice(0, limit), asked };
}

describe('the slowest of a store that lists the latest', () => {
  test('the very slowest are found among thousands, in a few questions', async () => {
    const lengths = Array.from({ length: 5_000 }, (_, index) => 1_000 + ((index * 7_919) % 5_000));
    const { found, asked } = await slowestOf([900_000, 800_000, ...lengths], 60);
    expect(found.slice(0, 2)).toEqual([900_000, 800_000]);
    expect(asked).toBeLessThanOrEqual(6);
  });

  test('a page that is not full ends it at once', async () => {
    expect(await slowestOf([3, 1, 2], 3)).toEqual({ found: [3, 2, 1], asked: 1 });
  });

  test('equal lengths do not keep it asking', async () => {
    const { asked } = await slowestOf(new Array(500).fill(7), 10);
    expect(asked).toBeLessThanOrEqual(2);
  });

  test('whatever the store holds, it ends, and what it finds is there', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(10_000), { maxLength: 200 }),
        fc.integer({ min: 1, max: 20 }),
        async (lengths, limit) => {
          const { found, asked } = await slowestOf(lengths, limit);
          expect(asked).toBeLessThanOrEqual(6);
          expect(found).toHaveLength(Math.min(limit, lengths.length));
          if (lengths.length <= limit + 1) expect(found).toEqual(lengths.toSorted((a, b) => b - a).slice(0, limit));
        },
      ),
    );
  });
});
