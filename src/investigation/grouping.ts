import { createHash } from 'node:crypto';
import type { Alert } from '../model/alert.ts';
import { culpritOf } from '../model/culprit.ts';
import type { Answered, Investigation } from '../model/investigation.ts';
import { type EpochMicros, MINUTE, type Micros, SECOND } from '../model/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { Followers } from '../ports/followers.ts';
import type { JobQueue } from '../ports/job-queue.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Store } from '../ports/store.ts';
import { causeKey } from './culprit.ts';
import { followerOf } from './follower.ts';
import { kinOf, kinship } from './kin.ts';
import { refreshOf } from './refresh.ts';

/** An incident that nobody ended counts as open for so long after its last sign. */
const UNENDED: Micros = 60 * MINUTE;
/** What was seen so shortly after an end was under way then. */
const FADING: Micros = 10 * SECOND;
/** What begins within so much of each other may well be one trouble, */
const AT_ONCE: Micros = 5 * MINUTE;
/** and is told within so much. */
const TOLD_MS = 15 * 60_000;
/** A cause has one card for so long at most; then it deserves a new one. */
const CLAIM_MS = 24 * 3_600_000;
/** Times that one cause may end and come back within that. */
const MOST_LINKS = 200;

/**
 * One card a cause. Every investigation that comes to a verdict claims its culprit in the ledger, so that over all processes
 * and crashes one of them is the first; the others follow it. When the first is over, the next to come claims the place
 * after it, and so on:
 *
 * ```
 *   cause:X ── a1 ── over ──▶ cause:X:after:a1 ── b7 ── still open ◀── everybody who comes to X now follows b7
 * ```
 */
export function createGrouping(parts: {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly followers: Followers;
  readonly queue: JobQueue;
  readonly clock: Clock;
}) {
  const { store, ledger, followers, queue, clock } = parts;
  const kinships = kinship(ledger);

  /** The investigation whose card tells this verdict; undefined when it is this one. Asked again, the answer is the same. */
  async function leaderOf(answered: Answered): Promise<Answered | undefined> {
    if (answered.trigger.kind !== 'alert' || !(isExplained(answered) || isFresh(answered))) return undefined;
    const beside = await namedBeside(answered);
    if (beside !== undefined) return beside;
    const cause = causeOf(answered);
    let key = `cause:${cause}`;
    for (let link = 0; link < MOST_LINKS; link += 1) {
      const { note } = await ledger.claim(key, answered.id, CLAIM_MS);
      if (note === answered.id) return undefined;
      const other = await store.find({ by: 'id', id: note });
      // It says something else by now when it was looked at again; then it stands for this cause no more.
      if (other?.status === 'answered' && causeOf(other) === cause && other.follows === undefined) {
        if (meet(other, answered)) return other;
      }
      key = `cause:${cause}:after:${note}`;
    }
    return undefined;
  }

  /** What was held through quiet hours and cannot be explained has waited for its own card: nothing tells what it belongs to. */
  function isFresh({ answeredAt }: Answered): boolean {
    return clock.now() - answeredAt <= AT_ONCE;
  }

  /** Where nobody can be named while the channel was just told of a cause that began at the same time, one card is enough. */
  async function namedBeside(answered: Answered): Promise<Answered | undefined> {
    if (isExplained(answered)) return undefined;
    const id = await ledger.read(toldKey(answered));
    const other = id === undefined || id === answered.id ? undefined : await store.find({ by: 'id', id });
    if (other?.status !== 'answered' || other.follows !== undefined) return undefined;
    const apart = Math.abs(beginOf(other) - beginOf(answered));
    const isNamed = culpritOf(other.analysis) !== undefined;
    return isNamed && apart <= AT_ONCE && !outlives(answered, other) ? other : undefined;
  }

  /** The one answers for the other's alert and for all that follow it. May be repeated. */
  async function follow(one: Investigation, leader: string): Promise<Investigation> {
    if (one.trigger.kind === 'alert') await followers.follow(leader, followerOf(one.trigger.alert));
    await followers.move(one.id, leader);
    const stands = await store.update(one.id, (current) => {
      const { seenBefore: _, ...rest } = current ?? one;
      return { ...rest, follows: leader };
    });
    const kin = kinOfTrigger(one);
    if (kin !== undefined && one.status === 'answered' && one.resolvedAt === undefined)
      await kinships.answered(kin, one.id, leader, one.gathering.scope.to);
    await refresh(leader);
    return stands;
  }

  /** Whoever joined it while it was on its way to follow another goes over, too. */
  async function handOver(one: Investigation, leader: string): Promise<void> {
    const { alerts } = await followers.of(one.id);
    if (alerts === 0) return;
    await followers.move(one.id, leader);
    await refresh(leader);
  }

  /** Its traces are read now: what begins later is not among them. */
  async function reads(investigation: Investigation): Promise<void> {
    const kin = kinOfTrigger(investigation);
    if (kin !== undefined) await kinships.reads(kin, investigation.id, clock.now());
  }

  /** It was told. From now on only those of its kin follow it that began before the reading, and nobody when it is over already. */
  async function stands(answered: Answered): Promise<void> {
    const kin = kinOfTrigger(answered);
    const current = await store.find({ by: 'id', id: answered.id });
    if (kin !== undefined && current?.resolvedAt === undefined)
      await kinships.answered(kin, answered.id, answered.id, answered.gathering.scope.to);
    if (culpritOf(answered.analysis) !== undefined) await ledger.settle(toldKey(answered), answered.id, TOLD_MS);
  }

  async function refresh(id: string): Promise<void> {
    const { key, delayMs } = refreshOf(id, clock.now());
    await queue.add({ kind: 'refresh', investigation: id }, { key, delayMs });
  }

  return { leaderOf, follow, handOver, reads, stands, refresh };
}

export type Grouping = ReturnType<typeof createGrouping>;

/** What the verdict is about. Where nobody is named, that is the traces that were read and, if there is one, the account. */
function causeOf(answered: Answered): string {
  const culprit = culpritOf(answered.analysis);
  if (culprit !== undefined) return causeKey(culprit);
  const { gathering, analysis, channel } = answered;
  const { services, traceIds } = gathering.scope;
  const about = ['unknown', channel, analysis.lineage?.actor ?? '', services.toSorted(), traceIds.toSorted()];
  return createHash('sha256').update(JSON.stringify(about)).digest('hex').slice(0, 16);
}

function isExplained({ analysis }: Answered): boolean {
  return culpritOf(analysis) !== undefined || analysis.lineage !== undefined;
}

/**
 * Whether the one's card can answer for the other: the later one began while the earlier one lasted, and is over when that
 * is. Of what nobody can explain nothing is known to be one trouble but that it fired at the same time.
 */
function meet(leader: Answered, other: Answered): boolean {
  if (!isExplained(other) && Math.abs(firedAt(leader) - firedAt(other)) > AT_ONCE) return false;
  return beginOf(leader) <= endOf(other) && beginOf(other) <= endOf(leader) && !outlives(other, leader);
}

/**
 * A card that says "resolved" is no place for what goes on. An alert that comes late may still be about what ended: its traces
 * tell, and where they tell nothing, when it fired.
 */
function outlives(other: Answered, leader: Answered): boolean {
  if (leader.resolvedAt === undefined) return false;
  const { affected, lastSeen } = other.analysis.impact;
  const sign = affected > 0 && lastSeen !== undefined ? lastSeen : firedAt(other);
  return sign > leader.resolvedAt + FADING;
}

function beginOf(answered: Answered): EpochMicros {
  const fired = firedAt(answered);
  return Math.min(answered.analysis.impact.since ?? fired, fired);
}

function firedAt({ trigger, openedAt, fires }: Answered): EpochMicros {
  return fires?.at(-1) ?? (trigger.kind === 'alert' ? trigger.alert.startedAt : openedAt);
}

function endOf({ resolvedAt, answeredAt, rechecks, analysis, fires }: Answered): EpochMicros {
  if (resolvedAt !== undefined) return resolvedAt + FADING;
  const seen = rechecks.filter(({ affected }) => affected > 0).at(-1)?.at ?? 0;
  return Math.max(answeredAt, seen, analysis.impact.lastSeen ?? 0, fires?.at(-1) ?? 0) + UNENDED;
}

function toldKey({ channel }: Investigation): string {
  return `told:${channel}`;
}

function kinOfTrigger({ trigger, channel }: Investigation): string | undefined {
  const alert: Alert | undefined = trigger.kind === 'alert' ? trigger.alert : undefined;
  return alert === undefined ? undefined : kinOf(alert, channel);
}
