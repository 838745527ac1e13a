import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Running, serve } from '../backends/exchange.ts';
import { type RunningBot, startBot } from './running-bot.ts';

/** Secrets that stand in the configuration of these tests and must stand nowhere else. */
const SECRETS = ['xoxb-0-hidden', 'xapp-0-hidden', 'hidden-password', 'hidden-token', 'hidden-header'];

let folder = '';
let sick: Running | undefined;
let bot: RunningBot | undefined;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'causeway-doctor-'));
});
afterEach(async () => {
  await sick?.close();
  await bot?.kill('SIGTERM');
  sick = undefined;
  bot = undefined;
});

describe('causeway doctor', () => {
  test('the defaults are well, and the exit code says so', { timeout: 60_000 }, async () => {
    const { code, out } = await doctor();
    expect(out).toContain('✓ Configuration: the defaults');
    expect(out).toContain('✓ Fonts');
    expect(out).toContain('✓ Data folder');
    expect(out).toMatch(/! .*spans of .* traces[^\n]*\n {2}→ .*OTEL_EXPORTER_OTLP_ENDPOINT/);
    expect(out).toMatch(/All that must work does\.\n$/);
    expect(code).toBe(0);
  });

  test('everything that is wrong is told at once, with what to do, and no secret', { timeout: 60_000 }, async () => {
    sick = await serve((_, response) => response.writeHead(401).end('go away'));
    const file = yaml(`
backends:
  - { kind: jaeger, url: "${sick.url}", auth: { kind: bearer, token: hidden-token } }
  - { kind: tempo, url: "http://127.0.0.1:9", headers: { x-key: hidden-header }, auth: { kind: basic, username: u, password: hidden-password } }
  - { kind: zipkin, url: nonsense }
`);
    const environment = {
      CAUSEWAY_CONFIG: file,
      SLACK_BOT_TOKEN: 'xoxb-0-hidden',
      SLACK_APP_TOKEN: 'xapp-0-hidden',
      SLACK_API_URL: `${sick.url}/api/`,
      REDIS_URL: 'redis://:hidden-password@127.0.0.1:1',
    };
    const { code, out, err } = await doctor(environment);
    expect(code).toBe(1);
    expect(out).toMatch(/✗ Jaeger at [^\n]*\(401\)[^\n]*\n {2}→ Set `backend\.auth`/);
    expect(out).toMatch(/✗ Tempo at [^\n]*Nobody listens[^\n]*\n {2}→ Is it running/);
    expect(out).toMatch(/✗ Backend zipkin: [^\n]*url[^\n]*\n {2}→ /);
    expect(out).toMatch(/✗ Slack token: [^\n]*\n {2}→ /);
    expect(out).toMatch(/✗ Redis at 127\.0\.0\.1:1 does not answer/);
    expect(out).toMatch(/\d+ things do not work\.\n$/);
    for (const secret of SECRETS) expect(out + err).not.toContain(secret);
    const json = await doctor(environment, '--json');
    expect(json.code).toBe(1);
    const told = JSON.parse(json.out);
    expect(told.ok).toBe(false);
    for (const check of told.checks) {
      expect(check).toMatchObject({ name: expect.any(String), detail: expect.any(String) });
      if (check.status !== 'ok') expect(check.hint).toMatch(/./);
    }
    for (const secret of SECRETS) expect(json.out + json.err).not.toContain(secret);
  });

  test('a configuration that cannot be read is the first finding', { timeout: 60_000 }, async () => {
    const { code, out } = await doctor({ CAUSEWAY_CONFIG: yaml('chanel: x\n'), PORT: 'many' });
    expect(code).toBe(1);
    expect(out).toMatch(/^✗ Configuration: 2 things/);
    expect(out).toContain('✓ Fonts');
  });

  test('beside a bot that runs, its store is not disturbed', { timeout: 60_000 }, async () => {
    bot = await startBot();
    const { code, out } = await doctor({ CAUSEWAY_DATA: bot.data, PORT: new URL(bot.url).port });
    expect(out).toContain('in use by the bot that runs here');
    expect(code).toBe(0);
    const asked = await causeway({ CAUSEWAY_DATA: bot.data }, 'investigate', '--service', 'cart');
    expect(asked.code).toBe(1);
    expect(asked.err).toContain('ask it with /trace');
  });
});

test('a bot starts beside a sick backend, warns, and tells it at /readyz', { timeout: 60_000 }, async () => {
  bot = await startBot({ CAUSEWAY_CONFIG: yaml('backend: { kind: jaeger, url: "http://127.0.0.1:9" }\n') });
  const deadline = Date.now() + 20_000;
  for (;;) {
    const answer = await fetch(`${bot.url}/readyz`);
    const { parts } = (await answer.json()) as { parts: Record<string, string> };
    const found = parts['Jaeger at http://127.0.0.1:9'];
    if (found !== undefined) {
      expect(answer.status).toBe(200);
      expect(found).toMatch(/^failed: Nobody listens/);
      break;
    }
    expect(Date.now()).toBeLessThan(deadline);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(bot.output()).toContain('A part is not as it should be');
});

function yaml(content: string): string {
  const path = join(mkdtempSync(join(folder, 'config-')), 'causeway.yml');
  writeFileSync(path, content);
  return path;
}

function doctor(environment: Readonly<Record<string, string>> = {}, ...words: readonly string[]) {
  return causeway(environment, 'doctor', ...words);
}

function causeway(
  environment: Readonly<Record<string, string>>,
  ...words: readonly string[]
): Promise<{ code: number; out: string; err: string }> {
  const env = { PATH: process.env.PATH, PORT: '0', CAUSEWAY_DATA: join(folder, 'data'), ...environment };
  return new Promise((resolve) => {
    execFile(process.execPath, ['src/causeway.mjs', ...words], { env }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, out, err });
    });
  });
}
