import type { Attributes } from '../../src/model/span.ts';

/** What a store finds under a name: the value, or each entry of a list. Names of objects are no attributes. */
export function attributesUnder(attributes: Attributes, name: string): readonly (string | number | boolean)[] {
  if (!Object.hasOwn(attributes, name)) return [];
  const value = attributes[name];
  if (value === undefined) return [];
  return typeof value === 'object' ? value : [value];
}
