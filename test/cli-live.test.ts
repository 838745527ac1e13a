import { execFile } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Running, serve } from './backends/exchange.ts';

/** Both halves of a real recording, kept by a backend that needs no server. */
const kept = mkdtempSync(join(tmpdir(), 'causeway-live-'));
const BACKEND = ['--backend', 'files', '--option', `path=${kept}`];
const TROUBLE = ['--from', '2026-11-22T15:54:08.390Z', '--to', '2026-11-22T15:54:16Z'];
const CAUSE = { service: 'payment', peer: 'paygw', mechanism: 'tls-handshake-retry' };

beforeAll(() => {
  for (const half of ['normal', 'abnormal'])
    copyFileSync(`test/fixtures/shop/tls-retry.${half}.otlp.json.gz`, join(kept, `${half}.json.gz`));
});

let server: Running | undefined;
afterEach(() => server?.close());

describe('causeway investigate asks a live backend', () => {
  test('about a service in a window, with a baseline that it finds itself', async () => {
    const png = join(kept, 'picture.png');
    const { code, out, err } = await causeway(
      'investigate',
      '--service',
      'order',
      ...TROUBLE,
      ...BACKEND,
      '--json',
      '--png',
      png,
    );
    expect(err).toMatch(/^Searching the trace files at .*\nReading \d+ traces …\nRead \d+ traces\.\n$/);
    expect(code).toBe(0);
    const answer = JSON.parse(out);
    expect(answer.verdict).toMatchObject({ kind: 'cause', confidence: 'high', cause: CAUSE });
    expect(answer.exemplar.healthy).toMatch(/^[0-9a-f]{32}$/);
    expect(answer.gathering).toMatchObject({
      scope: { services: ['order'] },
      notes: [expect.stringMatching(/ read$/)],
    });
    expect(readFileSync(png).subarray(1, 4).toString()).toBe('PNG');
  });

  test('of causeway.yml, in words that say where from and how many', async () => {
    const file = join(kept, 'causeway.yml');
    writeFileSync(file, `backend: { kind: files, path: ${JSON.stringify(kept)} }\n`);
    const { code, out } = await withEnvironment(
      { CAUSEWAY_CONFIG: file },
      'investigate',
      '--service',
      'gateway',
      ...TROUBLE,
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^Cause: TLS handshakes stall or fail on payment → paygw/);
    expect(out).toMatch(/\d+ suspect and \d+ healthy traces examined, .* from the trace files at/);
  });

  test('of several places, one of which is down: the verdict stands, and the first note says whose spans it lacks', async () => {
    const file = join(kept, 'several.yml');
    const places = [
      { kind: 'files', path: kept },
      { kind: 'jaeger', url: 'http://127.0.0.1:9' },
    ];
    writeFileSync(file, `backends: ${JSON.stringify(places)}\n`);
    const { code, out } = await withEnvironment(
      { CAUSEWAY_CONFIG: file },
      'investigate',
      '--service',
      'gateway',
      ...TROUBLE,
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^Cause: TLS handshakes stall or fail on payment → paygw/);
    expect(out).toContain('Spans are missing: Nobody listens at Jaeger at http://127.0.0.1:9.');
  });

  test('about one trace, given as a link, with healthy company', async () => {
    const suspects = JSON.parse(
      (await causeway('investigate', '--service', 'order', ...TROUBLE, ...BACKEND, '--json')).out,
    );
    const link = `https://jaeger.example/trace/${suspects.exemplar.suspect.toUpperCase()}?uiFind=00f067aa0ba902b7`;
    const { code, out } = await causeway('investigate', '--trace', link, ...BACKEND, '--json');
    expect(code).toBe(0);
    const answer = JSON.parse(out);
    expect(answer.traces.map(({ traceId }: { traceId: string }) => traceId)).toEqual([suspects.exemplar.suspect]);
    expect(answer.verdict.cause).toMatchObject({ service: 'payment', peer: 'paygw' });
  });

  test.each([
    [
      'a slip of the finger',
      ['--service', 'ordr', ...TROUBLE, ...BACKEND],
      1,
      /No service is called ordr[^\n]*\nDid you mean order\?/,
    ],
    ['a name like none', ['--service', 'zzzzzzzz', ...TROUBLE, ...BACKEND], 1, /It knows [a-z, ]*gateway/],
    [
      'a window without traces',
      ['--service', 'order', ...BACKEND, '--from', '2026-11-22T15:54:16Z', '--to', '2026-11-22T15:59:00Z'],
      1,
      /has no traces between 2026-11-22T15:54:16/,
    ],
    [
      'a service that was silent all along',
      ['--service', 'order', ...BACKEND, '--from', '2020-01-01T00:00Z', '--to', '2020-01-01T01:00Z'],
      1,
      /seen no services in this time/,
    ],
    ['no such trace', ['--trace', 'f'.repeat(32), ...BACKEND], 1, /is not in the trace files/],
    ['no id', ['--trace', 'whatever', ...BACKEND], 2, /--trace names no trace: whatever/],
    ['a trace and a window', ['--trace', 'f'.repeat(32), '--from', '-1h', ...BACKEND], 2, /asks for one trace/],
    ['nothing to look at', [...BACKEND], 2, /must be told what to look at/],
    [
      'a time that is none',
      ['--service', 'order', '--from', 'yesterday', ...BACKEND],
      2,
      /--from is no time: yesterday/,
    ],
    [
      'a window that runs backwards',
      ['--service', 'order', '--from', '-1m', '--to', '-1h', ...BACKEND],
      2,
      /--from is not before --to/,
    ],
    [
      'a kind that is none',
      ['--service', 'order', '--backend', 'jeager', '--url', 'http://x'],
      1,
      /Known backends are .*jaeger/,
    ],
    ['a backend without its address', ['--service', 'order', '--backend', 'jaeger'], 1, /url: must be an http/],
    [
      'an address without its kind',
      ['--service', 'order', '--url', 'http://x'],
      2,
      /--url and --option belong to --backend/,
    ],
    ['an option without a value', ['--service', 'order', '--backend', 'files', '--option', 'path'], 2, /no name=value/],
    ['a file and a service', ['x.json', '--service', 'order'], 2, /--service asks a live backend/],
    ['a baseline file', ['--service', 'order', '--baseline', 'x.json', ...BACKEND], 2, /--baseline belongs to a file/],
    [
      'nobody at the address',
      ['--service', 'order', '--backend', 'jaeger', '--url', 'http://127.0.0.1:9'],
      1,
      /Nobody listens at Jaeger/,
    ],
  ] as const)('%s is told', async (_, words, code, said) => {
    const result = await causeway('investigate', ...words);
    if (code !== undefined) expect(result.code).toBe(code);
    else expect(result.code).not.toBe(0);
    expect(result.err).toMatch(said);
    expect(result.err).not.toMatch(/\n {4}at /);
    expect(result.out).toBe('');
  });

  test('Ctrl-C hangs up on the backend at once', async () => {
    const hungUp = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    server = await serve((_, response) => {
      response.on('close', () => hungUp.resolve());
      asked.resolve();
    });
    const child = execFile(process.execPath, [
      'src/causeway.mjs',
      'investigate',
      '--service',
      'a',
      '--backend',
      'jaeger',
      '--url',
      server.url,
    ]);
    let err = '';
    child.stderr?.on('data', (chunk) => {
      err += chunk;
    });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    await asked.promise;
    child.kill('SIGINT');
    await hungUp.promise;
    expect(await ended).toBe(1);
    expect(err).toContain('Stopped.');
  });
});

function causeway(...words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return withEnvironment({}, ...words);
}

function withEnvironment(
  environment: Readonly<Record<string, string>>,
  ...words: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, CAUSEWAY_DATA: join(kept, 'data'), ...environment };
    execFile(
      process.execPath,
      ['src/causeway.mjs', ...words],
      { env, maxBuffer: 64 * 1024 * 1024 },
      (error, out, err) => {
        resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, out, err });
      },
    );
  });
}
