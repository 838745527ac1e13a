import { hash } from 'node:crypto';
import type { Alert } from '../model/alert.ts';
import { type Culprit, culpritOf } from '../model/culprit.ts';
import { type Episode, type Investigation, type Life, lifeOf } from '../model/investigation.ts';
import { levelOf, reaches } from '../model/severity.ts';
import { type EpochMicros, MINUTE, type Micros } from '../model/units.ts';
import { fixNoted, fixSaidIn } from './fixed-by.ts';
import { flappingOf } from './flapping.ts';
import { episodeOf } from './known-incidents.ts';

/*
 * The life of an alert, as changes of its investigation. All of them are pure, may be made twice, and go by what the
 * sender's clock says rather than by the order in which things arrive:
 *
 *   triggered ──▶ opened ──▶ answered ──▶ resolved ──▶ triggered again ─┬─▶ opened anew, in the same thread
 *                    │            │                                      └─▶ flapping: counted, nothing more
 *                    └─ triggered ┴─ triggered: counted
 */

/** What an alert made of its investigation, and what is to be done about it. */
export type Step = {
  readonly next: Investigation;
  readonly work: 'look' | 'refresh' | 'nothing';
};

/** Longer ago than this the thread is buried in its channel, where nobody sees a card being edited. */
const SAME_THREAD: Micros = 6 * 60 * MINUTE;
const COUNTED_KEPT = 16;
const FIRES_KEPT = 100;
const EPISODES_KEPT = 8;

export function opened(life: Pick<Life, 'id' | 'trigger' | 'channel' | 'openedAt'>): Investigation {
  const { trigger } = life;
  if (trigger.kind !== 'alert') return { status: 'opened', ...life, repeats: 0 };
  const { alert } = trigger;
  const { occurredAt } = alert;
  return { status: 'opened', ...life, repeats: 0, firedAt: occurredAt, fires: [occurredAt], counted: [markOf(alert)] };
}

/** The alert fires: again, still, or later than something that we know already. */
export function fired(current: Investigation, alert: Alert): Step {
  if (current.counted?.includes(markOf(alert))) return { next: current, work: nextOf(current) };
  const counts = {
    repeats: current.repeats + 1,
    firedAt: Math.max(lastFire(current), alert.occurredAt),
    counted: [...(current.counted ?? []), markOf(alert)].slice(-COUNTED_KEPT),
  };
  const isNewest = alert.occurredAt >= lastFire(current);
  const { resolvedAt } = current;
  // Who reopens what never ended here had an end that nobody told us of; one that was late had it reopened before its end.
  const isBack = resolvedAt === undefined ? alert.event === 'reopened' : resolvedAt < alert.occurredAt;
  if (!isNewest || !isBack) {
    const next = { ...current, ...counts };
    return { next, work: current.status === 'answered' ? 'refresh' : 'look' };
  }
  const fires = [...(current.fires ?? []), alert.occurredAt].slice(-FIRES_KEPT);
  const flapping = flappingOf(fires);
  if (flapping !== undefined && current.status === 'answered') {
    const { resolvedAt: _end, ...going } = current;
    return { next: { ...going, ...counts, fires, flapping }, work: 'refresh' };
  }
  const {
    resolvedAt: _,
    acknowledgedAt: _by,
    escalatedAt: _to,
    follows: _whom,
    flapping: _past,
    heldUntil: _when,
    pressingAt: _why,
    ...rest
  } = withCardToCome(lifeOf(current));
  const before = beforeOf(current);
  const episodes = episodesOf(current);
  const next = {
    ...rest,
    ...counts,
    fires,
    trigger: { kind: 'alert', alert } as const,
    status: 'opened' as const,
    ...(flapping === undefined ? {} : { flapping }),
    ...(before === undefined ? {} : { before }),
    ...(episodes === undefined ? {} : { episodes }),
  };
  return { next, work: 'look' };
}

/** The alert is over, unless it fired again since. */
export function resolved(current: Investigation, alert: Alert): Investigation {
  if (alert.occurredAt < lastFire(current)) return current;
  const at = Math.max(current.resolvedAt ?? alert.occurredAt, alert.occurredAt);
  return at === current.resolvedAt ? current : { ...current, resolvedAt: at };
}

export function acknowledged(current: Investigation, alert: Alert): Investigation {
  const at = Math.max(current.acknowledgedAt ?? alert.occurredAt, alert.occurredAt);
  return at === current.acknowledgedAt ? current : { ...current, acknowledgedAt: at };
}

export function unacknowledged(current: Investigation, alert: Alert): Investigation {
  if (current.acknowledgedAt === undefined || alert.occurredAt < current.acknowledgedAt) return current;
  const { acknowledgedAt: _, ...rest } = current;
  return rest;
}

export function escalated(current: Investigation, alert: Alert): Investigation {
  const at = Math.max(current.escalatedAt ?? alert.occurredAt, alert.occurredAt);
  return at === current.escalatedAt ? current : { ...current, escalatedAt: at };
}

/** A fact about it changed, or somebody wrote a note: about the fix when it says so, or when all is over. */
export function noted(current: Investigation, alert: Alert): Investigation {
  const known = withFactsOf(current, alert);
  const { note } = alert;
  const fixedBy = known.resolvedAt === undefined ? fixSaidIn(note ?? '') : fixNoted(note);
  return fixedBy === undefined || fixedBy === known.fixedBy ? known : { ...known, fixedBy };
}

/** It cannot wait for the end of quiet hours any more. */
export function pressing(current: Investigation, { occurredAt }: Alert): Investigation {
  return current.pressingAt === undefined ? { ...current, pressingAt: occurredAt } : current;
}

/** The latest word on each fact stands, but a word for how bad it is only when it is graver: what is milder may be another's scale. */
function withFactsOf(current: Investigation, alert: Alert): Investigation {
  const { trigger } = current;
  if (trigger.kind !== 'alert') return current;
  const { severity, priority, urgency, team, environment, channel } = alert;
  const told = Object.entries({ priority, urgency, team, environment, channel });
  const facts = Object.fromEntries(told.filter(([, value]) => value !== undefined));
  const worse = levelOf(severity);
  const known = levelOf(trigger.alert.severity);
  const isGraver = worse !== undefined && (known === undefined || !reaches(known, worse));
  const next = { ...trigger.alert, ...facts, ...(isGraver ? { severity } : {}) };
  if (JSON.stringify(next) === JSON.stringify(trigger.alert)) return current;
  return { ...current, trigger: { kind: 'alert', alert: next } };
}

/** Whether a fire belongs into a thread that is too old for anybody to look into. */
export function isBuried(current: Investigation, alert: Alert): boolean {
  return alert.occurredAt - Math.max(lastFire(current), current.resolvedAt ?? 0) > SAME_THREAD;
}

function lastFire({ firedAt, trigger, openedAt }: Investigation): EpochMicros {
  return firedAt ?? (trigger.kind === 'alert' ? trigger.alert.occurredAt : openedAt);
}

/** What it was the last time that it was looked at to an end. Nobody was told of that in a thread of its own when it has none. */
function beforeOf(current: Investigation): Culprit | null | undefined {
  if (current.thread === undefined || current.digested === true) return undefined;
  return current.status === 'answered' ? (culpritOf(current.analysis) ?? null) : current.before;
}

/** What was told among others has no card that could be edited: it gets one when it comes back. */
function withCardToCome(life: Life): Life {
  if (life.digested !== true) return life;
  const { digested: _, thread: _among, ...rest } = life;
  return rest;
}

/** The times before, with the one that ends now. */
function episodesOf(current: Investigation): readonly Episode[] | undefined {
  if (current.status !== 'answered') return current.episodes;
  return [...(current.episodes ?? []), episodeOf(current)].slice(-EPISODES_KEPT);
}

/** A delivery that comes again may find its job lost to a crash, unless there is nothing left to do. */
function nextOf(current: Investigation): Step['work'] {
  return current.status === 'answered' ? 'nothing' : 'look';
}

function markOf({ delivery }: Alert): string {
  return hash('sha256', delivery).slice(0, 12);
}

/** It waits for the end of no quiet hours any more. */
export function released(held: Investigation): Investigation {
  const { heldUntil: _, ...rest } = held;
  return rest;
}
