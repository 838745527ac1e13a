import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { JsonElements } from '../../src/formats/json-elements.ts';
import type { Refusals } from '../../src/formats/reading.ts';
import { readTraceFile } from '../../src/formats/trace-file.ts';
import { BATCH_LIMIT, type SpanRecord } from '../../src/model/span.ts';
import { CONTRACT_SPANS } from '../contracts/trace-backend.ts';
import { encodeJson } from '../receiver/otlp-encode.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-trace-file-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { signal } = new AbortController();

function file(content: string | Buffer): string {
  const path = join(folder, 'some.file');
  writeFileSync(path, content);
  return path;
}

async function read(path: string, report?: (refusals: Refusals) => void): Promise<readonly SpanRecord[]> {
  const spans: SpanRecord[] = [];
  for await (const batch of readTraceFile(path, signal, report)) {
    expect(batch.length).toBeLessThanOrEqual(BATCH_LIMIT);
    spans.push(...batch);
  }
  return spans;
}

const SPANS = CONTRACT_SPANS.length;
const otlp = encodeJson(CONTRACT_SPANS).toString();
const jaeger = readFileSync('test/fixtures/jaeger/download.json', 'utf8');
const tempo = readFileSync('test/fixtures/tempo/trace-v2.json', 'utf8');

describe('every format is told by its content', () => {
  test.each([
    ['OTLP JSON', otlp, SPANS],
    ['OTLP JSON, gzip', gzipSync(otlp), SPANS],
    ['OTLP JSON lines', `${otlp}\n${otlp}\r\n\n${otlp}`, 3 * SPANS],
    ['a list of OTLP documents', `[${otlp},${otlp}]`, 2 * SPANS],
    ['OTLP JSON with a byte order mark', `\ufeff${otlp}`, SPANS],
    ['Jaeger', jaeger, 2],
    ['Jaeger, one trace without its wrapper, in a list', JSON.stringify(JSON.parse(jaeger).data), 2],
    ['Jaeger v3', `{"result":${otlp}}`, SPANS],
    ['Zipkin, a search', readFileSync('test/fixtures/zipkin/shared-span.json'), 3],
    [
      'Zipkin, one trace',
      JSON.stringify(JSON.parse(readFileSync('test/fixtures/zipkin/shared-span.json', 'utf8'))[0]),
      3,
    ],
    ['Tempo v2', tempo, 2],
    ['Tempo v1', readFileSync('test/fixtures/tempo/trace-v1.json'), 1],
    ['an empty export', '{"resourceSpans":[]}', 0],
    [
      'keys that look like ours, deeper or inside texts',
      `{"meta":{"data":[1,{"x":"]}\\"["}]},"note":"\\"data\\":[","resourceSpans":${JSON.stringify(JSON.parse(otlp).resourceSpans)}}`,
      SPANS,
    ],
  ])('%s', async (_name, content, spans) => {
    expect(await read(file(content))).toHaveLength(spans);
  });

  test('a large file is read in pieces, each entry once', async () => {
    const line = `${otlp}\n`;
    const spans = await read(file(gzipSync(line.repeat(2_000))));
    expect(spans).toHaveLength(2_000 * SPANS);
    expect(spans.at(-1)).toEqual(spans[SPANS - 1]);
  });
});

describe('what is wrong is told with its place', () => {
  test.each([
    ['nothing', '', 'bad-input', 'is empty'],
    ['prose', 'hello', 'bad-input', 'not JSON at byte 0'],
    ['other JSON', '{"a":[1,2]}', 'bad-input', 'no trace file that we know'],
    ['cut-off JSON', otlp.slice(0, -30), 'bad-input', 'stops in the middle'],
    ['cut-off gzip', gzipSync(otlp).subarray(0, 200), 'bad-input', 'cut-off gzip'],
    [
      'a mistake inside an entry',
      '{"resourceSpans":[{"a":tru}]}',
      'bad-input',
      'resourceSpans[0] is not JSON (it begins at byte 18)',
    ],
    ['brackets that do not match', '{"a":]', 'bad-input', 'not JSON at byte 5'],
    ['endless nesting in an entry', `{"data":[${'['.repeat(100_000)}`, 'bad-input', 'nests deeper'],
    ['endless nesting elsewhere', `{"a":${'['.repeat(100_000)}`, 'bad-input', 'nests deeper'],
    ['zstd', Buffer.from('28b52ffd00', 'hex'), 'bad-input', 'zstd'],
  ])('%s', async (_name, content, kind, message) => {
    await expect(read(file(content))).rejects.toMatchObject({ kind, message: expect.stringContaining(message) });
  });

  test('a missing file and a folder', async () => {
    await expect(read(join(folder, 'nowhere'))).rejects.toMatchObject({ kind: 'not-found' });
    await expect(read(folder)).rejects.toMatchObject({ kind: 'bad-input', message: expect.stringContaining('folder') });
  });

  test('bad spans are reported once, the good ones kept', async () => {
    const reports: string[] = [];
    const bad = otlp.replace(/"spanId":"0000000000000001"/, '"spanId":"zz"');
    expect(await read(file(bad), (refusals) => void reports.push(refusals.message))).toHaveLength(SPANS - 1);
    expect(reports).toEqual([
      expect.stringMatching(
        /^1 span was refused: resourceSpans\[\d\]\.scopeSpans\[0\]\.spans\[\d\] has no valid spanId$/,
      ),
    ]);
  });

  test('an abort ends the reading with its reason', async () => {
    const controller = new AbortController();
    const path = file(`${otlp}\n`.repeat(3_000));
    const reading = (async () => {
      for await (const _ of readTraceFile(path, controller.signal)) controller.abort(new Error('enough'));
    })();
    await expect(reading).rejects.toThrow('enough');
  });
});

describe('cutting JSON into elements', () => {
  test('whatever the document and wherever the chunks are cut, the elements are those of JSON.parse', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 5 }),
        fc.jsonValue(),
        fc.boolean(),
        fc.integer({ min: 1, max: 40 }),
        (list, other, pretty, step) => {
          const text = Buffer.from(JSON.stringify({ other, data: list, more: [list] }, null, pretty ? 2 : 0));
          const elements = new JsonElements(['data'], 1e6);
          const found: unknown[] = [];
          for (let at = 0; at < text.length; at += step) {
            for (const element of elements.push(text.subarray(at, at + step))) {
              expect(text.subarray(element.offset, element.offset + element.text.length)).toEqual(element.text);
              found[element.index] = JSON.parse(element.text.toString());
            }
          }
          elements.end();
          expect(found).toEqual(JSON.parse(JSON.stringify(list)));
          expect(elements.lists).toBe(1);
        },
      ),
    );
  });

  test('an entry beyond the limit is a Failure before it is whole', () => {
    const elements = new JsonElements(['data'], 100);
    expect(() => [...elements.push(Buffer.from(`{"data":["${'x'.repeat(200)}`))]).toThrow(
      expect.objectContaining({ kind: 'too-large', message: expect.stringContaining('byte 9') }),
    );
  });
});
