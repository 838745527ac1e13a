import { describe, expect, it } from 'vitest';
import { ValueHeap } from '../../src/trace/value-heap.ts';

const MIB = 1 << 20;

describe('ValueHeap', () => {
  it('gives back what was put, whatever came before', () => {
    const heap = new ValueHeap();
    const lengths = [0, 1, 47, 48, 49, 255, 256, 257, 65_535, 65_536, 300_000];
    const values = [
      ...lengths.map((length) => 'x'.repeat(length)),
      ...['\u007f', '\u0080', 'käse', 'ab€', '🧀'.repeat(30), `${'a'.repeat(40)}ß`],
      ...[0, -0, 1.5, -1, 2 ** 53, 1e300, Number.NaN, Number.POSITIVE_INFINITY],
      ...[[], [1, 'x', true], ['ü'], Array.from({ length: 100 }, (_, n) => n)],
      'last',
    ];
    const addresses = values.map((value) => heap.put(value));
    expect(addresses.map((address) => heap.value(address))).toEqual(values);
  });

  it('takes for an entry five bytes and its text, for a number nine, and what was reserved in vain is free again', () => {
    const heap = new ValueHeap();
    const puts = ['ab', '', 7, 'é', 'x'.repeat(60), [1], 'end'] as const;
    expect(puts.map((value) => heap.put(value))).toEqual([0, 7, 12, 21, 28, 93, 101]);
  });

  it('begins a chunk where an entry does not fit into the last one', () => {
    const heap = new ValueHeap();
    let free = MIB;
    // A text of n units may need 3 n bytes, and gives back what it does not.
    for (let length = Math.floor((free - 5) / 3); free >= 5; length = Math.floor((free - 5) / 3)) {
      expect(heap.put('x'.repeat(length))).toBe(MIB - free);
      free -= 5 + length;
    }
    expect(heap.put(1)).toBe(MIB);
    expect(heap.put('x'.repeat(MIB))).toBe(2 * MIB);
    expect(heap.put('y')).toBe(3 * MIB);
    expect(heap.put('ü'.repeat(400_000))).toBe(3 * MIB + 6);
    expect([MIB, 3 * MIB].map((address) => heap.value(address))).toEqual([1, 'y']);
    expect(heap.value(3 * MIB + 6)).toBe('ü'.repeat(400_000));
  });

  it('refuses an address that it never gave', () => {
    const heap = new ValueHeap();
    expect(() => heap.value(0)).toThrow('No value lies in chunk 0');
    heap.put('x');
    expect(() => heap.value(MIB)).toThrow(RangeError);
  });
});
