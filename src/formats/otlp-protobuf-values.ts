import type { Reader } from 'protobufjs/minimal.js';
import type { AttributeValue } from '../model/span.ts';
import { type AttributeBag, cut, LIMITS, numberOrText } from './attributes.ts';
import { each, inside, LENGTH, tag } from './protobuf-fields.ts';

/** One KeyValue. A map inside a value becomes dotted keys; `prefix` is the key of the map around it, with its dot. */
export function keyValue(reader: Reader, bag: AttributeBag, prefix: string, depth: number): void {
  inside(reader, (end) => {
    let key = prefix;
    let valueAt = -1;
    while (reader.pos < end) {
      const next = reader.uint32();
      if (next === 10) {
        key = prefix + reader.string();
      } else {
        if (next === 18) valueAt = reader.pos;
        reader.skipType(next & 7);
      }
    }
    if (valueAt < 0) return;
    reader.pos = valueAt;
    inside(reader, (inner) => {
      const value = anyValue(reader, inner, depth, (map) => keyValue(reader, bag, `${key}.`, map));
      if (value !== undefined) bag.put(key, value);
    });
  });
}

/**
 * One AnyValue. `entry` reads one pair of a map, given its depth; a map itself has no value of its own. What lies deeper
 * than `LIMITS.depth` is skipped.
 */
function anyValue(
  reader: Reader,
  end: number,
  depth: number,
  entry: (depth: number) => void,
): AttributeValue | undefined {
  let value: AttributeValue | undefined;
  while (reader.pos < end) {
    const next = reader.uint32();
    switch (next) {
      case 10:
        value = reader.string();
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
        if (depth >= LIMITS.depth) reader.skipType(next & 7);
        else inside(reader, (inner) => each(reader, inner, { [tag(1, LENGTH)]: () => entry(depth + 1) }));
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
function arrayValue(reader: Reader, end: number, depth: number): readonly (string | number | boolean)[] {
  const flat: (string | number | boolean)[] = [];
  each(reader, end, {
    [tag(1, LENGTH)]: () => {
      const value = inside(reader, (inner) => anyValue(reader, inner, depth, () => reader.skipType(LENGTH)));
      if (value === undefined || flat.length >= LIMITS.list) return;
      if (Array.isArray(value)) flat.push(...value.slice(0, LIMITS.list - flat.length));
      else if (typeof value === 'string') flat.push(cut(value, LIMITS.text));
      else if (typeof value !== 'object') flat.push(value);
    },
  });
  return flat;
}
