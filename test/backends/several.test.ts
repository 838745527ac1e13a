import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { files } from '../../src/backends/files.ts';
import { severalBackends } from '../../src/backends/several.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import type { TraceBackend } from '../../src/ports/trace-backend.ts';
import { CONTRACT_SPANS, traceBackendContract } from '../contracts/trace-backend.ts';
import { encodeJson } from '../receiver/otlp-encode.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-several-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { signal } = new AbortController();

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

  test('one that fails fails the question and the check', async () => {
    const broken = files.connect({ path: join(folder, 'nowhere') }, {});
    const both = severalBackends([{ backend: early() }, { backend: broken }]);
    await expect(both.services(0, 2e15, signal)).rejects.toMatchObject({ kind: 'not-found' });
    expect(await both.check(signal)).toMatchObject({ ok: false, hint: 'Check the path.' });
  });
});
