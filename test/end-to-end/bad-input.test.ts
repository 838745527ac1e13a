import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SpanRecord } from '../../src/model/span.ts';
import { otlpJson, sendSpans } from '../otlp.ts';
import { eventually, type RunningBot, sendPagerDuty, startBot } from './running-bot.ts';
import { messagesIn } from './town.ts';

let bot: RunningBot;
beforeAll(async () => {
  bot = await startBot();
});
afterAll(async () => {
  expect(await bot.kill('SIGTERM')).toBe(0);
  expect(bot.output()).not.toMatch(/unhandled|a-secret-of-the-tests/i);
});

describe('webhooks that cannot be', () => {
  test.each([
    ['malformed JSON', '{"event":', 400],
    ['an array', '[]', 400],
    ['nothing', '', 400],
  ])('%s: an answer that says why', async (_, body, status) => {
    const { createHmac } = await import('node:crypto');
    const signature = `v1=${createHmac('sha256', 'a-secret-of-the-tests').update(body).digest('hex')}`;
    const response = await fetch(`${bot.url}/webhooks/pagerduty`, {
      method: 'POST',
      body,
      headers: { 'x-pagerduty-signature': signature },
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({
      message: expect.stringMatching(/./),
      hint: expect.stringMatching(/./),
    });
  });

  test('a wrong and a missing signature', async () => {
    for (const headers of [{}, { 'x-pagerduty-signature': 'v1=00' }, { 'x-pagerduty-signature': 'v2=whatever' }]) {
      const response = await fetch(`${bot.url}/webhooks/pagerduty`, { method: 'POST', body: '{}', headers });
      expect(response.status).toBe(401);
    }
  });

  test('a hundred megabytes are refused, declared or streamed, and the bot lives on', async () => {
    const declared = await rawPost('/webhooks/pagerduty', 'content-length: 104857600');
    expect(declared).toMatch(/^HTTP\/1\.1 413/);
    const chunk = new Uint8Array(1024 * 1024);
    let sent = 0;
    const body = new ReadableStream({
      pull: (controller) => (sent++ < 100 ? controller.enqueue(chunk) : controller.close()),
    });
    const streamed = await fetch(`${bot.otlp}/v1/traces`, {
      method: 'POST',
      body,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    } as RequestInit);
    expect(streamed.status).toBe(413);
    expect((await fetch(`${bot.url}/healthz`)).status).toBe(200);
  });

  test('an unknown source is not served', async () => {
    expect((await fetch(`${bot.url}/webhooks/nobody`, { method: 'POST', body: '{}' })).status).toBe(404);
  });
});

describe('traces that should not be', () => {
  const NOW = Date.now() * 1_000;

  test.each<[name: string, spans: readonly SpanRecord[], card: RegExp]>([
    ['one span', [span('1', { end: NOW + 5_000 })], /./],
    [
      'a cycle and an orphan',
      [
        span('1', { parentSpanId: id('2') }),
        span('2', { parentSpanId: id('1') }),
        span('3', { parentSpanId: id('9') }),
      ],
      /./,
    ],
    ['no duration and a negative one', [span('1'), span('2', { parentSpanId: id('1'), end: NOW - 9_000 })], /./],
    [
      'names in every script',
      [span('1', { name: 'GET /köchin/наука/検索 <!channel> `x`', service: 'naïve-サービス' })],
      /./,
    ],
    [
      'fifty thousand spans',
      Array.from({ length: 50_000 }, (_, i) =>
        span(
          String(i + 1),
          i === 0
            ? { end: NOW + 60_000_000 }
            : { parentSpanId: id('1'), start: NOW + i * 1_000, end: NOW + i * 1_000 + 900 },
        ),
      ),
      /./,
    ],
  ])('%s: a card, not a crash', { timeout: 60_000 }, async (name, spans, card) => {
    const traceId = Buffer.from(name.padEnd(16).slice(0, 16)).toString('hex');
    const own = spans.map((one) => ({ ...one, traceId }));
    await sendSpans(bot.otlp, own);
    const before = (await messagesIn(bot.url, 'general')).length;
    expect(await say(`/trace ${traceId}`)).toBe(200);
    const message = await eventually(
      'a card with a verdict',
      async () =>
        (await messagesIn(bot.url, 'general'))[before]?.text.match(/^(Cause|Suspect|Cannot tell|Nothing)/)
          ? (await messagesIn(bot.url, 'general'))[before]
          : undefined,
      50_000,
    );
    expect(message.text).toMatch(card);
    // A header and an alt text are plain to Slack; anything else would wake the channel.
    const markedUp = (message.blocks ?? []).filter((block) => block.type !== 'header' && block.type !== 'image');
    expect(message.text + JSON.stringify(markedUp)).not.toContain('<!channel>');
  });

  test('an id that nobody knows is told in the card, and what to do', async () => {
    const before = (await messagesIn(bot.url, 'general')).length;
    expect(await say(`/trace ${'ab'.repeat(16)}`)).toBe(200);
    const told = async () => JSON.stringify((await messagesIn(bot.url, 'general'))[before]?.blocks ?? []);
    await eventually('the card that says so', async () => ((await told()).includes('is not in') ? true : undefined));
    expect(await told()).toContain('Check the id');
  });

  test('an id that is none is told to the person alone', async () => {
    const response = await post('/playground/api/say', { channel: 'general', user: 'alex', text: '/trace zebra' });
    expect(JSON.stringify(await response.json())).toMatch(/trace/i);
  });

  test('an alert without any trace gets an honest card', { timeout: 30_000 }, async () => {
    const empty = await startBot();
    try {
      expect((await sendPagerDuty(empty, { incident: 'P-EMPTY', title: 'It is all broken' })).status).toBe(202);
      const card = await eventually('a card', async () =>
        (await messagesIn(empty.url)).find((message) => message.text.startsWith('Cannot tell')),
      );
      expect(JSON.stringify(card.blocks)).toMatch(/traces arrive|wider window/);
    } finally {
      await empty.kill('SIGTERM');
    }
  });

  test('spans with broken values are refused one by one, the others kept', async () => {
    const good = JSON.parse(otlpJson([{ ...span('1'), traceId: 'c'.repeat(32) }]));
    good.resourceSpans[0].scopeSpans[0].spans.push({ traceId: 'zz', spanId: '1' });
    const response = await fetch(`${bot.url}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(good),
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ partialSuccess: { rejectedSpans: expect.anything() } });
  });
});

function id(number: string): string {
  return number.padStart(16, '0');
}

function span(number: string, given: Partial<SpanRecord> = {}): SpanRecord {
  const now = Date.now() * 1_000;
  return {
    traceId: '',
    spanId: id(number),
    service: 'shelf',
    name: 'GET /',
    kind: 'server',
    start: now,
    end: now,
    status: 'unset',
    attributes: {},
    resource: {},
    events: [],
    links: [],
    ...given,
  };
}

async function say(text: string): Promise<number> {
  return (await post('/playground/api/say', { channel: 'general', user: 'alex', text })).status;
}

function post(path: string, body: unknown): Promise<Response> {
  return fetch(`${bot.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

/** A request whose head alone is sent. */
function rawPost(path: string, ...headers: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(bot.url).port), '127.0.0.1');
    socket.once('data', (answer) => {
      resolve(answer.toString());
      socket.destroy();
    });
    socket.once('error', reject);
    socket.write(`POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${headers.join('\r\n')}\r\n\r\n`);
  });
}
