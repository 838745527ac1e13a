import { createHmac } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ScenarioState, Scenarios } from '../../../src/playground/scenarios.ts';
import { createShop } from '../../../src/playground/shop/shop.ts';
import type { Log } from '../../../src/ports/log.ts';
import { type Capture, startCapture } from './otlp-capture.ts';
import { childrenOf, hasProc, until } from './processes.ts';
import { startOf, tracesOf } from './received.ts';
import { SIGNS } from './signs.ts';
import { startWebhookCapture, type WebhookCapture } from './webhook-capture.ts';

const SECRET = 'shared between pager and bot';
const RUN_MS = 60_000;
const IDLE_MS = 10_000;
const silent: Log = { info() {}, warn() {}, error() {} };

async function over(shop: Scenarios, name: string): Promise<ScenarioState> {
  for (;;) {
    const state = shop.state(name);
    if (state.phase === 'done' || state.phase === 'failed') return state;
    await sleep(50);
  }
}

const processes = () => childrenOf(process.pid).filter((one) => one.command.includes('playground/shop'));

describe('the shop, played for real', () => {
  let otlp: Capture;
  let bot: WebhookCapture;
  let shop: Scenarios;
  const incidents = new Set<string>();

  beforeAll(async () => {
    otlp = await startCapture();
    bot = await startWebhookCapture();
    shop = createShop({ otlpUrl: otlp.url, webhookUrl: bot.url, webhookSecret: SECRET, log: silent, idleMs: IDLE_MS });
  });
  afterAll(async () => {
    await shop.close();
    if (hasProc) expect(processes()).toEqual([]);
    await otlp.close();
    await bot.close();
  });

  test('lists five incidents, all idle', () => {
    expect(
      shop
        .list()
        .map((one) => one.name)
        .toSorted(),
    ).toEqual(Object.keys(SIGNS).toSorted());
    for (const { name } of shop.list()) expect(shop.state(name)).toEqual({ phase: 'idle' });
  });

  test('an unknown incident is refused with the names of the known ones', async () => {
    const refusal = { kind: 'not-found', hint: expect.stringContaining('auth-cascade') };
    await expect(shop.start('nope')).rejects.toMatchObject(refusal);
    expect(() => shop.state('nope')).toThrow('nope');
  });

  test.for(Object.keys(SIGNS))(
    '%s: its fault is in the spans, then one signed alert',
    {
      timeout: RUN_MS,
    },
    async (name, { annotate }) => {
      otlp.clear();
      const deliveredBefore = bot.delivered.length;
      const startedAt = Date.now();
      const { incident } = await shop.start(name);
      expect(incidents.has(incident)).toBe(false);
      incidents.add(incident);
      await expect(shop.start('audit')).rejects.toMatchObject({ kind: 'refused' });

      const state = await over(shop, name);
      expect(state).toMatchObject({ phase: 'done', incident });
      const faultAt = state.faultAt! / 1_000;
      const alertedAt = state.alertedAt! / 1_000;

      const [webhook, ...more] = bot.delivered.slice(deliveredBefore);
      expect(more).toEqual([]);
      const expected = createHmac('sha256', SECRET).update(webhook!.body).digest('hex');
      expect(webhook!.headers['x-pagerduty-signature']).toBe(`v1=${expected}`);
      const { event } = JSON.parse(webhook!.body.toString());
      expect(event).toMatchObject({ event_type: 'incident.triggered', data: { id: incident, status: 'triggered' } });
      expect(Date.parse(event.occurred_at)).toBe(alertedAt);
      expect(alertedAt).toBeGreaterThan(faultAt);
      expect(alertedAt).toBeLessThanOrEqual(webhook!.at);
      await annotate(`${((webhook!.at - startedAt) / 1_000).toFixed(1)} s from start to webhook`);

      // Everything a customer asked for before the alert has arrived by now: the spans are flushed first.
      const traces = tracesOf(otlp.batches);
      const normal = traces.filter((trace) => startOf(trace) < faultAt);
      const abnormal = traces.filter((trace) => startOf(trace) >= faultAt && startOf(trace) < webhook!.at);
      expect(normal.length).toBeGreaterThanOrEqual(120);
      SIGNS[name]?.(normal, abnormal);
    },
  );

  test('after an incident the shop is healthy again and still has customers', async () => {
    otlp.clear();
    const since = Date.now();
    const visits = () => tracesOf(otlp.batches).filter((trace) => startOf(trace) >= since);
    await until(() => visits().length >= 3, 15_000);
    const traces = visits();
    const statuses = traces.map((trace) => Number(trace.root?.attributes['http.response.status_code']));
    expect(statuses.filter((status) => status >= 400)).toEqual([]);
    expect(traces.flatMap((trace) => trace.spans).filter((span) => span.version !== '1')).toEqual([]);
  });

  test.runIf(hasProc)('a shop that nobody plays with is stopped', async () => {
    expect(processes()).not.toEqual([]);
    await until(() => processes().length === 0, IDLE_MS + 8_000);
  });
});

describe('a shop that cannot do its work', () => {
  test('says so when nobody takes in its spans', { timeout: RUN_MS }, async () => {
    const otlp = await startCapture(400);
    const bot = await startWebhookCapture();
    const shop = createShop({ otlpUrl: otlp.url, webhookUrl: bot.url, webhookSecret: SECRET, log: silent });
    await shop.start('audit');
    expect(await over(shop, 'audit')).toMatchObject({ phase: 'failed', error: expect.stringContaining(otlp.url) });
    expect(bot.delivered).toEqual([]);
    await shop.close();
    await otlp.close();
    await bot.close();
  });

  test.runIf(hasProc)(
    'fails the run when a service crashes, and the next run starts afresh',
    { timeout: RUN_MS },
    async () => {
      const otlp = await startCapture();
      const bot = await startWebhookCapture();
      const shop = createShop({ otlpUrl: otlp.url, webhookUrl: bot.url, webhookSecret: SECRET, log: silent });
      await shop.start('audit');
      while (shop.state('audit').phase !== 'healthy traffic') await sleep(20);
      const payment = childrenOf(process.pid).find((one) => one.command.includes('/payment.ts'))!;
      process.kill(payment.pid, 'SIGKILL');
      expect(await over(shop, 'audit')).toMatchObject({ phase: 'failed', error: expect.stringContaining('payment') });
      expect(processes()).toEqual([]);

      await shop.start('audit');
      while (shop.state('audit').phase !== 'healthy traffic') await sleep(20);
      await shop.close();
      expect(shop.state('audit').phase).toBe('failed');
      expect(processes()).toEqual([]);
      await expect(shop.start('audit')).rejects.toMatchObject({ kind: 'refused' });
      await otlp.close();
      await bot.close();
    },
  );
});
