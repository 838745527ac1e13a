import type { Failure } from '../failure.ts';
import type { Alert } from '../model/alert.ts';
import type { Investigation } from '../model/investigation.ts';
import type { Line, Message, Piece } from '../model/message.ts';
import type { EpochMicros } from '../model/units.ts';
import { subjectOf } from './card.ts';
import { headlineOf, lineageHeadline, lineageOf, whetherStill } from './headline.ts';
import { safeName } from './names.ts';
import { joinStrings } from './sentences.ts';
import { count, pieces, type Speaker } from './speaker.ts';
import { message } from './words.ts';

/** What is said of several alerts at once, and of where cards go. */
export type Notices = {
  /** What was looked at while it was quiet, what is not over first. */
  digest(held: readonly HeldTrouble[]): Message;
  /** What the channel's cap kept out in this hour; `titles` are some of them, each once. */
  overflow(kept: { readonly more: number; readonly titles: readonly string[]; readonly cards: number }): Message;
  unrouted(alert: Alert): Message;
  /** The channel that a route names and that cannot be posted in. */
  unreachable(channel: string, failure: Failure): Message;
};

/** One trouble of the quiet hours, whatever number of alerts it woke. */
export type HeldTrouble = {
  /** The earliest that was looked at. */
  readonly first: Investigation;
  /** All of its alerts, those that were not looked at themselves among them. */
  readonly alerts: number;
  /** When each that was looked at was over; undefined while it is not. */
  readonly ends: readonly (EpochMicros | undefined)[];
};

/** A digest longer than this is not read. */
const LINES = 20;

export function createNotices(speaker: Speaker): Notices {
  const { say } = speaker;

  /** `03:12 Checkout latency and 4 more alerts: Cause: … (all resolved, the last 03:20)` */
  function lineOf(held: HeldTrouble): Line {
    const { first, alerts } = held;
    const at = first.trigger.kind === 'alert' ? first.trigger.alert.startedAt : first.openedAt;
    const more = alerts > 1 ? [' ', ...say('notices.digest-and', { more: count(alerts - 1) })] : [];
    const now = nowOf(held);
    const state = now === undefined ? [] : [' (', ...now, ')'];
    return joinStrings([
      { time: at, style: 'time' },
      ' ',
      subjectOf(first),
      ...more,
      ': ',
      ...outcomeOf(first),
      ...state,
    ]);
  }

  function outcomeOf(first: Investigation): readonly Piece[] {
    if (first.status === 'opened') return say('notices.digest-waiting');
    if (first.status === 'failed') return say('notices.digest-unseen');
    const lineage = lineageOf(first);
    return lineage ? lineageHeadline(speaker, lineage) : headlineOf(speaker, first);
  }

  function nowOf({ first, ends }: HeldTrouble): readonly Piece[] | undefined {
    if (ends.length === 1) return first.status === 'answered' ? whetherStill(speaker, first) : undefined;
    const open = ends.filter((end) => end === undefined).length;
    if (open > 0) return say('notices.digest-some-open', { open: count(open) });
    const last = ends.reduce<EpochMicros>((latest, end) => Math.max(latest, end ?? 0), 0);
    return say('notices.digest-all-over', { at: pieces({ time: last, style: 'time' }) });
  }

  return {
    digest(held) {
      const alerts = held.reduce((sum, trouble) => sum + trouble.alerts, 0);
      const ongoing = held.filter(({ ends }) => ends.includes(undefined)).length;
      const fillings = { alerts: count(alerts), troubles: count(held.length), ongoing: count(ongoing) };
      const isFolded = alerts > held.length;
      const headline =
        ongoing > 0
          ? say(isFolded ? 'notices.digest-folded' : 'notices.digest', fillings)
          : say(isFolded ? 'notices.digest-folded-over' : 'notices.digest-over', fillings);
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
