import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { directionsOf, openRouting } from '../../src/compose/routing.ts';
import { readConfig } from '../../src/config.ts';
import type { Alert } from '../../src/model/alert.ts';
import type { Answered, Investigation } from '../../src/model/investigation.ts';
import { MINUTE } from '../../src/model/units.ts';
import { answered as anAnswer, CASCADE, testWords } from '../render/speaking.ts';
import { aTown } from './a-town.ts';
import { embeddedParts, quiet } from './parts.ts';

const NIGHT = Date.parse('2026-11-22T23:00:00Z') * 1_000;
const MORNING = Date.parse('2026-11-23T07:00:00Z') * 1_000;

let now = NIGHT;
let parts: ReturnType<typeof embeddedParts>;
beforeEach(() => {
  now = NIGHT;
  parts = embeddedParts({ now: () => now });
});
afterEach(() => parts.close());

const anAlert = (id: string, rest: Partial<Alert> = {}): Alert => ({
  source: 'alertmanager',
  id,
  delivery: id,
  event: 'triggered',
  title: `Trouble ${id}`,
  service: 'orders',
  occurredAt: now,
  startedAt: now,
  links: {},
  labels: {},
  traceIds: [],
  ...rest,
});

function routing(rest: Partial<ReturnType<typeof readConfig>>, channels = ['incidents', 'orders']) {
  const chat = aTown(channels);
  const directions = directionsOf({ ...readConfig({}), ...rest }, parts.clock);
  return {
    chat,
    directions,
    ...openRouting({ ...parts, noteBack: { queue: async () => {} }, directions, chat, words: testWords(), log: quiet }),
  };
}

async function opened(id: string, channel: string, alert: Partial<Alert> = {}): Promise<Investigation> {
  const trigger = { kind: 'alert', alert: anAlert(id, alert) } as const;
  return parts.store.update(id, () => ({ status: 'opened', id, trigger, channel, openedAt: now, repeats: 0 }) as const);
}

describe('a cap of cards', () => {
  const CAP = { routes: [{ match: {}, channel: 'orders', cardsPerHour: 2 }] };

  test('lets so many through and counts the others in one line, edited in place', async () => {
    const { chat, admit, tellOverflow } = routing(CAP);
    const kinds = [];
    for (let i = 0; i < 6; i += 1) kinds.push((await admit(await opened(`a${i}`, 'orders'))).kind);
    expect(kinds).toEqual(['card', 'card', 'counted', 'counted', 'counted', 'counted']);
    const [job] = parts.jobs;
    expect(parts.jobs).toHaveLength(1);
    expect(job).toMatchObject({ job: { kind: 'overflow', channel: 'orders' }, delayMs: 5_000 });
    const hour = Math.floor(NIGHT / (60 * MINUTE));

    await tellOverflow('orders', hour);
    expect(chat.summaries('orders')).toEqual([
      '4 more alerts this hour, not looked at: Trouble a2, Trouble a3, Trouble a4 and others',
    ]);
    await admit(await opened('a6', 'orders'));
    await tellOverflow('orders', hour);
    expect(chat.summaries('orders')).toEqual([expect.stringMatching(/^5 more alerts this hour/)]);
  });

  test('says the same of an alert that is tried again, and counts it once', async () => {
    const { chat, admit, tellOverflow } = routing(CAP);
    const all = [];
    for (let i = 0; i < 3; i += 1) all.push(await opened(`a${i}`, 'orders'));
    for (const round of [1, 2, 3]) {
      const kinds = [];
      for (const one of all) kinds.push((await admit(one)).kind);
      expect(kinds, `round ${round}`).toEqual(['card', 'card', 'counted']);
    }
    await tellOverflow('orders', Math.floor(NIGHT / (60 * MINUTE)));
    expect(chat.summaries('orders')).toEqual(['1 more alert this hour, not looked at: Trouble a2']);
  });

  test('is not asked of what may go onto another card: whether it is held counts nothing', async () => {
    const { admit } = routing(CAP);
    for (let i = 0; i < 6; i += 1)
      expect(await admit(await opened(`a${i}`, 'orders'), 'when')).toEqual({ kind: 'card' });
    expect(await admit(await opened('b', 'orders'))).toEqual({ kind: 'card' });
    expect(parts.jobs).toEqual([]);
  });

  test('is for one channel and one hour, and not for what has its card', async () => {
    const { admit } = routing(CAP);
    for (let i = 0; i < 3; i += 1) await admit(await opened(`a${i}`, 'orders'));
    expect(await admit(await opened('b', 'elsewhere'))).toEqual({ kind: 'card' });
    const known = { ...(await opened('c', 'orders')), thread: { channel: 'orders', ts: '1.0' } };
    expect(await admit(known)).toEqual({ kind: 'card' });
    now += 60 * MINUTE;
    expect(await admit(await opened('d', 'orders'))).toEqual({ kind: 'card' });
  });

  test('decides the same for many at once as for one after the other', async () => {
    const { admit } = routing(CAP);
    const all = await Promise.all(Array.from({ length: 20 }, (_, i) => opened(`a${i}`, 'orders')));
    const kinds = (await Promise.all(all.map((one) => admit(one)))).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'card')).toHaveLength(2);
  });
});

describe('quiet hours', () => {
  const HOURS = { from: 22 * 60, to: 7 * 60, days: ['sun', 'mon'], zone: 'UTC', unless: 'critical' } as const;
  const QUIET = { routes: [{ match: {}, channel: 'orders', quiet: [{ ...HOURS, days: [...HOURS.days] }] }] };

  async function heldAnswer(id: string, rest: Partial<Answered>): Promise<void> {
    const trigger = { kind: 'alert', alert: anAlert(id) } as const;
    const { thread: _, ...answer } = anAnswer(CASCADE, {
      id,
      trigger,
      channel: 'orders',
      heldUntil: MORNING,
      openedAt: now,
      ...rest,
    });
    await parts.store.update(id, () => answer);
  }

  test('hold what can wait until they end, in one job; what cannot wait gets its card', async () => {
    const { admit } = routing(QUIET);
    expect(await admit(await opened('a', 'orders'))).toEqual({ kind: 'held', until: MORNING });
    expect(await admit(await opened('b', 'orders'))).toEqual({ kind: 'held', until: MORNING });
    expect(await admit(await opened('c', 'orders', { severity: 'critical' }))).toEqual({ kind: 'card' });
    expect(parts.jobs.map(({ job, delayMs }) => [job, delayMs])).toEqual([
      [{ kind: 'digest', channel: 'orders', until: MORNING }, 8 * 3_600_000],
    ]);
  });

  test('end in one message: what is over stands in its thread, what is not is taken up again', async () => {
    const { chat, tellDigest } = routing(QUIET);
    await heldAnswer('over', { resolvedAt: NIGHT + MINUTE });
    await heldAnswer('goes-on', {});
    await heldAnswer('of-another-night', { heldUntil: MORNING - MINUTE });
    now = MORNING;
    await tellDigest('orders', MORNING);
    expect(chat.summaries('orders')).toEqual(['While it was quiet: 2 alerts of 1 trouble, 1 not over yet.']);
    expect(chat.said.filter(({ thread }) => thread !== undefined)).toEqual([
      expect.objectContaining({ key: 'digest-card:over', thread: '1.0' }),
    ]);
    expect(await parts.store.find({ by: 'id', id: 'over' })).toMatchObject({
      thread: { channel: 'orders', ts: '1.0' },
    });
    const goesOn = await parts.store.find({ by: 'id', id: 'goes-on' });
    expect(goesOn).not.toHaveProperty('heldUntil');
    expect(goesOn).not.toHaveProperty('thread');
    expect(parts.jobs).toEqual([expect.objectContaining({ job: { kind: 'investigate', investigation: 'goes-on' } })]);

    await tellDigest('orders', MORNING);
    expect(chat.said).toHaveLength(2);
  });

  test('in which nothing happened end silently', async () => {
    const { chat, tellDigest } = routing(QUIET);
    await tellDigest('orders', MORNING);
    expect(chat.said).toEqual([]);
  });
});

describe('places', () => {
  test('a channel that cannot be posted in is told of once, where the card went instead', async () => {
    const { chat, directions, places } = routing({ routes: [{ match: {}, channel: 'gone' }] });
    for (const id of ['a', 'b']) {
      const investigation = await opened(id, directions.channelFor(anAlert(id)));
      const ref = await places.open(directions.placeFor(investigation), { summary: id, parts: [] }, `card:${id}`, now);
      expect(ref.channel).toBe('incidents');
    }
    expect(chat.summaries('incidents')).toEqual(['a', 'I cannot post in #gone, so its cards are here.', 'b']);
  });

  test('an incident’s own channel that the bot is not in is passed over without a word', async () => {
    const { chat, directions, places } = routing({});
    const alert = { channel: 'inc-1' };
    const investigation = await opened('a', directions.channelFor(anAlert('a', alert)), alert);
    expect(investigation.channel).toBe('inc-1');
    await places.open(directions.placeFor(investigation), { summary: 'a', parts: [] }, 'card:a', now);
    expect(chat.said.map(({ ref, message }) => [ref.channel, message.summary])).toEqual([['incidents', 'a']]);
  });

  test('while the chat is out of reach nothing is decided', async () => {
    const { chat, directions, places } = routing({});
    const { Failure } = await import('../../src/failure.ts');
    const open = chat.open;
    chat.open = async () => Promise.reject(new Failure('unreachable', 'No answer.', 'Wait.'));
    const place = directions.placeFor(await opened('a', 'incidents'));
    await expect(places.open(place, { summary: 'a', parts: [] }, 'card:a', now)).rejects.toThrow('No answer');
    chat.open = open;
    await places.open(place, { summary: 'a', parts: [] }, 'card:a', now);
    expect(chat.said).toHaveLength(1);
  });

  test('a shadow takes everything', async () => {
    const { directions } = routing({ shadow: 'trial', routes: [{ match: {}, channel: 'orders' }] });
    expect(directions.placeFor(await opened('a', directions.channelFor(anAlert('a')))).channels).toEqual(['trial']);
  });
});

describe('what nobody routed', () => {
  test('is told to the default channel once for a service', async () => {
    const { chat, admit } = routing({ routes: [{ match: { service: ['other'] }, channel: 'orders' }] });
    for (const id of ['a', 'b']) await admit(await opened(id, 'incidents'));
    await admit(await opened('c', 'incidents', { service: 'stock' }));
    expect(chat.summaries('incidents')).toEqual([
      'No route fits orders, so its card is here.',
      'No route fits stock, so its card is here.',
    ]);
  });

  test('and what a route mutes never gets in, while its end does', async () => {
    const { directions } = routing({ routes: [{ match: {}, mute: true }] });
    const seen: string[] = [];
    const intake = directions.muffled(
      {
        alert: async ({ event }) => {
          seen.push(event);
          return { investigation: 'x', outcome: 'updated' };
        },
        ask: () => Promise.reject(new Error('nobody asked')),
      },
      { withheld: (why) => seen.push(why) },
    );
    for (const event of ['triggered', 'reopened', 'resolved'] as const) await intake.alert(anAlert('a', { event }));
    expect(seen).toEqual(['muted', 'muted', 'resolved']);
  });
});
