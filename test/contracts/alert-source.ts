import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { createIntake } from '../../src/investigation/intake.ts';
import { ALERT_EVENTS, type Alert } from '../../src/model/alert.ts';
import type { AlertSource, Delivery, Reading } from '../../src/ports/alert-source.ts';
import { type Listening, listen } from '../../src/server.ts';
import { webhookRoutes } from '../../src/webhooks.ts';
import { embeddedParts, quiet } from '../investigation/parts.ts';

export type AlertSourceBed = {
  /** Trusts what `deliver` makes and nothing else. */
  readonly source: AlertSource;
  /** A delivery as the sender would make it now: the body, which it may have to sign within, and what proves it. */
  deliver(body: Uint8Array): Delivery;
  /** Whether a body that was changed on its way is noticed, and where the proof of that stands. */
  readonly proof: 'signature' | 'signature-in-the-body' | 'token';
  /** A delivery that was signed long ago, or why there cannot be one. */
  readonly stale: ((body: Uint8Array) => Delivery) | `none: ${string}`;
  /** Files of `test/fixtures/<kind>` with what must be read from them. One of them has a title that is not ASCII. */
  readonly fixtures: Readonly<Record<string, readonly Partial<Alert>[] | { readonly ignored: RegExp }>>;
  /** Two of the files: the beginning and the end of the same trouble. */
  readonly life: { readonly begins: string; readonly ends: string };
  /** The first file's JSON with a thousand labels more, as the sender would write them. */
  withLabels(json: Json, count: number): unknown;
};

// biome-ignore lint/suspicious/noExplicitAny: fixtures are changed where they please.
export type Json = any;

const LENGTH = 2_100;
const signal = new AbortController().signal;

/** What every sender's reader promises (`ports/alert-source.ts`), the more so for what no sender would send. */
export function alertSourceContract(bed: AlertSourceBed): void {
  const { source, fixtures, deliver } = bed;
  const bodyOf = (file: string) => readFileSync(join(import.meta.dirname, '..', 'fixtures', source.kind, file));
  const names = Object.keys(fixtures);
  const alertful = names.filter((name) => Array.isArray(fixtures[name]));
  const first = alertful[0] ?? '';
  const alertsOf = (name: string) => {
    const reading = source.read(deliver(bodyOf(name)));
    return 'alerts' in reading ? reading.alerts : [];
  };

  describe(`${source.title} as an alert source`, () => {
    test.each(names)('%s is authentic and reads as documented', async (name) => {
      const delivery = deliver(bodyOf(name));
      await source.authenticate(delivery, signal);
      const reading = source.read(delivery);
      const expected = fixtures[name];
      if (expected !== undefined && 'ignored' in expected) {
        expect(reading).toEqual({ ignored: expect.stringMatching(expected.ignored) });
      } else {
        expect(reading).toEqual({ alerts: expected?.map((alert) => expect.objectContaining(alert)) });
      }
      wellFormed(reading);
    });

    test('one of them is in a script that is not ASCII', () => {
      expect(alertful.flatMap(alertsOf).map(({ title }) => title)).toContainEqual(
        expect.stringMatching(/[^\p{ASCII}]/u),
      );
    });

    test.each(names)('duplicated: %s read twice is the same, keys of the delivery included', (name) => {
      const delivery = deliver(bodyOf(name));
      expect(source.read(delivery)).toEqual(source.read(delivery));
    });

    test('reordered: an end is told from its beginning whichever comes first', () => {
      const [begin] = alertsOf(bed.life.begins);
      const [end] = alertsOf(bed.life.ends);
      expect(begin).toMatchObject({ event: 'triggered', id: end?.id });
      expect(end).toMatchObject({ event: 'resolved' });
      expect(end?.occurredAt).toBeGreaterThanOrEqual(begin?.occurredAt ?? Number.POSITIVE_INFINITY);
      expect(end?.delivery).not.toBe(begin?.delivery);
    });

    test.runIf(bed.proof !== 'token').each(names)('%s with one byte changed is no longer authentic', async (name) => {
      const delivery = deliver(bodyOf(name));
      const middle = Math.floor(delivery.body.length / 2);
      for (const at of new Set([0, middle, delivery.body.length - 1])) {
        const changed = Buffer.from(delivery.body);
        changed[at] = (changed[at] ?? 0) ^ 1;
        const refusal = await refusalOf(() => source.authenticate({ ...delivery, body: changed }, signal));
        // What is signed within has to be read before it can be checked.
        expect(bed.proof === 'signature' ? ['unauthorized'] : ['unauthorized', 'bad-input', 'unreachable']).toContain(
          refusal,
        );
      }
    });

    test('missing and wrong proofs are refused', async () => {
      const { headers, body } = deliver(bodyOf(first));
      const bare = bed.proof === 'signature-in-the-body' ? bodyOf(first) : body;
      expect(await refusalOf(() => source.authenticate({ headers: {}, body: bare }, signal))).toBe('unauthorized');
      const wrong = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, flipped(value ?? '')]));
      expect(await refusalOf(() => source.authenticate({ headers: wrong, body: bare }, signal))).toBe('unauthorized');
    });

    test('replayed under other headers it is the same delivery, or no longer authentic', async () => {
      const { headers, body, query } = deliver(bodyOf(first));
      const known = source.read({ headers, body, ...(query === undefined ? {} : { query }) });
      for (const name of [...Object.keys(headers), 'x-request-id', 'x-webhook-id', 'date', 'user-agent']) {
        for (const value of [undefined, 'other', flipped(headers[name] ?? '0')]) {
          const changed = { headers: { ...headers, [name]: value }, body };
          const refused = await refusalOf(() => source.authenticate(changed, signal));
          if (refused.startsWith('no refusal')) expect(source.read(changed)).toEqual(known);
        }
      }
    });

    test.runIf(typeof bed.stale === 'function')('what was signed long ago is refused', async () => {
      const old = typeof bed.stale === 'function' ? bed.stale(bodyOf(first)) : deliver(bodyOf(first));
      expect(await refusalOf(() => source.authenticate(old, signal))).toBe('unauthorized');
    });

    test.each(alertful)('truncated: %s cut off anywhere is bad input', async (name) => {
      const whole = bodyOf(name).toString().trimEnd();
      for (let length = 0; length < whole.length; length += 97) {
        const cutOff = Buffer.from(whole.slice(0, length));
        expect(await refusalOf(() => source.read({ headers: {}, body: cutOff }))).toBe('bad-input');
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

    test.each(alertful)('%s of a later version, with members that we do not know, reads the same', (name) => {
      const json: Json = JSON.parse(bodyOf(name).toString());
      const later = Array.isArray(json) ? json.map((item) => ofTheFuture(item)) : ofTheFuture(json);
      const reading = source.read({ headers: {}, body: Buffer.from(JSON.stringify(later)) });
      const today = source.read({ headers: {}, body: Buffer.from(JSON.stringify(json)) });
      expect(withoutDelivery(reading)).toEqual(withoutDelivery(today));
    });

    test.each(alertful)('%s with a member of another type is refused by its name', (name) => {
      const json: unknown = JSON.parse(bodyOf(name).toString());
      let refused = 0;
      for (const path of pathsOf(json).filter((one) => one.length > 0)) {
        const failure = failureOf(() =>
          source.read({ headers: {}, body: Buffer.from(JSON.stringify(replaced(json, path, { not: ['this'] }))) }),
        );
        if (failure === undefined) continue;
        refused += 1;
        expect(failure.kind).toBe('bad-input');
        // A member that is a message of its own is told with where it stands in that message.
        expect(failure.message).toMatch(/^[\w.-]+( or [\w.-]+)* (is not|holds|was sent)|^the body is not/i);
        expect(failure.message).not.toContain('"this"');
      }
      expect(refused).toBeGreaterThan(0);
    });

    test('a thousand labels are read, and a hundred kept', () => {
      const json = bed.withLabels(JSON.parse(bodyOf(first).toString()), 1_000);
      const reading = source.read({ headers: {}, body: Buffer.from(JSON.stringify(json)) });
      wellFormed(reading);
      expect('alerts' in reading && Object.keys(reading.alerts[0]?.labels ?? {}).length).toBeGreaterThan(50);
    });

    test('any bytes and any JSON are read or refused, never worse', () => {
      const bytes = fc.uint8Array({ maxLength: 500 }).map((some) => Buffer.from(some));
      const json = fc
        .jsonValue({ maxDepth: 6, noUnicodeString: false })
        .map((value) => Buffer.from(JSON.stringify(value)));
      fc.assert(
        fc.property(fc.oneof(bytes, json), (body) => void tolerant(source, body)),
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
    ])('hostile JSON is never an alert: %s', (_what, body) => {
      const reading = tolerant(source, Buffer.from(body));
      expect(reading === undefined || 'ignored' in reading).toBe(true);
      expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
    });
  });

  describe(`${source.title} over HTTP`, () => {
    const taken: Alert[] = [];
    const lines: unknown[] = [];
    const log = { info: () => {}, warn: (...line: readonly unknown[]) => void lines.push(line), error: () => {} };
    let server: Listening;
    beforeAll(async () => {
      const alert = async (given: Alert) => {
        taken.push(given);
        return { investigation: given.id, outcome: 'opened' as const };
      };
      const ask = () => Promise.reject(new Error('nobody asks'));
      const routes = webhookRoutes([source], { alert, ask }, log);
      const readiness = async () => ({ ready: true, parts: {} });
      server = await listen({ host: '127.0.0.1', port: 0, routes, upgrades: [], readiness, log });
    });
    afterAll(() => server.close());

    test.each([
      undefined,
      'text/plain; charset=UTF-8',
      'application/octet-stream',
      'application/json;charset=utf-8',
      'application/x-www-form-urlencoded',
      'application/xml',
      'nonsense',
    ])('the content type %s changes nothing', async (type) => {
      taken.length = 0;
      const { headers, body } = deliver(bodyOf(first));
      const answer = await post(server.port, source.kind, body, {
        ...headers,
        ...(type ? { 'content-type': type } : {}),
      });
      expect(answer).toMatchObject({ status: 202, body: { status: 'accepted' } });
      expect(taken.map(({ id }) => id)).toEqual(alertsOf(first).map(({ id }) => id));
    });

    test('PUT means the same as POST where the sender may be set to it, and nothing elsewhere', async () => {
      taken.length = 0;
      const { headers, body } = deliver(bodyOf(first));
      const put = await post(server.port, source.kind, body, headers, '', 'PUT');
      expect(put.status).toBe(source.alsoPut === true ? 202 : 405);
      expect(taken).toHaveLength(source.alsoPut === true ? alertsOf(first).length : 0);
    });

    test('a huge body is refused before it is read, and so that it is not sent again', async () => {
      const huge = Buffer.alloc(source.bodyLimit + 1, 0x20);
      expect(await post(server.port, source.kind, huge, {})).toMatchObject({
        status: 413,
        body: { error: 'too-large' },
      });
    });

    test('a huge body without a length is refused where it gets too long', async () => {
      const huge = Buffer.alloc(source.bodyLimit + 1, 0x20);
      expect(await post(server.port, source.kind, huge, { 'transfer-encoding': 'chunked' })).toMatchObject({
        status: 413,
      });
    });

    test('an unproven body is answered 401, a broken one 400, and the log has one line without either', async () => {
      lines.length = 0;
      const secret = Buffer.from('{"private":"tops3cret"');
      const proven = bed.proof === 'signature-in-the-body' ? { headers: {}, body: secret } : deliver(secret);
      expect(await post(server.port, source.kind, bodyOf(first), {})).toMatchObject({ status: 401 });
      expect(await post(server.port, source.kind, proven.body, proven.headers)).toMatchObject({
        status: 400,
        body: { error: 'bad-input', message: expect.any(String), hint: expect.any(String) },
      });
      expect(lines).toHaveLength(2);
      const written = JSON.stringify(lines);
      for (const word of ['tops3cret', ...Object.values(proven.headers)]) expect(written).not.toContain(word);
    });
  });

  describe(`${source.title} through the door and into the store`, () => {
    let parts: ReturnType<typeof embeddedParts>;
    let server: Listening;
    beforeEach(async () => {
      parts = embeddedParts();
      const intake = createIntake({ ...parts, channelFor: () => 'incidents', channelForPerson: (channel) => channel });
      const routes = webhookRoutes([source], intake, quiet);
      const readiness = async () => ({ ready: true, parts: {} });
      server = await listen({ host: '127.0.0.1', port: 0, routes, upgrades: [], readiness, log: quiet });
    });
    afterEach(async () => {
      await server.close();
      await parts.close();
    });
    const send = async (name: string) => {
      const { headers, body } = deliver(bodyOf(name));
      const { status, body: told } = await post(server.port, source.kind, body, headers);
      expect(status).toBe(202);
      return told.investigations[0].outcome;
    };
    const looked = () => parts.jobs.filter(({ job }) => job.kind === 'investigate').length;
    const stored = () => {
      const [begin] = alertsOf(bed.life.begins);
      return parts.store.find({ by: 'alert', source: source.kind, alertId: begin?.id ?? '' });
    };

    test('replayed and duplicated: the same webhook again and again is looked at once', async () => {
      expect(await send(bed.life.begins)).toBe('opened');
      const before = parts.jobs.length;
      expect(await send(bed.life.begins)).toBe('duplicate');
      expect(await send(bed.life.begins)).toBe('duplicate');
      expect(parts.jobs).toHaveLength(before);
      expect(await stored()).toMatchObject({ status: 'opened', repeats: 0 });
    });

    test('in order: the end is noted on what was begun, and starts nothing', async () => {
      await send(bed.life.begins);
      await send(bed.life.ends);
      expect(await stored()).toMatchObject({ resolvedAt: alertsOf(bed.life.ends)[0]?.occurredAt });
      expect(looked()).toBe(1);
    });

    test('reordered: an end alone starts nothing, and a beginning that comes after it is over already', async () => {
      await send(bed.life.ends);
      expect(parts.jobs).toEqual([]);
      expect(await stored()).toBeUndefined();
      await send(bed.life.begins);
      expect(await stored()).toMatchObject({ resolvedAt: alertsOf(bed.life.ends)[0]?.occurredAt });
    });
  });
}

/** One request with exactly these headers, as `fetch` would not send it. */
export async function post(
  port: number,
  kind: string,
  body: Uint8Array,
  headers: Delivery['headers'],
  query = '',
  method = 'POST',
) {
  const given = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const length = headers['transfer-encoding'] === undefined ? { 'content-length': `${body.length}` } : {};
  const all = { ...Object.fromEntries(given), ...length };
  return new Promise<{ status: number; body: Json }>((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path: `/webhooks/${kind}${query}`, headers: all };
    const sent = request(options, async (answer) => {
      resolve({ status: answer.statusCode ?? 0, body: JSON.parse(await text(answer)) });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function pathsOf(json: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof json !== 'object' || json === null) return [path];
  return [path, ...Object.entries(json).flatMap(([key, value]) => pathsOf(value, [...path, key]))];
}

async function refusalOf(act: () => unknown): Promise<string> {
  try {
    return `no refusal but ${JSON.stringify(await act())}`;
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown.kind;
    throw thrown;
  }
}

function failureOf(act: () => unknown): Failure | undefined {
  try {
    act();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof Failure) return thrown;
    throw thrown;
  }
}

function tolerant(source: AlertSource, body: Uint8Array): Reading | undefined {
  let reading: Reading;
  try {
    reading = source.read({ headers: {}, body });
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Failure);
    expect(thrown).toMatchObject({ kind: 'bad-input' });
    return undefined;
  }
  wellFormed(reading);
  return reading;
}

/** What the rest of the program relies on, whatever was sent. */
function wellFormed(reading: Reading): void {
  if ('handshake' in reading) return;
  if ('ignored' in reading) {
    expect(reading.ignored.length).toBeGreaterThan(0);
    return;
  }
  if ('changes' in reading) throw new Error('A sender of alerts told of changes');
  for (const alert of reading.alerts) {
    expect(alert.id.length * alert.delivery.length * alert.title.length).toBeGreaterThan(0);
    expect(Number.isSafeInteger(alert.occurredAt) && Number.isSafeInteger(alert.startedAt)).toBe(true);
    expect(alert.startedAt).toBeLessThanOrEqual(alert.occurredAt);
    for (const id of alert.traceIds) expect(id).toMatch(/^(?!0{32})[0-9a-f]{32}$/);
    for (const link of [alert.url, ...Object.values(alert.links)]) {
      if (link !== undefined) expect(link).toMatch(/^https?:\/\//);
    }
    expect(ALERT_EVENTS).toContain(alert.event);
    expect(Object.keys(alert.labels).length).toBeLessThanOrEqual(100);
    const { priority, urgency, team, environment, channel, mergedInto, note } = alert;
    const facts = [alert.service, alert.severity, priority, urgency, team, environment, channel, mergedInto, note];
    const texts = [alert.id, alert.delivery, alert.title, ...facts, ...Object.entries(alert.labels).flat()];
    for (const text of texts.filter((one) => one !== undefined)) {
      expect(text.length).toBeLessThan(LENGTH);
      expect(text.isWellFormed()).toBe(true);
    }
  }
}

function withoutDelivery(reading: Reading): unknown {
  return 'alerts' in reading ? reading.alerts.map((alert) => ({ ...alert, delivery: '' })) : reading;
}

/** Members beside those that are free-form anyway, down to the third level. */
function ofTheFuture(json: Json, depth = 0): Json {
  if (typeof json !== 'object' || json === null || Array.isArray(json) || depth > 2) return json;
  const known = Object.entries(json).map(([key, value]) => [
    key,
    /labels|annotations|tags|details|data|group/i.test(key) && depth > 0 ? value : ofTheFuture(value, depth + 1),
  ]);
  const free = depth > 0 && Object.values(json).every((value) => typeof value === 'string');
  return free
    ? json
    : { ...Object.fromEntries(known), not_known_yet: { to: ['us'] }, ...(depth === 0 ? { version: '99' } : {}) };
}

/** Another text of the same length, so that a proof is wrong and not merely malformed. */
function flipped(value: string): string {
  return value.replace(/[0-9a-f]/g, (digit) => (digit === '0' ? '1' : '0'));
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
