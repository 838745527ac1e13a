import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Scenarios } from '../../src/playground/scenarios.ts';
import { createShop } from '../../src/playground/shop/shop.ts';
import { alertmanager, describeWith, prometheus } from '../needs.ts';
import { type Monitoring, startMonitoring } from './prometheus.ts';
import { eventually, type RunningBot, startBot } from './running-bot.ts';
import { isComplete, messagesIn } from './town.ts';

const TOKEN = 'a-token-of-the-tests';
const RULES = [
  {
    name: 'shop',
    rules: [
      {
        alert: 'CheckoutErrors',
        // Of the last ten seconds, so that the rule recovers soon after the shop does.
        expr: 'sum(increase(shop_requests_total{code=~"5..|0"}[10s])) / sum(increase(shop_requests_total[10s])) > 0.05',
        labels: { service: 'gateway', severity: 'critical', team: 'shop' },
        annotations: { summary: 'Checkout error rate above 5 %', runbook_url: 'https://runbooks.example/checkout' },
      },
    ],
  },
];

/** The programs that people run: nothing between the customers' requests and the channel is played by a stand-in. */
describeWith(
  'prometheus and prometheus-alertmanager',
  Boolean(prometheus && alertmanager),
  'Prometheus and Alertmanager',
  () => {
    let bot: RunningBot;
    let shop: Scenarios;
    let page: Server;
    let monitoring: Monitoring;
    const served = new Map<number, number>();

    beforeAll(async () => {
      const config = join(mkdtempSync(join(tmpdir(), 'causeway-routes-')), 'causeway.yml');
      writeFileSync(
        config,
        `alerts: { alertmanager: { tokens: ${TOKEN} } }\nroutes: [{ match: { team: shop }, channel: incidents }]\n`,
      );
      bot = await startBot({ CAUSEWAY_CONFIG: config });
      page = await exporterOf(served);
      const { port } = page.address() as AddressInfo;
      shop = createShop({
        otlpUrl: `${bot.otlp}/v1/traces`,
        // The shop's own pager stays silent here: its webhooks are taken by the page that shows the metric.
        webhookUrl: `http://127.0.0.1:${port}/pager`,
        webhookSecret: 'unused',
        log: { info() {}, warn() {}, error() {} },
        observe: ({ status }) => served.set(status, (served.get(status) ?? 0) + 1),
      });
      monitoring = await startMonitoring({
        targets: { shop: `127.0.0.1:${port}`, causeway: new URL(bot.url).host },
        groups: RULES,
        webhook: { url: `${bot.url}/webhooks/alertmanager`, token: TOKEN },
        groupWait: '2s',
      });
    });
    afterAll(async () => {
      await shop?.close();
      await monitoring?.stop();
      page?.close();
      page?.closeAllConnections();
      await bot?.kill('SIGTERM');
    });

    test('a rule fires on the shop’s own metric, the card appears; the metric recovers, the card is closed', {
      timeout: 120_000,
    }, async () => {
      await shop.start('auth-cascade');
      const card = await eventually(
        'the card of the alert',
        async () => (await messagesIn(bot.url)).find(isComplete),
        60_000,
      );
      expect(card.text).toMatch(/^Cause: auth does not answer/);
      expect(JSON.stringify(card.blocks)).toContain('https://runbooks.example/checkout');
      expect(card.text).not.toMatch(/resolved/);

      const closed = await eventually(
        'the end of the alert in the card',
        async () => (await messagesIn(bot.url)).find(({ ts, text }) => ts === card.ts && /resolved/.test(text)),
        60_000,
      );
      expect(closed.text).toMatch(/^Cause: auth does not answer/);
      expect(await messagesIn(bot.url)).toHaveLength(1);

      // The bot's own numbers, as Prometheus understood them.
      const numberOf = async (series: string) => (await monitoring.query(series))[0]?.value;
      await eventually('the numbers of the bot', async () =>
        (await numberOf('causeway_verdicts_total{kind="cause"}')) === 1 ? true : undefined,
      );
      expect(await numberOf('causeway_webhooks_total{source="alertmanager",outcome="opened"}')).toBe(1);
      expect(await numberOf('causeway_time_to_card_seconds_count')).toBe(1);
      expect(await numberOf('causeway_time_to_verdict_seconds_count')).toBe(1);
      expect(await numberOf('causeway_queue_jobs{state="dead"}')).toBe(0);
      expect(await numberOf('up{job="causeway"}')).toBe(1);
    });
  },
);

/** How the customers were served, as Prometheus reads it. */
async function exporterOf(served: ReadonlyMap<number, number>): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    if (request.method === 'POST') return void response.writeHead(202).end();
    const lines = [200, 503, ...served.keys()].map(
      (code) => `shop_requests_total{code="${code}"} ${served.get(code) ?? 0}`,
    );
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
    response.end(`# TYPE shop_requests_total counter\n${[...new Set(lines)].join('\n')}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
