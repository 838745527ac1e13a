import { afterEach, describe, expect, test } from 'vitest';
import type { Alert } from '../../src/model/alert.ts';
import { MINUTE, SECOND } from '../../src/model/units.ts';
import { aBot, read } from './a-bot.ts';
import { inTrouble } from './a-shop-in-trouble.ts';
import { alert, T0 } from './memory-backend.ts';

/** 14:13 UTC is deep in these quiet hours. */
const HOURS = { from: 12 * 60, to: 22 * 60, zone: 'UTC', unless: 'critical' } as const;
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const config = { routes: [{ match: {}, channel: 'incidents', quiet: [{ ...HOURS, days: [...DAYS] }] }] };
const END = Date.parse('2026-09-21T22:00:00Z') * 1_000;
const shops = ['cart', 'web', 'app', 'till'];
const spans = [...shops.flatMap((shop) => inTrouble(shop, 'stock')), ...inTrouble('mail', 'relay')];

const clock = { now: T0 };
let bot: ReturnType<typeof aBot>;
afterEach(() => bot.close());

function night(more: Partial<Parameters<typeof aBot>[0]> = {}): void {
  clock.now = T0 + 5 * SECOND;
  bot = aBot({ clock, spans, config, ...more });
}

let deliveries = 0;
function tell(id: string, given: Partial<Alert> = {}) {
  deliveries += 1;
  const at = { occurredAt: T0 + deliveries, startedAt: T0 };
  return bot.intake.alert(
    alert({ id, service: 'cart', title: `Trouble ${id}`, delivery: `n${deliveries}`, ...at, ...given }),
  );
}

/** It is looked at, and nothing is said. */
async function held(id: string, given: Partial<Alert> = {}): Promise<void> {
  clock.now += SECOND;
  await tell(id, { severity: 'warning', ...given });
  await bot.work();
  expect(await bot.stands(id)).toMatchObject({ status: 'answered', heldUntil: END });
  expect(bot.chat.said).toEqual([]);
}

describe('what is held until quiet hours end', () => {
  test.each<[string, Partial<Alert>]>([
    ['others are called', { event: 'escalated' }],
    ['its severity rises', { event: 'updated', severity: 'critical' }],
    ['its priority rises', { event: 'updated', priority: 'P1' }],
    ['its urgency rises', { event: 'updated', urgency: 'critical' }],
    ['it fires on and is worse', { event: 'triggered', severity: 'critical' }],
  ])('is told at once when %s', async (_, news) => {
    night();
    await held('a');
    clock.now += 10 * MINUTE;
    await tell('a', news);
    await bot.work();
    const [card, ...others] = bot.cards();
    expect(others).toEqual([]);
    expect(card && read(card)).toMatch(/^(Cause|Suspect): .*stock/);
    if (news.event === 'escalated') expect(card && read(card)).toContain('escalated 14:13');
    expect(await bot.stands('a')).not.toHaveProperty('heldUntil');

    clock.now = END;
    await bot.work();
    expect(bot.cards().map(({ key }) => key)).toEqual([card?.key]);
  });

  test.each<[string, Partial<Alert>]>([
    ['somebody looks after it', { event: 'acknowledged', severity: 'critical' }],
    ['somebody writes a note', { event: 'updated', note: 'looking into it' }],
    ['it is handed on', { event: 'updated', severity: 'warning', urgency: 'low', team: 'stock' }],
    ['it gets less bad', { event: 'updated', severity: 'info', priority: 'P5' }],
    ['it fires on', { event: 'triggered', severity: 'warning' }],
    ['it is over', { event: 'resolved', severity: 'critical' }],
  ])('waits when %s', async (_, news) => {
    night();
    await held('a');
    await tell('a', news);
    await bot.work();
    expect(bot.chat.said).toEqual([]);
    expect(await bot.stands('a')).toMatchObject({ heldUntil: END });
  });

  test('is told at once when others are called before it was looked at, by one card', async () => {
    night();
    await tell('a', { severity: 'warning' });
    await tell('a', { event: 'escalated' });
    await bot.work();
    expect(bot.cards().map(({ message }) => message.summary)).toEqual([expect.stringMatching(/^(Cause|Suspect): /)]);
  });

  test('is told at once when they are called just before it would have been held', async () => {
    night();
    await tell('a', { severity: 'warning' });
    const { claim } = bot.ledger;
    Object.assign(bot.ledger, {
      claim: async (...given: Parameters<typeof claim>) => {
        Object.assign(bot.ledger, { claim });
        await tell('a', { event: 'escalated' });
        return claim(...given);
      },
    });
    await bot.work();
    expect(bot.cards().map(({ message }) => message.summary)).toEqual([expect.stringMatching(/^(Cause|Suspect): /)]);
  });

  test('is told at once when one that names no service and shares its look is escalated', async () => {
    night();
    const { service: _, ...bare } = alert({ id: 'x', title: 'Alarm x', severity: 'warning' });
    await bot.intake.alert({ ...bare, delivery: 'x1' });
    await bot.intake.alert({ ...bare, id: 'y', title: 'Alarm y', delivery: 'y1' });
    await bot.work(10 * SECOND);
    expect(await bot.stands('y')).toMatchObject({ status: 'opened', follows: (await bot.stands('x'))?.id });
    await bot.intake.alert({ ...bare, id: 'y', title: 'Alarm y', delivery: 'y2', event: 'escalated' });
    await bot.work(10 * SECOND);
    expect(bot.cards().map(read)).toEqual([expect.stringMatching(/Alarm x · [\s\S]*Also woke: 1 alert \(Alarm y\)/)]);
  });

  test('is told at once when they are called while it is looked at', async () => {
    const whileReading = async (given: Alert) => {
      if (given.event === 'triggered') await tell('a', { event: 'escalated' });
      return { alert: given };
    };
    night({ enrich: whileReading });
    await tell('a', { severity: 'warning' });
    await bot.work();
    expect(bot.cards().map(({ message }) => message.summary)).toEqual([expect.stringMatching(/^(Cause|Suspect): /)]);
  });

  test('is told at once when its sender says more when asked', async () => {
    night({ enrich: async (given) => ({ alert: { ...given, severity: 'critical' } }) });
    await tell('a', { severity: 'warning' });
    await bot.work();
    expect(bot.cards()).toHaveLength(1);
    expect(await bot.stands('a')).not.toHaveProperty('heldUntil');
    clock.now = END;
    await bot.work();
    expect(bot.cards()).toHaveLength(1);
  });

  test('is told at once when one that follows it gets worse or is escalated', async () => {
    for (const news of [{ event: 'escalated' }, { event: 'triggered', severity: 'critical' }] as const) {
      night();
      await tell('a', { severity: 'warning' });
      expect(await tell('b', { severity: 'warning' })).toMatchObject({ outcome: 'joined' });
      await bot.work();
      expect(bot.chat.said).toEqual([]);
      expect(await tell('b', news)).toMatchObject({ outcome: 'updated' });
      await bot.work();
      expect(bot.cards().map(read)).toEqual([
        expect.stringMatching(/^(Cause|Suspect): [\s\S]*Also woke: 1 alert \(Trouble b\)/),
      ]);
      await bot.close();
    }
    night();
  });

  test('is joined by nobody who cannot wait; who can wait joins whoever is told at once', async () => {
    night();
    await tell('a', { severity: 'warning' });
    expect(await tell('b', { severity: 'critical' })).toMatchObject({ outcome: 'opened' });
    expect(await tell('c', { severity: 'warning' })).toMatchObject({ outcome: 'joined' });
    await bot.work();
    expect(bot.cards().map(read)).toEqual([expect.stringContaining('Also woke: 1 alert (Trouble c)')]);
  });

  test('is told when the job that tells it died on the way', async () => {
    night();
    await held('a');
    await tell('a', { event: 'escalated' });
    const { open } = bot.chat;
    bot.chat.open = () => Promise.reject(new Error('killed'));
    await bot.work().catch(() => undefined);
    expect(await bot.stands('a')).toMatchObject({ heldUntil: END });
    bot.chat.open = open;
    await bot.work();
    expect(bot.cards()).toHaveLength(1);
  });
});

describe('when quiet hours end', () => {
  const over = (id: string, at: number) => tell(id, { event: 'resolved', occurredAt: at });

  test('one culprit is one line with all its alerts, one card in the thread and one in the channel', async () => {
    night();
    await held('other', { service: 'mail', title: 'Mail is late' });
    await held('a');
    await tell('a2', { severity: 'warning' });
    await held('b', { service: 'web' });
    await held('c', { service: 'app' });
    await held('d', { service: 'till' });
    await over('a', T0 + MINUTE);
    await over('b', T0 + 2 * MINUTE);
    await over('other', T0 + 2 * MINUTE);
    clock.now = END;
    await bot.work(10 * SECOND);

    const [digest, card, ...more] = bot.cards();
    expect(more).toEqual([]);
    expect(digest && read(digest).split('\n')).toEqual([
      'While it was quiet: 6 alerts of 2 troubles, 1 not over yet.',
      expect.stringMatching(
        /^14:13:20 UTC Trouble a and 4 more alerts: (Cause|Suspect): .*stock.* \(2 not over yet\)$/,
      ),
      expect.stringMatching(/^14:13:20 UTC Mail is late: (Cause|Suspect): .*relay.* \(resolved 14:15:20 UTC\)$/),
      'What is not over has a card of its own below; the others are in this thread.',
    ]);
    expect(card && read(card)).toMatch(/Trouble c · [\s\S]*Also woke: 1 alert \(Trouble d\)/);
    const inThread = bot.replies().filter(({ key }) => key.startsWith('digest-card:'));
    expect(inThread.map(read)).toEqual([
      expect.stringMatching(/Trouble a · [\s\S]*Also woke: 2 alerts \(Trouble a2, Trouble b\)/),
      expect.stringMatching(/Mail is late · /),
    ]);
    for (const id of ['a', 'b', 'c', 'd', 'other']) expect(await bot.stands(id)).not.toHaveProperty('heldUntil');
  });

  test('whatever dies on the way, everybody is told once', { timeout: 120_000 }, async () => {
    night();
    for (const [index, service] of ['cart', 'web', 'app', 'till'].entries()) await held(`t${index}`, { service });
    await held('mail', { service: 'mail' });
    for (const id of ['t0', 't1', 'mail']) await over(id, T0 + MINUTE);
    await bot.work();
    const kept = await bot.store.recent(10);
    await bot.close();
    for (let deaths = 0, isOver = false; !isOver; deaths += 1) {
      night();
      clock.now = END;
      for (const one of kept.toReversed()) await bot.store.update(one.id, () => one);
      await bot.queue.add({ kind: 'digest', channel: 'incidents', until: END }, { key: 'digest' });
      const revive = dieAfter(deaths);
      await bot.work(10 * SECOND).then(
        () => {
          isOver = true;
        },
        () => undefined,
      );
      revive();
      await bot.work(10 * SECOND);
      const summaries = bot.cards().map(({ message }) => message.summary);
      expect(summaries.filter((text) => text.startsWith('While it was quiet: 5 alerts of 2 troubles'))).toHaveLength(1);
      expect(summaries, `died at step ${deaths}`).toHaveLength(2);
      expect(bot.replies().filter(({ key }) => key.startsWith('digest-card:'))).toHaveLength(2);
      for (const id of ['t0', 't1', 't2', 't3', 'mail']) {
        const { thread, follows } = (await bot.stands(id)) ?? {};
        expect(thread ?? follows, `${id}, died at step ${deaths}`).toBeDefined();
      }
      await bot.close();
    }
    night();
  });

  /** From so many writes of the digest on nothing gets through. */
  function dieAfter(steps: number): () => void {
    let left = steps;
    const { update } = bot.store;
    const { add } = bot.queue;
    const { open, reply } = bot.chat;
    const mortal =
      <Given extends readonly unknown[], Answer>(act: (...given: Given) => Promise<Answer>) =>
      async (...given: Given): Promise<Answer> => {
        if (left === 0) throw new Error('killed');
        left -= 1;
        return act(...given);
      };
    Object.assign(bot.store, { update: mortal(update) });
    Object.assign(bot.queue, { add: mortal(add) });
    Object.assign(bot.chat, { open: mortal(open), reply: mortal(reply) });
    return () => {
      Object.assign(bot.store, { update });
      Object.assign(bot.queue, { add });
      Object.assign(bot.chat, { open, reply });
    };
  }

  test('the message of all stays what it is, whatever comes of those that it tells', async () => {
    night();
    await held('a');
    await over('a', T0 + MINUTE);
    clock.now = END;
    await bot.work();
    const [digest] = bot.cards();
    const said = digest && read(digest);
    await tell('a', { event: 'updated', note: 'fixed by a new disk', occurredAt: T0 + 2 * MINUTE });
    await tell('a', { event: 'acknowledged', occurredAt: T0 + 2 * MINUTE });
    clock.now += MINUTE;
    await bot.work();
    expect(digest && read(digest)).toBe(said);

    await tell('a', {
      event: 'reopened',
      severity: 'critical',
      occurredAt: T0 + 3 * MINUTE,
      startedAt: T0 + 3 * MINUTE,
    });
    await bot.work(10 * SECOND);
    expect(digest && read(digest)).toBe(said);
    const [, again, ...more] = bot.cards();
    expect(more).toEqual([]);
    expect(again && read(again)).toContain('Trouble a · ');
  });

  test('what was over by then is known again the next time, with what fixed it', async () => {
    night();
    await held('a');
    await over('a', T0 + MINUTE);
    await tell('a', { event: 'updated', note: 'fixed by a new disk', occurredAt: T0 + 2 * MINUTE });
    clock.now = END;
    await bot.work();
    clock.now += MINUTE;
    await tell('z', { service: 'web', severity: 'critical', occurredAt: clock.now });
    await bot.work(10 * SECOND);
    const card = bot.cards().at(-1);
    expect(card && read(card)).toMatch(/Seen before: 1 time, .*then fixed by: a new disk/);
  });
});
