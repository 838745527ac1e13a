import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { MECHANISMS } from '../src/model/finding.ts';

const folder = mkdtempSync(join(tmpdir(), 'causeway-cli-'));
const shop = (name: string, part: 'normal' | 'abnormal') => `test/fixtures/shop/${name}.${part}.otlp.json.gz`;

describe('causeway investigate', () => {
  const CASES = [
    ['tls-retry', { service: 'payment', peer: 'paygw', mechanism: 'tls-handshake-retry' }],
    ['write-race', { service: 'order', mechanism: 'premature-commit' }],
    ['slow-serialisation', { attribute: { key: 'service.version', value: '2' }, mechanism: 'per-hop-overhead' }],
    ['auth-cascade', { service: 'auth', mechanism: 'timeout' }],
  ] as const;
  test.each(CASES)('--json on the recording of %s', async (name, cause) => {
    const { code, out } = await causeway(
      'investigate',
      shop(name, 'abnormal'),
      '--baseline',
      shop(name, 'normal'),
      '--json',
    );
    expect(code).toBe(0);
    const answer = JSON.parse(out);
    expect(answer.verdict).toMatchObject({ kind: 'cause', confidence: 'high', cause });
    for (const hypothesis of answer.hypotheses) {
      expect(MECHANISMS).toContain(hypothesis.mechanism);
      expect(hypothesis.evidence.length).toBeGreaterThan(0);
      expect(hypothesis).toMatchObject({
        service: expect.any(String),
        role: expect.any(String),
        score: expect.any(Number),
      });
    }
    expect(answer.findings.length).toBeGreaterThan(0);
    expect(Array.isArray(answer.missing)).toBe(true);
    for (const { traceId, criticalPath, repairs } of answer.traces) {
      expect(traceId).toMatch(/^[0-9a-f]{32}$/);
      expect(Array.isArray(repairs)).toBe(true);
      for (const [index, section] of criticalPath.entries()) {
        expect(Number.isInteger(section.start) && Number.isInteger(section.end) && section.start <= section.end).toBe(
          true,
        );
        const next = criticalPath[index + 1];
        if (next !== undefined) expect(next.start).toBe(section.end);
      }
    }
  });

  test('the cascade has its amplifier, with the factor', async () => {
    const { out } = await causeway(
      'investigate',
      shop('auth-cascade', 'abnormal'),
      '--baseline',
      shop('auth-cascade', 'normal'),
      '--json',
    );
    const amplifier = JSON.parse(out).hypotheses.find(({ role }: { role: string }) => role === 'amplifier');
    expect(amplifier.mechanism).toBe('retry-amplification');
    expect(amplifier.evidence[0].values.factor.value).toBeGreaterThan(2);
  });

  test('an audit is a lineage and blames nobody', async () => {
    const { out } = await causeway(
      'investigate',
      shop('audit', 'abnormal'),
      '--baseline',
      shop('audit', 'normal'),
      '--json',
    );
    const answer = JSON.parse(out);
    expect(answer.verdict.cause).toBeUndefined();
    expect(answer.lineage.actor.key).toBe('user.id');
    expect(answer.lineage.data.length).toBeGreaterThan(2);
  });

  test('words for a person and a picture, without naming anybody', async () => {
    const png = join(folder, 'audit.png');
    const { code, out } = await causeway(
      'investigate',
      shop('audit', 'abnormal'),
      '--baseline',
      shop('audit', 'normal'),
      '--png',
      png,
    );
    expect(code).toBe(0);
    expect(out).toMatch(/^Lineage: /);
    expect(readFileSync(png).subarray(1, 4).toString()).toBe('PNG');
    const { out: json } = await causeway(
      'investigate',
      shop('audit', 'abnormal'),
      '--baseline',
      shop('audit', 'normal'),
      '--json',
    );
    expect(out).not.toContain(JSON.parse(json).lineage.actor.value);
  });

  test('the same input gives the same words', async () => {
    const words = ['investigate', shop('write-race', 'abnormal'), '--baseline', shop('write-race', 'normal')];
    expect((await causeway(...words)).out).toBe((await causeway(...words)).out);
  });

  test('healthy against healthy names nothing', async () => {
    const { out } = await causeway(
      'investigate',
      shop('tls-retry', 'normal'),
      '--baseline',
      shop('write-race', 'normal'),
      '--json',
    );
    expect(JSON.parse(out).verdict.kind).not.toBe('cause');
  });
});

describe('words that cannot be', () => {
  test.each([
    [['investigate'], 2, /takes one file/],
    [['investigate', 'a', 'b'], 2, /takes one file/],
    [['fly'], 2, /no command fly/],
    [['investigate', 'x.json', '--colour'], 2, /--colour/],
    [['investigate', join(folder, 'nowhere.json')], undefined, /nowhere\.json/],
    [['investigate', file('empty.json', '')], undefined, /./],
    [['investigate', file('broken.json', '{"resourceSpans":[{')], undefined, /./],
    [['investigate', file('none.json', '{"resourceSpans":[]}')], undefined, /holds no spans/],
    [['investigate', file('prose.json', 'once upon a time')], undefined, /./],
  ] as const)('%j', async (words, code, message) => {
    const result = await causeway(...words);
    if (code === undefined) expect(result.code).not.toBe(0);
    else expect(result.code).toBe(code);
    expect(result.err).toMatch(message);
    expect(result.err).not.toMatch(/\n {4}at /);
    expect(result.out).toBe('');
  });

  test('--help tells what there is', async () => {
    for (const words of [['--help'], [], ['investigate', '--help']]) {
      const { code, out } = await causeway(...words);
      expect([code, out.includes('causeway investigate FILE')]).toEqual([0, true]);
    }
  });
});

const oldNode = olderNode();
test.skipIf(oldNode === undefined)(
  'an older Node finds the one that npm brought along (skipped where there is no older Node)',
  async () => {
    const words = ['src/causeway.mjs', '--help'];
    const { code, out } = await run(oldNode ?? '', words);
    expect([code, out.includes('causeway investigate FILE')]).toEqual([0, true]);
  },
);

/** Another Node on the path, below the one that is needed. */
function olderNode(): string | undefined {
  const found = spawnSync('which', ['-a', 'node'], { encoding: 'utf8' }).stdout?.split('\n') ?? [];
  return found.find((path) => {
    const version = path === '' ? '' : spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout;
    return /^v(1\d|2[0-3])\./.test(version);
  });
}

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function causeway(...words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return run(process.execPath, ['src/causeway.mjs', ...words]);
}

function run(program: string, words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(program, [...words], { maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, out, err });
    });
  });
}
