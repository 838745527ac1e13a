import type { AttributeValue } from '../model/span.ts';

type Scalar = string | number | boolean;

/** A key of attributes, and what is known of its values. */
export type Key = {
  readonly name: string;
  /** Value → pair. Lists are found by their JSON, in a map of their own. */
  readonly scalars: Map<Scalar, number>;
  readonly lists: Map<string, number>;
  seen: number;
  unique: boolean;
  /** The pair that was met last: most attributes repeat from span to span, and comparing is cheaper than looking up. */
  lastValue: AttributeValue | undefined;
  lastPair: number;
  /** By shape: where the key stands in it, −1 where it does not; filled as it is asked for. */
  readonly places: number[];
};

/** The keys of one run of attributes in the order in which they came, as a node below the same without the last. */
export type Shape = {
  readonly id: number;
  readonly before: Shape | undefined;
  /** The last key; undefined for no attributes at all. */
  readonly key: Key | undefined;
  readonly size: number;
  /** What came next the last time, and, where it was not always the same, all that ever did. */
  next: Shape | undefined;
  others: Map<string, Shape> | undefined;
  names: readonly string[] | undefined;
};

/** From so many shapes on, keys are put in order first (`isCrowded`), so that senders without an order make no new ones. */
const MOST_ORDERS = 4_096;

/**
 * The keys of all attributes. Spans of one kind have the same keys in the same order, so most of them are read by following
 * a tree of shapes from key to key, and where a key stands is worked out once a shape, not once a span:
 *
 * ```
 *   (none) ─ http.request.method ─ http.response.status_code ─ url.path ─ …    shape 3: three keys
 *          └ db.system.name ─ db.query.text                                    shape 5: two
 * ```
 */
export class AttributeKeys {
  readonly none: Shape = shapeAfter(undefined, undefined, 0);
  readonly #keys = new Map<string, Key>();
  readonly #shapes: Shape[] = [this.none];

  get isCrowded(): boolean {
    return this.#shapes.length >= MOST_ORDERS;
  }

  find(name: string): Key | undefined {
    return this.#keys.get(name);
  }

  shape(id: number): Shape {
    const shape = this.#shapes[id];
    if (shape === undefined) throw new RangeError(`No attributes have the shape ${id}`);
    return shape;
  }

  /** The shape with one more key. */
  after(shape: Shape, name: string): Shape {
    if (shape.next?.key?.name === name) return shape.next;
    const next = shape.others?.get(name) ?? this.#grow(shape, name);
    shape.next = next;
    return next;
  }

  /** Where a key stands among the attributes of a shape, −1 where it does not. */
  place(shape: number, key: Key): number {
    const known = key.places[shape];
    if (known !== undefined) return known;
    let node: Shape | undefined = this.shape(shape);
    while (node !== undefined && node.key !== key) node = node.before;
    const place = node === undefined ? -1 : node.size - 1;
    key.places[shape] = place;
    return place;
  }

  /** The keys of a shape in the order of an object that has them sorted; always the same array. */
  names(id: number): readonly string[] {
    const shape = this.shape(id);
    if (shape.names === undefined) {
      const names: string[] = [];
      for (let node = shape; node.before !== undefined; node = node.before) names.push(node.key?.name ?? '');
      shape.names = Object.keys(Object.fromEntries(names.sort().map((name) => [name, true])));
    }
    return shape.names;
  }

  #grow(shape: Shape, name: string): Shape {
    const next = shapeAfter(shape, this.#key(name), this.#shapes.length);
    this.#shapes.push(next);
    // Most shapes go on in one way only, and need no map for it.
    if (shape.next !== undefined) {
      shape.others ??= new Map([[shape.next.key?.name ?? '', shape.next]]);
      shape.others.set(name, next);
    }
    return next;
  }

  #key(name: string): Key {
    const known = this.#keys.get(name);
    if (known !== undefined) return known;
    const counts = { seen: 0, unique: false, lastValue: undefined, lastPair: -1 };
    const key: Key = { name, scalars: new Map(), lists: new Map(), ...counts, places: [] };
    this.#keys.set(name, key);
    return key;
  }
}

const shapeAfter = (before: Shape | undefined, key: Key | undefined, id: number): Shape => ({
  id,
  before,
  key,
  size: before === undefined ? 0 : before.size + 1,
  next: undefined,
  others: undefined,
  names: undefined,
});
