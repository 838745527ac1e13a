import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { evaluate } from '../../src/compose/evaluate.ts';
import type { Label } from '../../src/investigation/evaluate-cases.ts';
import type { Prediction } from '../../src/investigation/evaluate-run.ts';
import { accuracyTable, healthyTable } from '../../src/investigation/evaluate-table.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { times } from '../detectors/seen.ts';
import { otlpJson } from '../otlp.ts';

let folder = '';
const progress = () => {};

/** A request that three services serve; `work` takes as long as it is told. */
const request = (work: number) => `
web  GET /buy  server  0..${work + 30}
  web  GET       client  1..${work + 9}
    work  GET /work  server  2..${work + 8}
  web  GET       client  ${work + 10}..${work + 14}
    other  GET /other  server  ${work + 11}..${work + 13}
  web  GET       client  ${work + 16}..${work + 20}
    third  GET /third  server  ${work + 17}..${work + 19}
  web  GET       client  ${work + 21}..${work + 25}
    fourth  GET /fourth  server  ${work + 22}..${work + 24}
`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cases-'));
  await mkdir(join(folder, 'data'));
  const write = (name: string, text: string) => writeFile(join(folder, 'data', name), gzipSync(text));
  const healthy = times(40, request(20), 'b');
  await write('normal.json.gz', otlpJson(healthy));
  await write('slow.json.gz', otlpJson(times(40, request(500), 's')));
  await write('session.json.gz', asJaeger([...times(12, request(500), 's'), ...times(12, request(20), 'b')]));
  const slow = (index: number) => times(12, request(500), 's')[index * 9]?.traceId;
  const cases = [
    { case: 'windows/one', format: 'otlp', normal: 'data/normal.json.gz', abnormal: 'data/slow.json.gz' },
    { case: 'session/trace', format: 'jaeger', file: 'data/session.json.gz', focusTraceId: slow(0) },
    {
      case: 'session/window',
      format: 'jaeger',
      file: 'data/session.json.gz',
      focusTraceId: null,
      abnormalTraceIds: Array.from({ length: 12 }, (_, i) => slow(i)),
    },
    { case: 'windows/gone', format: 'otlp', normal: 'data/normal.json.gz', abnormal: 'data/gone.json.gz' },
  ];
  await writeFile(join(folder, 'cases.jsonl'), cases.map((one) => `${JSON.stringify(one)}\n`).join(''));
  const labels = cases.map((one) => ({
    case: one.case,
    set: one.case.split('/')[0],
    services: ['work'],
    faultType: 'x',
  }));
  await writeFile(join(folder, 'labels.jsonl'), labels.map((one) => JSON.stringify(one)).join('\n'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('causeway evaluate', () => {
  test('answers windows, sessions and single traces, and tells what it could not read', async () => {
    const out = join(folder, 'predictions.jsonl');
    const seen: number[] = [];
    const { table, failures } = await evaluate({
      folder,
      out,
      sets: [],
      healthy: false,
      progress: (done, of) => {
        expect(of).toBe(4);
        seen.push(done);
      },
    });
    const lines = (await readFile(out, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.case)).toEqual(['windows/one', 'session/trace', 'session/window']);
    for (const line of lines) {
      expect(line.ranked[0]).toBe('work');
      expect(Object.keys(line).sort()).toEqual(['case', 'confidence', 'kind', 'ms', 'ranked']);
    }
    expect(lines[0]).toMatchObject({ kind: 'cause', confidence: 'high' });
    expect(seen.at(-1)).toBe(4);
    expect(failures).toEqual([expect.stringContaining('windows/gone')]);
    expect(table).toMatch(/^session +2 +100\.0 %/m);
    expect(table).toMatch(/^windows +2 +50\.0 %/m);
  });

  test('answers the same without labels, but has no table', async () => {
    const bare = await mkdtemp(join(tmpdir(), 'cases-'));
    const paths = { normal: join(folder, 'data/normal.json.gz'), abnormal: join(folder, 'data/slow.json.gz') };
    await writeFile(
      join(bare, 'cases.jsonl'),
      JSON.stringify({
        case: 'a/b',
        normal: relativeTo(bare, paths.normal),
        abnormal: relativeTo(bare, paths.abnormal),
      }),
    );
    const { table } = await evaluate({ folder: bare, out: join(bare, 'p'), sets: [], healthy: false, progress });
    expect(table).toBeUndefined();
    expect(JSON.parse(await readFile(join(bare, 'p'), 'utf8'))).toMatchObject({ case: 'a/b', kind: 'cause' });
    await rm(bare, { recursive: true });
  });

  test('halves of the healthy are compared four ways, and nobody is blamed', async () => {
    const out = join(folder, 'halves.jsonl');
    const { table, failures } = await evaluate({ folder, out, sets: ['windows', 'session'], healthy: true, progress });
    const lines = (await readFile(out, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(failures).toEqual([]);
    // Both cases of two windows, and the one of a session that says which traces were bad.
    expect(lines).toHaveLength(12);
    expect(new Set(lines.map((line) => line.halves)).size).toBe(4);
    expect(lines.every((line) => line.kind === 'cannot-tell')).toBe(true);
    expect(table).toMatch(/^windows +8 +0\.0 %/m);
  });

  test('says what is wrong with a folder', async () => {
    const bare = await mkdtemp(join(tmpdir(), 'cases-'));
    const run = () => evaluate({ folder: bare, sets: [], healthy: false, progress });
    await expect(run()).rejects.toMatchObject({ kind: 'not-found' });
    await writeFile(join(bare, 'cases.jsonl'), '{"case": "a", "normal": 7}\n');
    await expect(run()).rejects.toMatchObject({ kind: 'bad-input', message: expect.stringContaining('Line 1') });
    await writeFile(join(bare, 'cases.jsonl'), '{"case": "a/b", "file": "x", "focusTraceId": "no id"}\n');
    await expect(run()).rejects.toMatchObject({ kind: 'bad-input' });
    await writeFile(join(bare, 'cases.jsonl'), '\n');
    await expect(run()).rejects.toMatchObject({ message: 'There are no such cases.' });
    await rm(bare, { recursive: true });
  });
});

describe('the table', () => {
  const answer = (id: string, ranked: readonly string[], more: Partial<Prediction> = {}): Prediction => ({
    case: id,
    ranked,
    kind: 'cause',
    confidence: 'high',
    ms: 10,
    ...more,
  });
  const label = (id: string, services: readonly string[], set = 's'): Label => ({
    case: id,
    set,
    services,
    faultType: 'f',
  });

  test('counts a missing answer as a miss, and two faults only when both stand in front', () => {
    const labels = [label('1', ['a']), label('2', ['a', 'b']), label('3', ['a', 'b']), label('4', ['a'])];
    const table = accuracyTable(labels, [
      answer('1', ['a', 'b']),
      answer('2', ['b', 'a']),
      answer('3', ['a', 'c', 'b'], { kind: 'cannot-tell', confidence: 'low' }),
    ]);
    const [, , row = ''] = table.split('\n');
    expect(table).toMatch(/^s +4 +50\.0 % +15-85 +75\.0 %/m);
    expect(row).toMatch(/2\/2 +2, wrong 0 +10\.0$/);
  });

  test('counts a sure verdict that accuses somebody else', () => {
    const table = accuracyTable([label('1', ['a'])], [answer('1', ['b', 'a'])]);
    expect(table).toMatch(/0\/0 +1, wrong 1/);
  });

  test('of halves counts causes and suspects apart', () => {
    const halves = (kind: Prediction['kind'], cut: Prediction['halves'] = 'hash') =>
      answer('s/1', [], { kind, confidence: 'medium', ...(cut === undefined ? {} : { halves: cut }) });
    const table = healthyTable([
      halves('cause'),
      halves('suspect'),
      halves('cannot-tell', 'time'),
      halves('cannot-tell'),
    ]);
    expect(table).toMatch(/^s +4 +25\.0 % +\S+ +0\.0 % +25\.0 %/m);
    expect(table).toMatch(/^s {2}by time +1 +0\.0 %/m);
  });
});

const relativeTo = (folder: string, path: string): string =>
  join(
    ...folder
      .split('/')
      .filter(Boolean)
      .map(() => '..'),
    path.slice(1),
  );

function asJaeger(spans: readonly SpanRecord[]): string {
  const traces = Map.groupBy(spans, ({ traceId }) => traceId);
  return JSON.stringify({
    data: [...traces].map(([traceID, members]) => ({
      traceID,
      processes: Object.fromEntries(members.map(({ service }) => [service, { serviceName: service, tags: [] }])),
      spans: members.map((span) => ({
        traceID,
        spanID: span.spanId,
        operationName: span.name,
        processID: span.service,
        references:
          span.parentSpanId === undefined ? [] : [{ refType: 'CHILD_OF', traceID, spanID: span.parentSpanId }],
        startTime: span.start,
        duration: span.end - span.start,
        tags: [{ key: 'span.kind', type: 'string', value: span.kind }],
        logs: [],
      })),
    })),
  });
}
