import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { recordingAt, sendSpans } from '../otlp.ts';
import { eventually, type RunningBot, sendPagerDuty, startBot } from './running-bot.ts';
import { ARRIVES, type CardMessage, isComplete, startTown } from './town.ts';

const RECORDING = ['normal', 'abnormal'].map((part) => `test/fixtures/shop/auth-cascade.${part}.otlp.json.gz`);

let town: Awaited<ReturnType<typeof startTown>>;
let bot: RunningBot;
beforeEach(async () => {
  town = await startTown();
  bot = await startBot(town.environment);
});
afterEach(async () => {
  await bot.kill();
  await town.close();
});

describe('kill -9 at the worst moment, then a restart: exactly one complete card', () => {
  test('right after the webhook was accepted', async () => {
    await incident();
    await dieAndComeBack();
    await expectOneCard();
  });

  test('before the first post leaves', async () => {
    const struck = strikeOnce('chat.postMessage', 'lost on the way there');
    await incident();
    await struck;
    await comeBack();
    await expectOneCard();
  });

  test('after Slack accepted the card, before its ts is saved', async () => {
    const struck = strikeOnce('chat.postMessage', 'answer lost');
    await incident();
    await struck;
    expect(await town.messages()).toHaveLength(1);
    await comeBack();
    await expectOneCard();
  });

  test('between the verdict and its place in the card', async () => {
    const struck = strikeOnce('files.completeUploadExternal', 'answer lost');
    await incident();
    await struck;
    await comeBack();
    await expectOneCard();
  });

  test('after Slack accepted a finding, before that is noted', async () => {
    let posts = 0;
    const struck = strikeOnce('chat.postMessage', 'answer lost', () => {
      posts += 1;
      return posts === 3;
    });
    await incident();
    await struck;
    await comeBack();
    await expectOneCard();
  });
});

describe('without a crash', () => {
  test('a webhook that PagerDuty sends again says nothing twice', async () => {
    await incident('same-delivery');
    await incident('same-delivery');
    await incident('another-delivery');
    await expectOneCard();
  });

  test('a lost answer alone is a doubt that the channel settles', async () => {
    let lost = 0;
    town.decide(async (method) => {
      if (method !== 'chat.postMessage' || lost > 0) return ARRIVES;
      lost += 1;
      return { kind: 'answer lost' };
    });
    await incident();
    await expectOneCard();
    expect(lost).toBe(1);
  });

  test('SIGTERM drains: what was begun is said before the process ends, with exit code 0', async () => {
    await incident();
    await eventually('the first card', async () => ((await town.messages()).length > 0 ? true : undefined));
    expect(await bot.kill('SIGTERM')).toBe(0);
    const [card] = await town.messages();
    if (card === undefined || !isComplete(card)) await comeBack();
    await expectOneCard();
  });
});

async function incident(delivery?: string): Promise<void> {
  const now = Date.now() * 1_000;
  if (!sent) await sendSpans(bot.otlp, await recordingAt(RECORDING, now - 2_000_000));
  sent = true;
  const response = await sendPagerDuty(bot, {
    incident: 'P-CRASH',
    service: 'Gateway',
    title: 'Checkout error rate above 5 %',
    at: firedAt,
    ...(delivery === undefined ? {} : { delivery }),
  });
  expect(response.status).toBe(202);
}

let sent = false;
let firedAt = new Date();
beforeEach(() => {
  sent = false;
  firedAt = new Date(Date.now() - 2_000);
});

/** Kills the bot when the call comes for which `when` says so, and lets the call have its fate. */
function strikeOnce(method: string, kind: 'lost on the way there' | 'answer lost', when = () => true): Promise<void> {
  return new Promise((resolve) => {
    let struck = false;
    town.decide(async (called) => {
      if (called !== method || struck || !when()) return ARRIVES;
      struck = true;
      const strike = async () => {
        await bot.kill();
        resolve();
      };
      return { kind, strike };
    });
  });
}

async function dieAndComeBack(): Promise<void> {
  await bot.kill();
  await comeBack();
}

async function comeBack(): Promise<void> {
  town.decide(async () => ARRIVES);
  bot = await startBot(town.environment, bot.data);
}

async function expectOneCard(): Promise<void> {
  const card = await eventually(
    'a complete card',
    async () => (await town.messages()).find((message) => isComplete(message) && repliesEnd(message)),
    45_000,
  );
  // Nothing comes after it either: what was lost would be tried again within seconds.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  const cards = await town.messages();
  expect(cards.map((message) => message.text)).toEqual([card.text]);
  expect(card.text).toContain('auth');
  const said = cards[0]?.replies.map((reply) => reply.metadata?.event_payload.key) ?? [];
  expect(new Set(said).size).toBe(said.length);
  expect(said.length).toBeGreaterThanOrEqual(2);
  expect(town.playground.oddities()).toMatchObject({ unknownArguments: [], missingScopes: [] });
}

/** The full picture is the last thing that is said. */
function repliesEnd(card: CardMessage): boolean {
  return card.replies.some((reply) => reply.metadata?.event_payload.key.endsWith(':full-picture'));
}
