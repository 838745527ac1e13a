import type { Question } from '../ports/questions.ts';
import { nothingHere } from './help.ts';
import type { Listening } from './listening.ts';
import { findTraceId } from './trace-id.ts';

/** Something a person said where the bot can hear it. */
export type Saying = {
  readonly channel: string;
  readonly ts: string;
  /** The thread it was said in; missing at the top of the channel. */
  readonly threadTs?: string;
  readonly text: string;
  readonly user: string;
  readonly addressed: boolean;
};

/** The thread a saying belongs to; one at the top of the channel begins its own. */
export function threadOf(saying: Saying): string {
  return saying.threadTs ?? saying.ts;
}

/**
 * A saying as a question. Its key is its place, which is the same in both events (`app_mention` and `message`) that Slack
 * sends for one mention and in every repeated delivery.
 */
export function questionOf(saying: Saying, botUserId: string): Question {
  return {
    thread: { channel: saying.channel, ts: threadOf(saying) },
    text: spoken(saying.text, botUserId),
    by: saying.user,
    key: keyOf(saying),
    addressed: saying.addressed,
  };
}

export function keyOf(saying: Saying): string {
  return `${saying.channel}:${saying.ts}`;
}

/**
 * Takes up what was said to the bot. In a thread of ours it is a question. Elsewhere a trace id in it asks for an
 * investigation, and without one the bot says what it can do, for whoever addressed it must not meet silence.
 */
export async function takeUp(listening: Listening, saying: Saying): Promise<void> {
  const question = questionOf(saying, listening.botUserId);
  const named = findTraceId(question.text);
  const beginsThread = saying.threadTs === undefined;
  if (!(beginsThread && named.kind === 'trace')) {
    const outcome = await listening.questions.answer(question);
    if (outcome !== 'not-ours') return;
  }
  if (named.kind === 'trace') {
    await listening.intake.ask({
      kind: 'mention',
      traceId: named.traceId,
      by: saying.user,
      channel: saying.channel,
      threadTs: threadOf(saying),
      request: keyOf(saying),
    });
    return;
  }
  const help = nothingHere(named.kind === 'unusable' ? named.why : undefined);
  await listening.chat.reply(question.thread, help, `help:${question.key}`);
}

/** Whether the text calls the bot by its name, as `<@U012AB3CD>` or `<@U012AB3CD|causeway>`. */
export function mentions(text: string, botUserId: string): boolean {
  return text.includes(`<@${botUserId}>`) || text.includes(`<@${botUserId}|`);
}

/**
 * What a person said, out of Slack's mark-up: links as their address, the bot's own name left out, `&amp;` as `&`
 * (docs.slack.dev/messaging/formatting-message-text).
 */
export function spoken(text: string, botUserId: string): string {
  return text
    .replace(/<@([A-Z0-9]+)(?:\|[^<>]*)?>/g, (_, user: string) => (user === botUserId ? ' ' : '@someone'))
    .replace(/<#[A-Z0-9]+\|([^<>]*)>/g, '#$1')
    .replace(/<((?:https?|mailto):[^<>|]+)(?:\|[^<>]*)?>/g, '$1')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&')
    .replace(/\s+/g, ' ')
    .trim();
}
