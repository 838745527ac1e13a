import { afterEach, describe, expect, test } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { MINUTE, SECOND } from '../../src/model/units.ts';
import { aBot, read } from './a-bot.ts';
import { inTrouble } from './a-shop-in-trouble.ts';
import { alert, T0 } from './memory-backend.ts';

const shops = ['cart', 'web', 'app', 'till', 'desk'];
const clock = { now: T0 };
let bot: ReturnType<typeof aBot>;
afterEach(() => bot.close());

function start(more: Partial<Parameters<typeof aBot>[0]> = {}): void {
  clock.now = T0 + 5 * SECOND;
  bot = aBot({ clock, spans: shops.flatMap((shop) => inTrouble(shop, 'stock')), ...more });
}

let deliveries = 0;
function tell(id: string, given: Partial<Alert> = {}) {
  deliveries += 1;
  const whole = { id, service: 'cart', title: `Trouble ${id}`, delivery: `c${deliveries}`, ...given };
  return bot.intake.alert(alert(whole));
}
const texts = () => bot.cards().map(read);

describe('a storm', () => {
  test('of five hundred alerts from one cause, some without a service, is one full card that counts them all', async () => {
    start();
    for (let n = 0; n < 500; n += 1) {
      const service = shops[n % (shops.length + 1)];
      const { service: _, ...bare } = alert({ id: `s${n}`, title: `Errors ${n}`, delivery: `s${n}` });
      await bot.intake.alert(service === undefined ? bare : { ...bare, service });
    }
    await bot.work(10 * SECOND);
    expect(texts()).toEqual([expect.stringMatching(/^Cause: .*stock[\s\S]*Also woke: 499 alerts \(/)]);
    expect(bot.memory.fetched.length).toBeLessThan(20);
  });

  test('over the cap of its channel is counted in one line, with those that follow what was kept out', async () => {
    start({ spans: [], config: { routes: [{ match: {}, channel: 'incidents', cardsPerHour: 1 }] } });
    await tell('first', { service: 'one' });
    await bot.work();
    clock.now += 40 * SECOND;
    const now = { startedAt: clock.now, occurredAt: clock.now };
    await tell('second', { service: 'two', ...now });
    await bot.work(6 * SECOND);
    expect(texts()[1]).toMatch(/^1 more alert this hour, not looked at: Trouble second/);
    for (const id of ['third', 'fourth'])
      expect(await tell(id, { service: 'two', ...now })).toMatchObject({ outcome: 'joined' });
    await bot.work(6 * SECOND);
    expect(texts()).toHaveLength(2);
    expect(texts()[1]).toMatch(/^3 more alerts this hour, not looked at: Trouble second and others/);
  });
});

describe('alerts beside a cause that their own traces do not explain', () => {
  test('are counted on its card and named in one reply, which is edited as more come', async () => {
    start();
    await tell('cause');
    await bot.work(10 * SECOND);
    const healthy = ['north', 'south', 'east', 'west'];
    bot.memory.backend.search = async () => [];
    for (const service of healthy) {
      await tell(service, { service });
      await bot.work(10 * SECOND);
    }
    const beside = bot.replies().filter(({ key }) => key.endsWith(':beside'));
    expect(beside.map(read)).toEqual([
      '4 alerts fired at the same time as Trouble cause, and their own traces do not show why: Trouble north, Trouble south, Trouble east, …',
    ]);
    expect(beside.map(({ edits }) => edits)).toEqual([3]);
    expect(texts()).toEqual([expect.stringContaining('Also woke: 4 alerts (')]);
  });

  test('are named once, however often their jobs run', async () => {
    start();
    await tell('cause');
    await bot.work(10 * SECOND);
    bot.memory.backend.search = async () => [];
    await tell('north', { service: 'north' });
    await bot.work(10 * SECOND);
    const { id = '' } = (await bot.stands('north')) ?? {};
    for (let again = 0; again < 3; again += 1)
      await bot.handle(
        { kind: 'refresh', investigation: id },
        { number: 1, last: false, signal: new AbortController().signal },
      );
    const beside = bot.replies().filter(({ key }) => key.endsWith(':beside'));
    expect(beside.map(read)).toEqual([
      'Trouble north fired at the same time as Trouble cause; its own traces do not show why.',
    ]);
  });

  test('are not named where nobody can explain either: the card says that they fired together', async () => {
    start({ spans: [] });
    for (const id of ['a', 'b', 'c']) await tell(id, { service: id });
    await bot.work(10 * SECOND);
    expect(bot.replies().filter(({ key }) => key.includes('beside'))).toEqual([]);
    expect(texts()).toEqual([expect.stringContaining('Fired at the same time: 2 alerts (')]);
  });
});

describe('what becomes of an alert is on its card', () => {
  test('others were called, somebody came, nobody is there any more', async () => {
    start();
    await tell('a');
    await bot.work();
    await tell('a', { event: 'escalated', occurredAt: T0 + MINUTE });
    await tell('a', { event: 'acknowledged', occurredAt: T0 + 2 * MINUTE });
    await bot.work(4 * SECOND);
    expect(texts()).toEqual([expect.stringContaining('escalated 14:14:20 UTC, acknowledged 14:15:20 UTC')]);
    clock.now += 10 * SECOND;
    await tell('a', { event: 'unacknowledged', occurredAt: T0 + 3 * MINUTE });
    await bot.work(4 * SECOND);
    expect(texts()).toEqual([expect.not.stringContaining('acknowledged')]);
  });

  test('merged into another it becomes one line that leads to the other, and fires no more on its own', async () => {
    start({ spans: [...inTrouble('cart', 'stock'), ...inTrouble('mail', 'relay')] });
    await tell('a');
    await tell('m', { service: 'mail', title: 'Mail is late' });
    await bot.work(10 * SECOND);
    expect(texts()).toHaveLength(2);
    await tell('m', { event: 'resolved', mergedInto: 'a', occurredAt: T0 + 30 * SECOND });
    await bot.work(10 * SECOND);
    const [card, line] = texts();
    expect(line).toBe('Mail is late is now part of Trouble a. thread');
    expect(card).toContain('Also woke: 1 alert (Mail is late).');
    expect(
      await tell('m', { event: 'updated', note: 'fixed by a new relay', occurredAt: T0 + 40 * SECOND }),
    ).toMatchObject({
      outcome: 'updated',
    });
    await bot.work(10 * SECOND);
    expect(texts()).toHaveLength(2);
  });

  test('facts that change are kept, and what is milder does not undo what was graver', async () => {
    start();
    await tell('a', { severity: 'high' });
    await tell('a', { event: 'updated', severity: 'critical', priority: 'P1', team: 'stock', environment: 'eu' });
    await tell('a', { event: 'updated', severity: 'low', urgency: 'low', priority: 'P4' });
    await tell('a', { event: 'updated', note: 'hm' });
    expect((await bot.stands('a'))?.trigger).toMatchObject({
      alert: {
        severity: 'critical',
        priority: 'P4',
        urgency: 'low',
        team: 'stock',
        environment: 'eu',
        title: 'Trouble a',
      },
    });
  });
});
