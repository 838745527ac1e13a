import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { readOtlpProtobuf } from '../../src/formats/otlp-protobuf.ts';
import { Collected } from '../../src/formats/reading.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import { describeWith, redisServer } from '../needs.ts';
import { recordingAt, sendSpans } from '../otlp.ts';
import { type RedisServer, startRedis } from '../store/redis-server.ts';
import { eventually, type RunningBot, sendPagerDuty, startBot } from './running-bot.ts';
import { isComplete, messagesIn } from './town.ts';

const RECORDING = ['normal', 'abnormal'].map((part) => `test/fixtures/shop/auth-cascade.${part}.otlp.json.gz`);
let bot: RunningBot | undefined;
afterEach(() => bot?.kill('SIGTERM'));

async function playCascade(running: RunningBot): Promise<void> {
  const now = Date.now();
  await sendSpans(running.otlp, await recordingAt(RECORDING, (now - 2_000) * 1_000));
  const response = await sendPagerDuty(running, { incident: 'P-1', service: 'Gateway', at: new Date(now - 2_000) });
  expect(response.status).toBe(202);
  const card = await eventually('the card', async () => (await messagesIn(running.url)).find(isComplete));
  expect(card.text).toMatch(/^Cause: auth does not answer/);
}

describeWith('redis-server', redisServer !== undefined, 'the distributed shape', () => {
  let redis: RedisServer | undefined;
  afterEach(() => redis?.stop());

  test('the same bot on Redis: queue, store and ledger', { timeout: 60_000 }, async () => {
    redis = await startRedis();
    bot = await startBot({ REDIS_URL: redis.url });
    await playCascade(bot);
    const ready = await (await fetch(`${bot.url}/readyz`)).json();
    expect(ready).toMatchObject({ parts: { store: expect.stringMatching(/Redis at 127\.0\.0\.1/) } });
  });
});

describe('the life of an alert', () => {
  test('resolved edits the card and says nothing new; reopened looks again in the same thread', {
    timeout: 60_000,
  }, async () => {
    bot = await startBot();
    const running = bot;
    await playCascade(running);
    const [before] = await messagesIn(running.url);
    await eventually('the whole thread', async () =>
      (await messagesIn(running.url))[0]?.replies.some((r) => r.metadata?.event_payload.key.endsWith(':full-picture'))
        ? true
        : undefined,
    );
    const replies = (await messagesIn(running.url))[0]?.replies.length;
    expect((await sendPagerDuty(running, { type: 'incident.acknowledged', incident: 'P-1' })).status).toBe(202);
    expect((await sendPagerDuty(running, { type: 'incident.resolved', incident: 'P-1' })).status).toBe(202);
    await eventually('the resolved card', async () =>
      JSON.stringify((await messagesIn(running.url))[0]?.blocks).includes('resolved') ? true : undefined,
    );
    const after = await messagesIn(running.url);
    expect(after.map((message) => message.ts)).toEqual([before?.ts]);
    expect(after[0]?.replies.length).toBe(replies);
    expect(isComplete(after[0] ?? before ?? { ts: '', text: '', files: [], replies: [] })).toBe(true);

    expect((await sendPagerDuty(running, { type: 'incident.reopened', incident: 'P-1' })).status).toBe(202);
    await eventually('the card at work again', async () =>
      JSON.stringify((await messagesIn(running.url))[0]?.blocks).includes('resolved') ? undefined : true,
    );
    expect((await messagesIn(running.url)).length).toBe(1);
    expect((await sendPagerDuty(running, { type: 'incident.action_invocation.created', incident: 'P-1' })).status).toBe(
      200,
    );
  });

  test('in shadow everything goes to one channel', { timeout: 60_000 }, async () => {
    bot = await startBot({ CAUSEWAY_SHADOW: '#general' });
    const running = bot;
    const now = Date.now();
    await sendSpans(running.otlp, await recordingAt(RECORDING, (now - 2_000) * 1_000));
    await sendPagerDuty(running, { incident: 'P-2', service: 'Gateway', at: new Date(now - 2_000) });
    await eventually('the card', async () => (await messagesIn(running.url, 'general')).find(isComplete));
    expect(await messagesIn(running.url, 'incidents')).toEqual([]);
  });
});

describe('causeway.yml', () => {
  test("sends a service's card to its channel, with its runbook, from the traces it names", {
    timeout: 60_000,
  }, async () => {
    const config = yaml(
      'services:\n  - alert: Money\n    traces: [gateway]\n    channel: payments\n    runbook: https://wiki.example.com/money\n',
    );
    bot = await startBot({ CAUSEWAY_CONFIG: config });
    const running = bot;
    const now = Date.now();
    await sendSpans(running.otlp, await recordingAt(RECORDING, (now - 2_000) * 1_000));
    await sendPagerDuty(running, { incident: 'P-3', service: 'money', at: new Date(now - 2_000) });
    const card = await eventually('the card', async () => (await messagesIn(running.url, 'payments')).find(isComplete));
    expect(JSON.stringify(card.blocks)).toContain('https://wiki.example.com/money');
    expect(await messagesIn(running.url, 'incidents')).toEqual([]);
  });

  test('a backend that is down is told in the card, and tried again', { timeout: 60_000 }, async () => {
    bot = await startBot({ CAUSEWAY_CONFIG: yaml('backend:\n  kind: jaeger\n  url: http://127.0.0.1:9\n') });
    const running = bot;
    expect((await sendPagerDuty(running, { incident: 'P-4', service: 'Gateway' })).status).toBe(202);
    const blocks = async () => JSON.stringify((await messagesIn(running.url))[0]?.blocks ?? []);
    await eventually('the setback', async () => ((await blocks()).includes('127.0.0.1:9') ? true : undefined));
    expect(await blocks()).toMatch(/try again|trying again/);
    expect(await messagesIn(running.url)).toHaveLength(1);
    const ready = await (await fetch(`${running.url}/readyz`)).json();
    expect(JSON.stringify(ready)).toMatch(/[1-9] (waiting|delayed|active)/);
  });
});

describe('the bot traces itself', () => {
  test('one trace from the webhook through the queue to the card', { timeout: 60_000 }, async () => {
    const collector = await collect();
    bot = await startBot({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
    await playCascade(bot);
    await bot.kill('SIGTERM');
    const webhook = collector.spans.find((span) => span.name === 'webhook pagerduty');
    const ours = collector.spans.filter((span) => span.traceId === webhook?.traceId).map((span) => span.name);
    expect(ours).toEqual(
      expect.arrayContaining(['webhook pagerduty', 'job investigate', 'gather traces', 'analyse', 'publish verdict']),
    );
    await collector.close();
  });

  test('never into its own receiver', { timeout: 60_000 }, async () => {
    bot = await startBot({ OTLP_PORT: '14318', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:14318' });
    await playCascade(bot);
    expect(bot.output()).toContain("this bot's own receiver");
  });
});

function yaml(content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'causeway-yml-')), 'causeway.yml');
  writeFileSync(path, content);
  return path;
}

/** An OTLP collector that only remembers. */
async function collect() {
  const spans: SpanRecord[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const sink = new Collected();
    readOtlpProtobuf(Buffer.concat(chunks), sink);
    spans.push(...sink.take().flat());
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  return { spans, url: `http://127.0.0.1:${port}`, close: () => new Promise((resolve) => server.close(resolve)) };
}
