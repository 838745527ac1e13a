import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { files } from '../../src/backends/files.ts';
import { CONTRACT_SPANS, traceBackendContract } from '../contracts/trace-backend.ts';
import { encodeJson } from '../receiver/otlp-encode.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-files-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

traceBackendContract('one file', async () => {
  const path = join(folder, 'one.json');
  writeFileSync(path, encodeJson(CONTRACT_SPANS));
  return files.connect({ path }, {});
});

traceBackendContract('a folder of files, as the Collector leaves it', async () => {
  const path = join(folder, 'many');
  mkdirSync(path);
  writeFileSync(
    join(path, 'a.jsonl'),
    CONTRACT_SPANS.slice(0, 3)
      .map((span) => encodeJson([span]))
      .join('\n'),
  );
  writeFileSync(join(path, 'b.json.gz'), gzipSync(encodeJson(CONTRACT_SPANS.slice(3))));
  writeFileSync(join(path, 'notes.txt'), 'not a trace');
  return files.connect({ path }, {});
});

describe('what is not there', () => {
  const { signal } = new AbortController();

  test('a missing path and an empty folder are told by check and thrown by a search', async () => {
    const missing = files.connect({ path: join(folder, 'nowhere') }, {});
    expect(await missing.check(signal)).toMatchObject({ ok: false, hint: 'Check the path.' });
    await expect(missing.services(0, 1, signal)).rejects.toMatchObject({ kind: 'not-found' });
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    await expect(files.connect({ path: empty }, {}).services(0, 1, signal)).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  test('a path is required', () => {
    expect(() => files.connect({}, {})).toThrow(
      expect.objectContaining({ kind: 'misconfigured', message: expect.stringContaining('path') }),
    );
  });
});
