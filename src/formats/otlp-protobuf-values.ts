import type { AttributeValue } from '../model/span.ts';
import { type AttributeBag, cut, LIMITS, numberOrText } from './attributes.ts';
import { each, enter, inside, LENGTH, leave, tag } from './protobuf-fields.ts';
import type { WireReader } from './wire-reader.ts';

/** One KeyValue. A map inside a value becomes dotted keys; `prefix` is the key of the map around it, with its dot. */
export function keyValue(reader: WireReader, bag: AttributeBag, prefix: string, depth: number): void {
  const outer = enter(reader);
  const end = reader.len;
  let key = prefix;
  let valueAt = -1;
  while (reader.pos < end) {
    const next = reader.uint32();
    if (next === 10) {
      const name = reader.text();
      key = prefix === '' ? name : prefix + name;
    } else {
      if (next === 18) valueAt = reader.pos;
      reader.skipType(next & 7);
    }
  }
  if (valueAt >= 0) {
    reader.pos = valueAt;
    const around = enter(reader);
    const value = anyValue(reader, reader.len, depth, { bag, key });
    if (value !== undefined) bag.put(key, value);
    leave(reader, around);
  }
  leave(reader, outer);
}

/** Where the pairs of a map go: under this key with a dot. */
type MapTarget = { readonly bag: AttributeBag; readonly key: string };

/**
 * One AnyValue. A map has no value of its own: its pairs go to `map`, or nowhere when there is none. What lies deeper than
 * `LIMITS.depth` is skipped.
 */
function anyValue(
  reader: WireReader,
  end: number,
  depth: number,
  map: MapTarget | undefined,
): AttributeValue | undefined {
  let value: AttributeValue | undefined;
  while (reader.pos < end) {
    const next = reader.uint32();
    switch (next) {
      case 10:
        value = reader.text();
        break;
      case 16:
        value = reader.bool();
        break;
      case 24: {
        const { low, high } = reader.int64();
        const number = high * 4_294_967_296 + (low >>> 0);
        value = Number.isSafeInteger(number) ? number : String((BigInt(high) << 32n) | BigInt(low >>> 0));
        break;
      }
      case 33:
        value = numberOrText(reader.double());
        break;
      case 42:
        if (depth >= LIMITS.depth) reader.skipType(next & 7);
        else value = inside(reader, (inner) => arrayValue(reader, inner, depth + 1));
        break;
      case 50:
        if (map === undefined || depth >= LIMITS.depth) reader.skipType(next & 7);
        else {
          const pair = (): void => keyValue(reader, map.bag, `${map.key}.`, depth + 1);
          inside(reader, (inner) => each(reader, inner, { [tag(1, LENGTH)]: pair }));
        }
        break;
      case 58:
        value = Buffer.from(reader.bytes()).toString('base64');
        break;
      default:
        reader.skipType(next & 7);
    }
  }
  return value;
}

/** Lists in lists are poured into one; maps in lists have no name to be kept under and are left out. */
function arrayValue(reader: WireReader, end: number, depth: number): readonly (string | number | boolean)[] {
  const flat: (string | number | boolean)[] = [];
  each(reader, end, {
    [tag(1, LENGTH)]: () => {
      const value = inside(reader, (inner) => anyValue(reader, inner, depth, undefined));
      if (value === undefined || flat.length >= LIMITS.list) return;
      if (Array.isArray(value)) flat.push(...value.slice(0, LIMITS.list - flat.length));
      else if (typeof value === 'string') flat.push(cut(value, LIMITS.text));
      else if (typeof value !== 'object') flat.push(value);
    },
  });
  return flat;
}
