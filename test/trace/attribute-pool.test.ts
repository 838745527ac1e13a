import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Attributes, AttributeValue } from '../../src/model/span.ts';
import { AttributePool } from '../../src/trace/attribute-pool.ts';

const key = fc.oneof(fc.constantFrom('a', 'b', 'c', '2', '10', '__proto__', 'constructor'), fc.string());
const value = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.double({ noNaN: true }),
  fc.boolean(),
  fc.array(fc.oneof(fc.string(), fc.integer(), fc.boolean())),
);
const attributes = fc
  .array(fc.tuple(key, value), { maxLength: 8 })
  .map((entries): Attributes => Object.fromEntries<AttributeValue>(entries));

/** The keys of an object as one with sorted keys lists them. */
const sortedKeys = (of: Attributes) =>
  Object.keys(Object.fromEntries(Object.entries(of).sort(([a], [b]) => (a < b ? -1 : 1))));

describe('AttributePool', () => {
  it('gives back what was put, by key and whole, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(attributes, { maxLength: 30 }), (all) => {
        const pool = new AttributePool();
        const runs = all.map((each) => ({ from: pool.size, shape: pool.put(each), each }));
        for (const { from, shape, each } of runs) {
          expect(pool.names(shape)).toEqual(sortedKeys(each));
          expect(Object.entries(pool.record(from, shape))).toEqual(pool.names(shape).map((name) => [name, each[name]]));
          for (const name of [...Object.keys(each), 'never', 'a']) {
            expect(pool.value(from, shape, name)).toEqual(Object.hasOwn(each, name) ? each[name] : undefined);
          }
        }
      }),
    );
  });

  it('keeps values that never repeat', () => {
    const pool = new AttributePool();
    const runs = Array.from({ length: 2_000 }, (_, i) => ({
      from: pool.size,
      shape: pool.put({ id: `x${i}`, n: i / 3 }),
    }));
    for (const [i, { from, shape }] of runs.entries()) {
      expect(pool.record(from, shape)).toEqual({ id: `x${i}`, n: i / 3 });
    }
  });

  it('tells keys that nobody has', () => {
    const pool = new AttributePool();
    pool.put({ 'user.id': 7 });
    expect([pool.carries('user.id'), pool.carries('tenant.id')]).toEqual([true, false]);
  });

  it('makes few shapes of a sender that shuffles its keys', () => {
    const pool = new AttributePool();
    const names = Array.from({ length: 9 }, (_, i) => `key.${i}`);
    const shapes = new Set<number>();
    const put: { from: number; shape: number; first: string }[] = [];
    let seed = 1;
    for (let span = 0; span < 20_000; span++) {
      const left = [...names];
      const shuffled: [string, number][] = [];
      while (left.length > 0) {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
        const [name = ''] = left.splice(seed % left.length, 1);
        shuffled.push([name, shuffled.length]);
      }
      const from = pool.size;
      const shape = pool.put(Object.fromEntries(shuffled));
      if (span >= 10_000) shapes.add(shape);
      put.push({ from, shape, first: shuffled[0]?.[0] ?? '' });
    }
    expect(shapes.size).toBe(1);
    for (const { from, shape, first } of put) expect(pool.value(from, shape, first)).toBe(0);
  });
});
