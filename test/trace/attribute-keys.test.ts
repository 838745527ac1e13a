import { describe, expect, it } from 'vitest';
import { AttributeKeys, type Shape } from '../../src/trace/attribute-keys.ts';

describe('AttributeKeys', () => {
  const shapeOf = (keys: AttributeKeys, names: string): Shape =>
    [...names].reduce((shape, name) => keys.after(shape, name), keys.none);

  it('has one shape for the same keys in the same order, whichever came between', () => {
    const keys = new AttributeKeys();
    const orders = ['ab', 'ac', 'ad', 'ba', 'abc'];
    const shapes = orders.map((names) => shapeOf(keys, names));
    expect(new Set(shapes).size).toBe(orders.length);
    for (const again of [orders, orders.toReversed()]) {
      for (const names of again) expect(shapeOf(keys, names)).toBe(shapes[orders.indexOf(names)]);
    }
    for (const shape of shapes) expect(keys.shape(shape.id)).toBe(shape);
    expect(keys.shape(0)).toBe(keys.none);
    expect(shapes.map(({ size }) => size)).toEqual([2, 2, 2, 2, 3]);
    expect(() => keys.shape(99)).toThrow('No attributes have the shape 99');
  });

  it('knows where a key stands in a shape, and that it does not, however often it is asked', () => {
    const keys = new AttributeKeys();
    const shapes = ['abc', 'ca', ''].map((names) => shapeOf(keys, names).id);
    const placesOf = (name: string) => {
      const key = keys.find(name);
      return key === undefined ? undefined : shapes.map((shape) => keys.place(shape, key));
    };
    for (let times = 0; times < 2; times++) {
      expect(placesOf('a')).toEqual([0, 1, -1]);
      expect(placesOf('b')).toEqual([1, -1, -1]);
      expect(placesOf('c')).toEqual([2, 0, -1]);
    }
    expect(placesOf('d')).toBeUndefined();
  });

  it('lists the keys of a shape sorted, numbers first as every object has them, and always as the same array', () => {
    const keys = new AttributeKeys();
    const { id } = shapeOf(keys, 'b2a1');
    expect(keys.names(id)).toEqual(['1', '2', 'a', 'b']);
    expect(keys.names(id)).toBe(keys.names(id));
    expect(keys.names(keys.none.id)).toEqual([]);
  });

  it('is crowded from 4096 shapes on', () => {
    const keys = new AttributeKeys();
    let shape = keys.none;
    for (let n = 1; n < 4_096; n++) {
      expect(keys.isCrowded).toBe(false);
      shape = keys.after(shape, `k${n}`);
    }
    expect(keys.isCrowded).toBe(true);
  });
});
