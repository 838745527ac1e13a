import { afterEach, describe, expect, test } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { MINUTE, SECOND } from '../../src/model/units.ts';
import { aBot, read } from './a-bot.ts';
import { inTrouble } from './a-shop-in-trouble.ts';
import { alert, T0 } from './memory-backend.ts';

const spans = [...inTrouble('cart', 'stock'), ...inTrouble('mail', 'relay')];
const clock = { now: T0 };
let bot: ReturnType<typeof aBot>;
afterEach(() => bot.close());

function start(more: Partial<Parameters<typeof aBot>[0]> = {}): void {
  clock.now = T0 + 5 * SECOND;
  bot = aBot({ clock, spans: inTrouble('cart', 'stock'), ...more });
}

let deliveries = 0;
/** An alert that names no service. */
function tell(id: string, given: Partial<Alert> = {}) {
  deliveries += 1;
  return bot.intake.alert(
    alert({ id, title: `Alarm ${id}`, delivery: `o${deliveries}`, environment: 'prod', ...given }),
  );
}

/** How many of the investigations were looked at themselves. */
async function looks(): Promise<number> {
  return (await bot.store.recent(1_000)).filter(({ status }) => status === 'answered').length;
}

describe('alerts that name no service', () => {
  test('of one sender and environment that fire at the same time are one look and one card', async () => {
    start();
    for (let n = 0; n < 40; n += 1) await tell(`${n}`, { startedAt: T0 - (n % 5) * MINUTE });
    await bot.work(10 * SECOND);
    expect(await looks()).toBe(1);
    expect(bot.cards().map(read)).toEqual([
      expect.stringMatching(/^(Cause|Suspect): .*stock[\s\S]*Alarm 0 · [\s\S]*Also woke: 39 alerts \(.*, …\)/),
    ]);
    expect(bot.replies().filter(({ key }) => key.includes('beside'))).toEqual([]);
  });

  test.each<[string, Partial<Alert>]>([
    ['another sender', { source: 'grafana' }],
    ['another environment', { environment: 'staging' }],
    ['an operation', { labels: { operation: 'GET /cart' } }],
    ['traces of its own', { traceIds: [spans[0]?.traceId ?? ''] }],
    ['a service in a label', { labels: { service: 'mail' } }],
    ['a service in its title', { title: 'mail is late' }],
    ['another time', { startedAt: T0 - 6 * MINUTE }],
    ['a time after the reading', { startedAt: T0 + 8 * SECOND, occurredAt: T0 + 8 * SECOND }],
  ])('are looked at one by one where one has %s', async (_, given) => {
    start({ spans });
    await tell('a');
    await bot.work();
    clock.now += 10 * SECOND;
    await tell('b', given);
    await bot.work(10 * SECOND);
    expect(await looks()).toBe(2);
  });

  test('that come late but began before the reading follow, and so do those that fire on', async () => {
    start();
    await tell('a');
    await bot.work();
    clock.now += 20 * SECOND;
    await tell('b', { startedAt: T0 - SECOND });
    await bot.work();
    await tell('b', { startedAt: T0 - SECOND, occurredAt: T0 + 20 * SECOND });
    await bot.work(10 * SECOND);
    expect(await looks()).toBe(1);
    expect(bot.cards().map(read)).toEqual([
      expect.stringMatching(/fired again 1 time[\s\S]*Also woke: 1 alert \(Alarm b\)/),
    ]);
  });

  test('follow nobody who is over, and are looked at again when they come back', async () => {
    start();
    await tell('a');
    await tell('b');
    await bot.work();
    expect(await looks()).toBe(1);
    await tell('a', { event: 'resolved', occurredAt: T0 + 6 * SECOND });
    await tell('c');
    await bot.work();
    expect((await bot.stands('c'))?.status).toBe('answered');
    await tell('b', { event: 'reopened', occurredAt: T0 + 10 * SECOND, startedAt: T0 + 10 * SECOND });
    clock.now += 20 * SECOND;
    await bot.work();
    expect((await bot.stands('b'))?.status).toBe('answered');
  });

  test('that are told at once follow none that waits for the end of quiet hours', async () => {
    const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
    const hours = { from: 12 * 60, to: 22 * 60, days: [...days], zone: 'UTC', unless: 'critical' as const };
    start({ config: { routes: [{ match: {}, channel: 'incidents', quiet: [hours] }] } });
    await tell('a', { severity: 'warning' });
    await tell('b', { severity: 'warning' });
    await bot.work();
    expect([await looks(), bot.cards().length]).toEqual([1, 0]);
    await tell('c', { severity: 'critical' });
    await tell('d', { severity: 'warning' });
    await bot.work(10 * SECOND);
    expect(bot.cards().map(read)).toEqual([expect.stringMatching(/Alarm c · [\s\S]*Also woke: 1 alert \(Alarm d\)/)]);
    clock.now = Date.parse('2026-09-21T22:00:00Z') * 1_000;
    await bot.work();
    expect(bot.cards().map(({ message }) => message.summary)).toContainEqual(
      'While it was quiet: 2 alerts of 1 trouble, 1 not over yet.',
    );
  });

  test('whose card stands already lead to the one that is looked at', async () => {
    start();
    const { services } = bot.memory.backend;
    bot.memory.backend.services = () => Promise.reject(new Error('down'));
    await tell('b');
    await bot.work().catch(() => undefined);
    bot.memory.backend.services = services;
    expect(bot.cards().map(({ message }) => message.summary)).toEqual(['I could not look at Alarm b.']);
    const [again] = bot.jobs.splice(0);
    await tell('a', { startedAt: T0 - SECOND });
    await bot.work(10 * SECOND);
    if (again !== undefined) bot.jobs.push(again);
    await bot.work(10 * SECOND);
    expect(bot.cards().map(({ message }) => message.summary)).toEqual([
      expect.stringMatching(/^Alarm b fired at the same time as Alarm a and names no service: one look for both\./),
      expect.stringMatching(/^Cause: .*stock/),
    ]);
  });

  test('are looked at one by one where nobody says which services there are', async () => {
    start();
    bot.memory.backend.services = (_from, _to, signal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    await tell('a');
    const done = bot.work().catch((thrown: unknown) => String(thrown));
    expect(await Promise.race([done, new Promise((resolve) => setTimeout(() => resolve('waits'), 3_500))])).toBe(
      'waits',
    );
    expect(bot.cards()).toHaveLength(1);
  });
});
