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

  /** What the pool made of a value: the number of a pair that may be met again, or a place on the heap, below zero. */
  const codeOf = (pool: AttributePool, value: AttributeValue, onlyPairs = false): number => {
    const from = pool.size;
    return Number(pool.fingerprint({ from, shape: pool.put({ id: value }, onlyPairs) }));
  };

  it('puts values on the heap once more than 512 were seen of which more than half were new', () => {
    const pool = new AttributePool();
    const codes = Array.from({ length: 514 }, (_, n) => codeOf(pool, `x${n}`));
    expect(codes.slice(0, 512)).toEqual(Array.from({ length: 512 }, (_, n) => n));
    expect(codes.slice(512).every((code) => code < 0)).toBe(true);
    expect(codeOf(pool, 'x0')).toBeLessThan(0);
    expect(codeOf(pool, true)).toBe(512);
    expect(codeOf(pool, 'x0', true)).toBe(0);
    expect(codeOf(pool, 'never seen', true)).toBe(513);
    expect(codeOf(pool, [1, 2])).toBeLessThan(0);
  });

  it('keeps values in the dictionary while just half of them were new', () => {
    const pool = new AttributePool();
    for (let n = 0; n < 257; n++) codeOf(pool, n);
    for (let n = 0; n < 256; n++) expect(codeOf(pool, 256)).toBe(256);
    expect(codeOf(pool, 'the 514th')).toBe(257);
    expect(codeOf(pool, 'the 515th')).toBeLessThan(0);
  });

  it('never puts values of onlyPairs on the heap, however many', () => {
    const pool = new AttributePool();
    for (let n = 0; n < 600; n++) expect(codeOf(pool, n, true)).toBe(n);
  });

  it('gives equal values one code and different ones two, lists by what is in them', () => {
    const pool = new AttributePool();
    const values = ['1', 1, true, [1], ['1'], [1, 2], 'true', [true]];
    const codes = values.map((value) => codeOf(pool, value));
    expect(new Set(codes).size).toBe(values.length);
    expect(structuredClone(values).map((value) => codeOf(pool, value))).toEqual(codes);
  });

  it('takes back the run that was put last, and no other', () => {
    const pool = new AttributePool();
    const first = { from: pool.size, shape: pool.put({ a: 1, b: 2 }) };
    const second = { from: pool.size, shape: pool.put({ a: 3 }) };
    pool.takeBack(first);
    expect(pool.size).toBe(3);
    pool.takeBack(second);
    expect(pool.size).toBe(2);
    expect(pool.record(first.from, first.shape)).toEqual({ a: 1, b: 2 });
    pool.takeBack(first);
    expect(pool.size).toBe(0);
  });

  it('has one fingerprint for equal attributes, in whatever order their keys came', () => {
    const pool = new AttributePool();
    const print = (of: Attributes) => pool.fingerprint({ from: pool.size, shape: pool.put(of, true) });
    const runs: readonly Attributes[] = [{ a: 1, b: 'x' }, { b: 'x', a: 1 }, { a: 1 }, { a: 1, b: 'y' }, {}];
    expect(runs.map(print)).toEqual(['0,1', '0,1', '0', '0,2', '']);
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
