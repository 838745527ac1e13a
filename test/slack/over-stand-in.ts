import { afterEach, beforeEach } from 'vitest';
import { Failure } from '../../src/failure.ts';
import type { Message } from '../../src/model/message.ts';
import type { Chat } from '../../src/ports/chat.ts';
import { boltLogger } from '../../src/slack/bolt-logger.ts';
import { slackSurface } from '../../src/slack/surface.ts';
import { webApi } from '../../src/slack/web-api.ts';
import { keptLog } from './log.ts';
import { BOT, type StandIn, standIn } from './stand-in.ts';

export const CARD: Message = { summary: 'Looking at checkout.', parts: [{ kind: 'text', lines: [['Looking …']] }] };
export const NOW = 1_700_000_000_000_000;

export type OverStandIn = { slack: StandIn; chat: Chat; now: number; readonly lines: string[] };

/** A new stand-in and a new surface before it for every test of the file. */
export function overStandIn(): OverStandIn {
  const { log, lines } = keptLog();
  // biome-ignore lint/suspicious/noExplicitAny: filled before every test.
  const held: OverStandIn = { slack: undefined as any, chat: undefined as any, now: NOW, lines };
  beforeEach(async () => {
    held.slack = await standIn();
    held.now = NOW;
    const call = webApi({
      token: 'xoxb-secret-token',
      apiUrl: held.slack.apiUrl,
      logger: boltLogger(log),
      timeoutMs: 300,
      patienceMs: 1_500,
    });
    held.chat = slackSurface({ call, clock: { now: () => held.now }, botUserId: BOT });
  });
  afterEach(() => held.slack.close());
  return held;
}

export async function failureOf(work: Promise<unknown>): Promise<Failure> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof Failure) return thrown;
  throw new Error(`Expected a Failure, got ${thrown}`);
}
