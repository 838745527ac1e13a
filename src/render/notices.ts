import type { Failure } from '../failure.ts';
import type { Alert } from '../model/alert.ts';
import type { Investigation } from '../model/investigation.ts';
import type { Line, Message, Piece } from '../model/message.ts';
import { subjectOf } from './card.ts';
import { headlineOf, lineageHeadline, lineageOf, whetherStill } from './headline.ts';
import { safeName } from './names.ts';
import { joinStrings } from './sentences.ts';
import { count, pieces, type Speaker } from './speaker.ts';
import { message } from './words.ts';

/** What is said of several alerts at once, and of where cards go. */
export type Notices = {
  /** What was looked at while it was quiet, the earliest first; `ongoing` are those that are not over. */
  digest(held: readonly Investigation[], ongoing: number): Message;
  /** What the channel's cap kept out in this hour; `titles` are some of them, each once. */
  overflow(kept: { readonly more: number; readonly titles: readonly string[]; readonly cards: number }): Message;
  unrouted(alert: Alert): Message;
  /** The channel that a route names and that cannot be posted in. */
  unreachable(channel: string, failure: Failure): Message;
};

/** A digest longer than this is not read. */
const LINES = 20;

export function createNotices(speaker: Speaker): Notices {
  const { say } = speaker;

  /** `03:12 Checkout latency: Cause: … (resolved 03:20)` */
  function lineOf(investigation: Investigation): Line {
    const at = investigation.trigger.kind === 'alert' ? investigation.trigger.alert.startedAt : investigation.openedAt;
    return joinStrings([{ time: at, style: 'time' }, ' ', subjectOf(investigation), ': ', ...outcomeOf(investigation)]);
  }

  function outcomeOf(investigation: Investigation): readonly Piece[] {
    if (investigation.status === 'opened') return say('notices.digest-waiting');
    if (investigation.status === 'failed') return say('notices.digest-unseen');
    const lineage = lineageOf(investigation);
    const headline = lineage ? lineageHeadline(speaker, lineage) : headlineOf(speaker, investigation);
    const now = whetherStill(speaker, investigation);
    return [...headline, ...(now === undefined ? [] : [' (', ...now, ')'])];
  }

  return {
    digest(held, ongoing) {
      const alerts = count(held.length);
      const headline =
        ongoing > 0
          ? say('notices.digest', { alerts, ongoing: count(ongoing) })
          : say('notices.digest-over', { alerts });
      const items = held.slice(0, LINES).map(lineOf);
      const more = held.length > LINES ? [[...say('notices.digest-more', { more: count(held.length - LINES) })]] : [];
      return message(headline, [
        { kind: 'list', items: [...items, ...more] },
        ...(ongoing > 0 ? [{ kind: 'note' as const, line: say('notices.digest-cards') }] : []),
      ]);
    },
    overflow({ more, titles, cards }) {
      const named = titles.flatMap((title, index): Piece[] => [
        ...(index === 0 ? [] : [', ']),
        { bold: safeName(title, 60) },
      ]);
      const fillings = { more: count(more), titles: pieces(...named) };
      const headline = say(more > titles.length ? 'notices.overflow-many' : 'notices.overflow', fillings);
      return message(headline, [{ kind: 'note', line: say('notices.overflow-why', { cards: count(cards) }) }]);
    },
    unrouted(alert) {
      const subject = pieces({ bold: safeName(alert.service ?? alert.title, 80) });
      return message(say('notices.unrouted', { subject }), [{ kind: 'note', line: say('notices.unrouted-how') }]);
    },
    unreachable(channel, failure) {
      const named = pieces({ code: `#${safeName(channel, 80)}` });
      return message(say('notices.unreachable', { channel: named }), [
        { kind: 'text', lines: [[safeName(failure.hint, 300)]] },
      ]);
    },
  };
}
