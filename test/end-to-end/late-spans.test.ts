import { afterEach, beforeEach, expect, test } from 'vitest';
import { recordingAt, sendSpans } from '../otlp.ts';
import { eventually, type RunningBot, sendPagerDuty, startBot } from './running-bot.ts';
import { type CardMessage, isComplete, startTown } from './town.ts';

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

test('spans that come after the verdict amend it once, in the same card, through two crashes', {
  timeout: 150_000,
}, async () => {
  const spans = await recordingAt(RECORDING, Date.now() * 1_000 - 2_000_000);
  const isLate = ({ service }: { readonly service: string }) => service === 'auth';
  await sendSpans(
    bot.otlp,
    spans.filter((span) => !isLate(span)),
  );
  const response = await sendPagerDuty(bot, {
    incident: 'P-LATE',
    service: 'Gateway',
    title: 'Checkout error rate above 5 %',
    at: new Date(Date.now() - 2_000),
  });
  expect(response.status).toBe(202);

  const first = await eventually('the first verdict', complete);
  // Of whom no span is there, only the calls to it can be blamed.
  expect(first.text).toMatch(/^Cause: order → auth does not answer/);

  await sendSpans(bot.otlp, spans.filter(isLate));
  await bot.kill();
  bot = await startBot(town.environment, bot.data);
  const amended = await eventually('the amended verdict', async () => (await lateReplies())[0] && complete(), 60_000);
  expect(amended.text).toMatch(/^Cause: auth does not answer/);

  await bot.kill();
  bot = await startBot(town.environment, bot.data);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  expect(await town.messages()).toHaveLength(1);
  const late = (await lateReplies()).map((reply) => reply.text);
  expect(late).toEqual([
    expect.stringMatching(/^Late spans: \d+ more of \d+ traces came after the verdict, which now is: Cause: auth/),
  ]);
  expect(town.playground.oddities()).toMatchObject({ unknownArguments: [], missingScopes: [] });
});

async function lateReplies(): Promise<readonly CardMessage[]> {
  const [card] = await town.messages();
  return card?.replies.filter((reply) => reply.text.startsWith('Late spans')) ?? [];
}

async function complete(): Promise<CardMessage | undefined> {
  const card = (await town.messages()).find(isComplete);
  return card?.replies.some((reply) => reply.metadata?.event_payload.key.endsWith(':full-picture')) ? card : undefined;
}
