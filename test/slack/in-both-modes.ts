import { afterEach, beforeEach, describe } from 'vitest';
import { Failure } from '../../src/failure.ts';
import { buttonClick, eventCallback, messageShortcut, slashCommand } from '../fixtures/slack/payloads.ts';
import { type Acked, type Rig, rig } from './rig.ts';
import { until } from './stand-in.ts';

export const ID = '4bf92f3577b34da6a3ce929d0e0e4736';
export const THREAD = '1700000000.000001';

/** Work that fails as a backend does. */
export const boom = () => Promise.reject(new Failure('unreachable', 'Jaeger is down.', 'Start it.'));

/** What a person can do, and what comes of it. */
export type Hand = {
  /** The bot of the running test. */
  bot(): Rig;
  event(inner: object, more?: object): Promise<Acked>;
  command(text: string): Promise<Acked>;
  click(action: object, container?: object): Promise<Acked>;
  shortcut(message: object): Promise<Acked>;
  /** Resolves when no listener works any more. */
  idle(): Promise<void>;
  posts(): readonly Readonly<Record<string, string>>[];
};

/** Runs a suite over Socket Mode and over HTTP, through the unmodified Bolt app, with a new bot for every test. */
export function inBothModes(suite: (hand: Hand, mode: 'socket' | 'http') => void): void {
  describe.each(['socket', 'http'] as const)('in %s mode', (mode) => {
    let bot: Rig;
    beforeEach(async () => {
      bot = await rig(mode);
    });
    afterEach(() => bot.close());

    suite(
      {
        bot: () => bot,
        event: (inner, more = {}) => bot.deliver('events_api', eventCallback(inner, more)),
        command: (text) => bot.deliver('slash_commands', slashCommand(text, bot.slack.responseUrl)),
        click: (action, container = {}) =>
          bot.deliver('interactive', buttonClick(action, bot.slack.responseUrl, container)),
        shortcut: (message) => bot.deliver('interactive', messageShortcut(message, bot.slack.responseUrl)),
        idle: () => until('every listener is done', () => bot.app.inFlight === 0),
        posts: () => bot.slack.of('chat.postMessage'),
      },
      mode,
    );
  });
}
