import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { AlertSource, Delivery, Reading } from '../../src/ports/alert-source.ts';

export type AlertSourceBed = {
  /** Trusts what `prove` signs and nothing else. */
  readonly source: AlertSource;
  /** The headers by which the sender proves that a body is from it. */
  prove(body: Uint8Array): Delivery['headers'];
  /** Files of `test/fixtures/<kind>` with what must be read from them. */
  readonly fixtures: Readonly<Record<string, readonly Partial<Alert>[] | { readonly ignored: RegExp }>>;
};

const LENGTH = 2_100;

/** What every sender's reader promises (`ports/alert-source.ts`), the more so for what no sender would send. */
export function alertSourceContract({ source, prove, fixtures }: AlertSourceBed): void {
  const bodyOf = (file: string) => readFileSync(join(import.meta.dirname, '..', 'fixtures', source.kind, file));
  const delivered = (body: Uint8Array): Delivery => ({ headers: prove(body), body });
  const names = Object.keys(fixtures);
  const alertful = names.filter((name) => Array.isArray(fixtures[name]));

  describe(`${source.title} as an alert source`, () => {
    test.each(names)('%s is authentic and reads as documented', (name) => {
      const delivery = delivered(bodyOf(name));
      source.authenticate(delivery);
      const reading = source.read(delivery);
      const expected = fixtures[name];
      if (expected !== undefined && 'ignored' in expected) {
        expect(reading).toEqual({ ignored: expect.stringMatching(expected.ignored) });
      } else {
        expect(reading).toEqual({ alerts: expected?.map((alert) => expect.objectContaining(alert)) });
      }
      wellFormed(reading);
    });

    test.each(names)('%s read twice is the same', (name) => {
      const delivery = delivered(bodyOf(name));
      expect(source.read(delivery)).toEqual(source.read(delivery));
    });

    test.each(names)('%s with one byte changed is no longer authentic', (name) => {
      const body = bodyOf(name);
      const headers = prove(body);
      for (const at of [0, Math.floor(body.length / 2), body.length - 1]) {
        const changed = Buffer.from(body);
        changed[at] = (changed[at] ?? 0) ^ 1;
        expect(refusalOf(() => source.authenticate({ headers, body: changed }))).toBe('unauthorized');
      }
    });

    test('what proves nothing is refused', () => {
      const body = bodyOf(names[0] ?? '');
      expect(refusalOf(() => source.authenticate({ headers: {}, body }))).toBe('unauthorized');
    });

    test.each(alertful)('%s cut off anywhere is bad input', (name) => {
      const body = bodyOf(name);
      const text = body.toString().trimEnd();
      for (let length = 0; length < text.length; length += 97) {
        expect(refusalOf(() => source.read(delivered(Buffer.from(text.slice(0, length)))))).toBe('bad-input');
      }
    });

    test.each(alertful)('%s with any member missing or of another type is read or refused, never worse', (name) => {
      const json: unknown = JSON.parse(bodyOf(name).toString());
      for (const path of pathsOf(json)) {
        for (const value of [undefined, null, 7, true, '', 'x'.repeat(100_000), [], {}, { a: [] }, -1e300, '\ud800']) {
          tolerant(source, Buffer.from(JSON.stringify(replaced(json, path, value))));
        }
      }
    });

    test('any bytes are bad input', () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
          tolerant(source, Buffer.from(bytes));
        }),
      );
    });

    test('any JSON is read or refused, never worse', () => {
      fc.assert(
        fc.property(fc.jsonValue({ maxDepth: 6, noUnicodeString: false }), (value) => {
          tolerant(source, Buffer.from(JSON.stringify(value)));
        }),
        { numRuns: 300 },
      );
    });

    test.each([
      ['deep', `${'['.repeat(50_000)}${']'.repeat(50_000)}`],
      ['deep objects', `${'{"event":'.repeat(20_000)}1${'}'.repeat(20_000)}`],
      ['a prototype', '{"__proto__":{"event":{}},"constructor":{"prototype":{"polluted":true}}}'],
      ['null', 'null'],
      ['a number', '1e999'],
      ['nothing', ''],
      ['a byte order mark', '\ufeff{}'],
      ['bytes that are no UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ])('hostile JSON is refused: %s', (_what, body) => {
      expect(refusalOf(() => source.read(delivered(Buffer.from(body))))).toBe('bad-input');
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    });
  });

  function pathsOf(json: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
    if (typeof json !== 'object' || json === null) return [path];
    return [path, ...Object.entries(json).flatMap(([key, value]) => pathsOf(value, [...path, key]))];
  }
}

function refusalOf(act: () => unknown): string {
  try {
    return `no refusal but ${JSON.stringify(act())}`;
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown.kind;
    throw thrown;
  }
}

function tolerant(source: AlertSource, body: Uint8Array): void {
  let reading: Reading;
  try {
    reading = source.read({ headers: {}, body });
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Failure);
    expect(thrown).toMatchObject({ kind: 'bad-input' });
    return;
  }
  wellFormed(reading);
}

/** What the rest of the program relies on, whatever was sent. */
function wellFormed(reading: Reading): void {
  if ('ignored' in reading) {
    expect(reading.ignored.length).toBeGreaterThan(0);
    return;
  }
  for (const alert of reading.alerts) {
    expect(alert.id.length * alert.delivery.length * alert.title.length).toBeGreaterThan(0);
    expect(Number.isSafeInteger(alert.occurredAt) && Number.isSafeInteger(alert.startedAt)).toBe(true);
    expect(alert.startedAt).toBeLessThanOrEqual(alert.occurredAt);
    for (const id of alert.traceIds) expect(id).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    for (const link of [alert.url, ...Object.values(alert.links)]) {
      if (link !== undefined) expect(link).toMatch(/^https?:\/\//);
    }
    expect(Object.keys(alert.labels).length).toBeLessThanOrEqual(100);
    const texts = [alert.id, alert.delivery, alert.title, alert.service ?? '', ...Object.values(alert.labels)];
    for (const text of texts) {
      expect(text.length).toBeLessThan(LENGTH);
      expect(text.isWellFormed()).toBe(true);
    }
  }
}

/** A copy with the member at the path replaced, or left out where the value is undefined. */
function replaced(json: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value === undefined ? null : value;
  const copy: unknown = structuredClone(json);
  if (typeof copy !== 'object' || copy === null) return copy;
  const inner: unknown = Reflect.get(copy, key);
  if (rest.length === 0 && value === undefined) Reflect.deleteProperty(copy, key);
  else Reflect.set(copy, key, rest.length === 0 ? value : replaced(inner, rest, value));
  return copy;
}
