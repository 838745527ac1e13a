import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { files } from '../../src/backends/files.ts';
import { severalBackends } from '../../src/backends/several.ts';
import { Failure } from '../../src/failure.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import type { Missing, TraceBackend } from '../../src/ports/trace-backend.ts';
import { CONTRACT_SPANS, traceBackendContract } from '../contracts/trace-backend.ts';
import { encodeJson } from '../receiver/otlp-encode.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-several-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { signal } = new AbortController();
const EVERYTHING = { from: 0, to: 2e15, order: 'latest', limit: 9 } as const;

async function fetched(
  backend: TraceBackend,
  ids: readonly string[],
  missing?: Missing,
): Promise<readonly SpanRecord[]> {
  const spans: SpanRecord[] = [];
  for await (const batch of backend.fetch(ids, signal, missing)) spans.push(...batch);
  return spans;
}

function placeOf(name: string, spans: readonly SpanRecord[]): TraceBackend {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, encodeJson(spans));
  return files.connect({ path, linkTemplate: `https://${name}/{traceId}` }, {});
}

const isEarly = (span: SpanRecord): boolean => Number(`0x${span.traceId}`) <= 2;
const early = () => placeOf('early', CONTRACT_SPANS.filter(isEarly));
const late = () =>
  placeOf(
    'late',
    CONTRACT_SPANS.filter((span) => !isEarly(span)),
  );

traceBackendContract('two places, each with other traces', async () =>
  severalBackends([{ backend: early() }, { backend: late() }]),
);

describe('several places', () => {
  test('a question about a service goes to those that keep it', async () => {
    const asked: string[] = [];
    const listening = (name: string, backend: TraceBackend): TraceBackend => ({
      ...backend,
      search: (query, own) => {
        asked.push(name);
        return backend.search(query, own);
      },
    });
    const both = severalBackends([
      { backend: listening('early', early()), services: ['stock'] },
      { backend: listening('late', late()) },
    ]);
    const query = { from: 0, to: 2e15, order: 'latest', limit: 9 } as const;
    await both.search({ ...query, service: 'shop' }, signal);
    expect(asked.splice(0)).toEqual(['late']);
    await both.search({ ...query, service: 'stock' }, signal);
    expect(asked.splice(0)).toEqual(['early', 'late']);
  });

  test('a trace with spans in both is one hit and comes whole; links go where it was found', async () => {
    const spans = CONTRACT_SPANS.filter((span) => span.traceId.endsWith('2'));
    const [first, second] = [placeOf('first', spans.slice(0, 1)), placeOf('second', spans.slice(1))];
    const both = severalBackends([{ backend: first }, { backend: second }]);
    const hits = await both.search({ from: 0, to: 2e15, order: 'latest', limit: 9 }, signal);
    expect(hits).toHaveLength(1);
    expect(hits[0]).toMatchObject({ duration: 900_000, error: true });
    const fetched: SpanRecord[] = [];
    for await (const batch of both.fetch([spans[0]?.traceId ?? ''], signal)) fetched.push(...batch);
    expect(fetched).toHaveLength(2);
    expect(both.linkTo(spans[0]?.traceId ?? '')).toContain('https://first/');
    const elsewhere = severalBackends([{ backend: placeOf('none', CONTRACT_SPANS.slice(0, 1)) }, { backend: second }]);
    await elsewhere.search(
      { from: 0, to: 2e15, service: 'stock', operation: 'read', order: 'latest', limit: 9 },
      signal,
    );
    expect(elsewhere.linkTo(spans[0]?.traceId ?? '')).toContain('https://second/');
  });

  test('environments are asked apart, and a trace of one is not looked for in another', async () => {
    const asked: string[] = [];
    const listening = (name: string, backend: TraceBackend): TraceBackend => ({
      ...backend,
      search: (query, own) => {
        asked.push(`search ${name}`);
        return backend.search(query, own);
      },
      fetch: (ids, own) => {
        asked.push(`fetch ${name}`);
        return backend.fetch(ids, own);
      },
    });
    const both = severalBackends([
      { backend: listening('live', early()), environments: ['production'] },
      { backend: listening('trial', late()), environments: ['staging'] },
    ]);
    const attributes = { 'deployment.environment.name': 'production' };
    await both.search({ ...EVERYTHING, attributes }, signal);
    expect(asked.splice(0)).toEqual(['search live']);
    await both.search({ ...EVERYTHING, attributes: { 'service.version': '1' } }, signal);
    expect(asked.splice(0)).toEqual(['search live', 'search trial']);
    const [known] = await both.search({ ...EVERYTHING, operation: 'GET /cart' }, signal);
    asked.splice(0);
    await fetched(both, [known?.traceId ?? '']);
    expect(asked.splice(0)).toEqual(['fetch live']);
    await fetched(both, ['f'.repeat(32)]);
    expect(asked).toEqual(['fetch live', 'fetch trial']);
  });
});

describe('one of several places fails', () => {
  const broken = () => files.connect({ path: join(folder, 'nowhere') }, {});
  const held = () => CONTRACT_SPANS.filter(isEarly);

  test('the question fails where nobody takes notes of what is missing, and so does the check', async () => {
    const both = severalBackends([{ backend: early() }, { backend: broken() }]);
    await expect(both.services(0, 2e15, signal)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(both.search(EVERYTHING, signal)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(
      fetched(
        both,
        held().map((span) => span.traceId),
      ),
    ).rejects.toMatchObject({ kind: 'not-found' });
    expect(await both.check(signal)).toMatchObject({ ok: false, hint: 'Check the path.' });
  });

  test('with notes the answer of the others stands, and the note names who is missing', async () => {
    const both = severalBackends([{ backend: broken() }, { backend: early() }]);
    const notes: string[] = [];
    const missing = (note: string) => notes.push(note);
    expect(await both.services(0, 2e15, signal, missing)).toEqual(['shop', 'stock']);
    expect(await both.search(EVERYTHING, signal, missing)).toHaveLength(2);
    const ids = [...new Set(held().map((span) => span.traceId))];
    expect(await fetched(both, ids, missing)).toHaveLength(held().length);
    expect(new Set(notes)).toEqual(new Set([`Spans are missing: There is nothing at ${join(folder, 'nowhere')}`]));
    expect(notes).toHaveLength(3);
  });

  test('it is passed over for a while, then asked again', async () => {
    let now = 1_000_000_000;
    let asked = 0;
    const sick: TraceBackend = {
      ...broken(),
      search: async () => {
        asked += 1;
        throw new Failure('timed-out', 'Tempo did not finish.', 'Look at its load.');
      },
    };
    const both = severalBackends([{ backend: sick }, { backend: early() }], { now: () => now });
    const missing = () => {};
    for (let round = 0; round < 3; round += 1) await both.search(EVERYTHING, signal, missing);
    expect(asked).toBe(1);
    now += 31_000_000;
    await both.search(EVERYTHING, signal, missing);
    expect(asked).toBe(2);
  });

  test('when all fail there is no answer, notes or not', async () => {
    const both = severalBackends([{ backend: broken() }, { backend: broken() }]);
    const missing = () => {};
    await expect(both.search(EVERYTHING, signal, missing)).rejects.toMatchObject({ kind: 'not-found' });
    await expect(fetched(both, ['f'.repeat(32)], missing)).rejects.toMatchObject({ kind: 'not-found' });
  });

  test('an abort is no failure of a place', async () => {
    const both = severalBackends([{ backend: early() }, { backend: late() }]);
    const reason = new Error('enough');
    await expect(both.search(EVERYTHING, AbortSignal.abort(reason), () => {})).rejects.toBe(reason);
  });
});
