/**
 * Whether a parsed JSON value is an object (not a list, not null), whose members may then be looked at one by one. The
 * hot readers of this folder check by hand with it: a Zod schema over every attribute of every span costs several times the
 * parse itself, and they keep the good spans of a request whose other spans are bad, which one schema cannot.
 */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const NOTHING: readonly unknown[] = [];

/** The value if it is a list; an empty one when the member is absent, which proto3 JSON does for every empty list. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : NOTHING;
}

/** The value if it is a non-empty text. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
