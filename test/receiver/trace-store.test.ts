import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { MINUTE } from '../../src/model/units.ts';
import { TraceStore } from '../../src/receiver/trace-store.ts';
import { listening } from './quiet.ts';

const root = mkdtempSync(join(tmpdir(), 'causeway-store-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const NOON = 1_795_348_800_000_000;
const WHOLE = { from: 0, to: Number.MAX_SAFE_INTEGER, order: 'latest', limit: 10_000 } as const;
const never = () => false;

let folders = 0;
function open(options: { path?: string; maxBytes?: number } = {}) {
  folders += 1;
  const path = options.path ?? join(root, String(folders), 'traces.db');
  const { log, said } = listening();
  const time = { now: NOON };
  const bounds = { maxAge: 10 * MINUTE, maxBytes: options.maxBytes ?? 1e9 };
  return { store: new TraceStore({ path, bounds, clock: { now: () => time.now }, log }), time, said, path };
}

/** `count` spans of the traces `from`, `from + 1`, …, each of `each` spans. */
function spans(from: number, count: number, each = 4, service = 'shop'): readonly SpanRecord[] {
  const resource = { 'service.name': service };
  return Array.from({ length: count }, (_, index) => {
    const trace = from + Math.floor(index / each);
    return {
      traceId: trace.toString(16).padStart(32, '0'),
      spanId: (index + 1).toString(16).padStart(16, '0'),
      service,
      name: `operation ${index % 3}`,
      kind: 'server',
      start: NOON + trace * 1_000,
      end: NOON + trace * 1_000 + index,
      status: 'unset',
      attributes: { 'url.path': `/${index}`, filler: 'x'.repeat(200) },
      resource,
      events: [],
      links: [],
    };
  });
}

test('everything that is added in one turn is there once it resolves, and late spans widen their trace', async () => {
  const { store } = open();
  await Promise.all([store.add([spans(1, 4)]), store.add([spans(2, 4)])]);
  const [late] = spans(1, 1);
  await store.add([[{ ...late!, spanId: 'f'.repeat(16), start: NOON - 5_000, status: 'error' }]]);
  const hits = await store.search(WHOLE, never);
  const entry = 'operation 0';
  expect(hits).toEqual([
    { traceId: '2'.padStart(32, '0'), start: NOON + 2_000, duration: 3, error: false, entry },
    { traceId: '1'.padStart(32, '0'), start: NOON - 5_000, duration: 6_003, error: true, entry },
  ]);
  store.close();
});

test('the latest are exact even when a trace began long before its matching span', async () => {
  const { store } = open();
  // 5,000 traces of one span each, more than one slice of the walk; trace 1 has a matching span after all of them.
  await store.add([spans(1, 5_000, 1)]);
  const [late] = spans(1, 1, 1);
  await store.add([[{ ...late!, spanId: 'f'.repeat(16), start: NOON + 9_000_000, end: NOON + 9_000_001 }]]);
  const hits = await store.search({ ...WHOLE, limit: 2 }, never);
  expect(hits.map((hit) => Number(`0x${hit.traceId}`))).toEqual([5_000, 4_999]);
  const slowest = await store.search({ ...WHOLE, order: 'slowest', limit: 1 }, never);
  expect(slowest).toMatchObject([{ traceId: '1'.padStart(32, '0'), duration: 9_000_001 - 1_000 }]);
  store.close();
});

test('pages hold every span of long and short traces once', async () => {
  const { store } = open();
  await store.add([spans(1, 2_500, 2_500), spans(2, 10, 10)]);
  const ids = [1, 77, 2].map((number) => number.toString(16).padStart(32, '0'));
  let from = { trace: 0, seq: 0 };
  const seen: string[] = [];
  for (let pages = 0; pages < 100; pages += 1) {
    const page = store.page(ids, from, 250);
    expect(page.spans.length).toBeLessThanOrEqual(250);
    seen.push(...page.spans.map((span) => `${span.traceId}/${span.spanId}`));
    if (page.next === undefined) break;
    from = page.next;
  }
  expect(seen).toHaveLength(2_510);
  expect(new Set(seen).size).toBe(2_510);
  store.close();
});

describe('forgetting', () => {
  test('by age: what arrived too long ago goes, with its trace and its service; a trace that goes on keeps the rest', async () => {
    const { store, time } = open();
    await store.add([spans(1, 4), spans(9, 4, 4, 'retired')]);
    time.now = NOON + 8 * MINUTE;
    const [late] = spans(1, 1);
    await store.add([
      [{ ...late!, spanId: 'f'.repeat(16), start: NOON + MINUTE, end: NOON + MINUTE + 7 }],
      spans(2, 4),
    ]);
    await store.forget();
    expect(store.figures()).toMatchObject({ spans: 13, traces: 3 });

    time.now = NOON + 11 * MINUTE;
    await store.forget();
    expect(store.figures()).toMatchObject({ spans: 5, traces: 2, oldest: NOON + 8 * MINUTE });
    expect(store.services(0, Number.MAX_SAFE_INTEGER)).toEqual(['shop']);
    const entry = 'operation 0';
    expect(await store.search(WHOLE, never)).toEqual([
      { traceId: '1'.padStart(32, '0'), start: NOON + MINUTE, duration: 7, error: false, entry },
      { traceId: '2'.padStart(32, '0'), start: NOON + 2_000, duration: 3, error: false, entry },
    ]);

    time.now = NOON + 60 * MINUTE;
    await store.forget();
    expect(store.figures()).toMatchObject({ spans: 0, traces: 0 });
    // Dictionary rows are gone too; the same service comes again under a new one.
    await store.add([spans(3, 4)]);
    expect(store.services(0, Number.MAX_SAFE_INTEGER)).toEqual(['shop']);
    expect(store.page(['3'.padStart(32, '0')], { trace: 0, seq: 0 }, 10).spans[0]).toMatchObject({
      service: 'shop',
      resource: { 'service.name': 'shop' },
    });
    store.close();
  });

  test('by bytes: the store stays within them, the youngest spans stay', async () => {
    const maxBytes = 4_000_000;
    const { store } = open({ maxBytes });
    for (let round = 0; round < 12; round += 1) {
      await store.add([spans(round * 1_000, 4_000)]);
      await store.forget();
      expect(store.figures().bytes).toBeLessThanOrEqual(maxBytes);
    }
    const hits = await store.search({ ...WHOLE, limit: 1 }, never);
    expect(hits).toMatchObject([{ traceId: (11_999).toString(16).padStart(32, '0') }]);
    expect(store.figures().spans).toBeGreaterThan(4_000);
    store.close();
  });
});

describe('a file that is not what it should be', () => {
  test.each([
    ['no database at all', (path: string) => writeFileSync(path, 'this is no database, '.repeat(500))],
    [
      'another version',
      (path: string) => new DatabaseSync(path).exec('CREATE TABLE other (x); PRAGMA user_version = 99'),
    ],
  ])('%s: it is moved aside, told in the log, and a new one begun', async (_name, spoil) => {
    const first = open();
    first.store.close();
    rmSync(first.path);
    spoil(first.path);
    const { store, said } = open({ path: first.path });
    expect(said).toEqual([expect.stringContaining('moved aside')]);
    await store.add([spans(1, 4)]);
    expect(store.figures().spans).toBe(4);
    store.close();
    expect(readdirSync(join(first.path, '..')).filter((name) => name.includes('.damaged-'))).toHaveLength(1);
  });

  test('damage that shows only while it runs: the request fails retryably, the next one has a place', async () => {
    const first = open();
    for (let round = 0; round < 5; round += 1) await first.store.add([spans(round * 1_000, 2_000)]);
    first.store.close();
    // Everything behind the first page is nonsense, as after a broken disk.
    const database = new DatabaseSync(first.path);
    const page = Number(database.prepare('PRAGMA page_size').get()?.page_size);
    const roots = new Set(
      database
        .prepare('SELECT rootpage FROM sqlite_schema')
        .all()
        .map((row) => Number(row.rootpage)),
    );
    const pages = Number(database.prepare('PRAGMA page_count').get()?.page_count);
    database.close();
    const { openSync, writeSync, closeSync } = await import('node:fs');
    const { store, said, path } = open({ path: first.path });
    const handle = openSync(path, 'r+');
    for (let number = 2; number <= pages; number += 1)
      if (!roots.has(number)) writeSync(handle, Buffer.alloc(page, 0x5a), 0, page, (number - 1) * page);
    closeSync(handle);
    await expect(store.search({ ...WHOLE, order: 'slowest' }, never)).rejects.toMatchObject({
      kind: 'unreachable',
      retryable: true,
    });
    expect(said).toEqual([expect.stringContaining('moved aside')]);
    await store.add([spans(1, 4)]);
    expect(store.figures()).toMatchObject({ spans: 4, traces: 1 });
    store.close();
  });
});
