import { describe, expect, test } from 'vitest';
import type { ScenarioState } from '../../../src/playground/scenarios.ts';
import { withPlays } from '../../../src/playground/shop/plays.ts';
import type { Shop } from '../../../src/playground/shop/shop.ts';
import { until } from './processes.ts';
import { startWebhookCapture } from './webhook-capture.ts';

/** A shop whose faults take no time: what is under test is what the pager makes of them. */
function anInstantShop(
  state: ScenarioState = { phase: 'done' },
): Shop & { readonly played: [string, string | undefined][] } {
  const played: [string, string | undefined][] = [];
  return {
    played,
    list: () => [{ name: 'auth-cascade', title: 'Auth', story: 'Slow.' }],
    start: async (name, incident) => {
      played.push([name, incident]);
      return { incident: incident ?? 'Q1' };
    },
    state: (name) => (name === 'auth-cascade' || name === 'tls-retry' ? state : { phase: 'idle' }),
    close: async () => {},
  };
}

const idOf = (delivery: { readonly body: Buffer }) => JSON.parse(delivery.body.toString()).event.data.id as string;
const typeOf = (delivery: { readonly body: Buffer }) => JSON.parse(delivery.body.toString()).event.event_type as string;

describe('what a pager makes of one trouble', () => {
  test('stands behind the incidents of the shop', () => {
    const plays = withPlays(anInstantShop(), { webhookUrl: 'http://127.0.0.1:9', webhookSecret: 's' });
    expect(plays.list().map(({ name }) => name)).toEqual(['auth-cascade', 'storm', 'flap', 're-fire', 'recurrence']);
    expect(plays.state('storm')).toEqual({ phase: 'idle' });
  });

  test('a storm is sixty incidents beside the one of the fault, each its own', async () => {
    const bot = await startWebhookCapture();
    const shop = anInstantShop();
    const plays = withPlays(shop, { webhookUrl: bot.url, webhookSecret: 's' });
    try {
      await plays.start('storm');
      await expect(plays.start('flap')).rejects.toMatchObject({ kind: 'refused' });
      await until(() => plays.state('storm').phase === 'done', 20_000);
      expect(shop.played).toHaveLength(1);
      expect(new Set(bot.delivered.map(idOf)).size).toBe(60);
      expect(new Set(bot.delivered.map(typeOf))).toEqual(new Set(['incident.triggered']));
    } finally {
      await plays.close();
      await bot.close();
    }
  });

  test('a re-fire ends the incident and brings it back with another fault, under the same id', {
    timeout: 30_000,
  }, async () => {
    const bot = await startWebhookCapture();
    const shop = anInstantShop();
    const plays = withPlays(shop, { webhookUrl: bot.url, webhookSecret: 's' });
    try {
      await plays.start('re-fire');
      await until(() => plays.state('re-fire').phase === 'done', 20_000);
      const [[first, id], [second, again]] = shop.played as [[string, string], [string, string]];
      expect([first, second]).toEqual(['auth-cascade', 'tls-retry']);
      expect(again).toBe(id);
      expect(bot.delivered.map((delivery) => [typeOf(delivery), idOf(delivery)])).toEqual([['incident.resolved', id]]);
    } finally {
      await plays.close();
      await bot.close();
    }
  });

  test('a shop that fails is told as that, and the next play may start', async () => {
    const broken = anInstantShop({ phase: 'failed', error: 'No customers came.' });
    const plays = withPlays(broken, { webhookUrl: 'http://127.0.0.1:9', webhookSecret: 's' });
    await plays.start('storm');
    await until(() => plays.state('storm').phase === 'failed', 20_000);
    expect(plays.state('storm').error).toContain('No customers came');
    await plays.start('flap');
    await until(() => plays.state('flap').phase === 'failed', 20_000);
    await plays.close();
  });
});
