import { Failure } from '../failure.ts';
import { type Answered, type Investigation, lifeOf, type Setback, type ThreadRef } from '../model/investigation.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Analyst } from '../ports/analyst.ts';
import type { Changes } from '../ports/changes.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobAttempt, JobQueue, QueuedJob } from '../ports/job-queue.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Questions } from '../ports/questions.ts';
import type { Store } from '../ports/store.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import { inSpan, traceparent } from '../telemetry.ts';
import { amend, checkAgain, close } from './afterwards.ts';
import { askSender, type Enrich, withCaveat } from './ask-sender.ts';
import { findOut } from './find-out.ts';
import type { Progress } from './gathered.ts';
import type { Grouping } from './grouping.ts';
import { LATE_AFTER_MS } from './late-spans.ts';
import type { NoteBack } from './note-back.ts';
import { lookUpChanges } from './note-changes.ts';
import { oneLookFor } from './one-look.ts';
import type { Publisher } from './publish.ts';
import type { Recurrence } from './recurrence.ts';
import type { Telling, Turn } from './telling.ts';

/** Minutes after the verdict at which the card is looked at again. */
const RECHECK_MINUTES = [2, 5] as const;

export type Parts = {
  readonly backend: TraceBackend;
  readonly store: Store;
  readonly ledger: Ledger;
  readonly queue: JobQueue;
  readonly questions: Questions;
  readonly publisher: Publisher;
  readonly telling: Telling;
  readonly grouping: Grouping;
  readonly recurrence: Recurrence;
  readonly analyst: Analyst;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: Log;
  readonly noteBack: NoteBack;
  readonly enrich: Enrich;
  tellOverflow(channel: string, hour: number): Promise<void>;
  /** Counts who follows an alert that has no card, where the channel's cap kept it out. */
  recount?(investigation: Investigation): Promise<void>;
  tellDigest(channel: string, until: EpochMicros): Promise<void>;
  /** `service.name`s that the configuration gives for an alert. */
  servicesFor(investigation: Investigation): readonly string[] | undefined;
};

/** What a worker does with a job: one trace of the bot from webhook to card. */
export function createJobHandler(parts: Parts): (job: QueuedJob, attempt: JobAttempt) => Promise<void> {
  return (job, attempt) =>
    inSpan(
      `job ${job.kind}`,
      { parent: job.traceparent, attributes: { 'causeway.attempt': attempt.number } },
      async () => {
        switch (job.kind) {
          case 'investigate':
            return investigate(parts, await load(parts.store, job.investigation), attempt);
          case 'recheck':
            return checkAgain(parts, await load(parts.store, job.investigation), attempt.signal);
          case 'late-spans':
            return amend(parts, await load(parts.store, job.investigation), job.answeredAt, attempt.signal);
          case 'close':
            return close(parts, await load(parts.store, job.investigation), attempt.signal);
          case 'refresh':
            return refresh(parts, await load(parts.store, job.investigation));
          case 'note':
            return parts.noteBack.write(job, attempt);
          case 'tell-now':
            return tellNow(parts, await load(parts.store, job.investigation), attempt);
          case 'digest':
            return parts.tellDigest(job.channel, job.until);
          case 'overflow':
            return parts.tellOverflow(job.channel, job.hour);
          case 'answer':
            await parts.questions.answer(job.question);
        }
      },
    );
}

/** From alert to verdict. Every step may be repeated after a crash; what was said already is not said again. */
async function investigate(parts: Parts, investigation: Investigation, attempt: JobAttempt): Promise<void> {
  const { telling, queue } = parts;
  if (investigation.follows !== undefined) return telling.refresh(investigation);
  const { services, leader } = await inSpan('find kin', {}, () => oneLookFor(parts, investigation, attempt.signal));
  if (leader !== undefined) return joinLook(parts, investigation, leader);
  const turn = await telling.turnOf(investigation);
  if (turn === 'counted') return;
  try {
    const answered =
      investigation.status === 'answered'
        ? investigation
        : await answer(parts, investigation, { turn, services }, attempt.signal);
    if (answered === undefined) return;
    const thread = await tellVerdict(parts, answered, turn, attempt.signal);
    await parts.noteBack.queue(answered, traceparent());
    if (thread === undefined) return;
    for (const [index, minutes] of RECHECK_MINUTES.entries()) {
      await queue.add(
        { kind: 'recheck', investigation: answered.id, round: index + 1 },
        { key: `recheck:${answered.id}:${answered.answeredAt}:${index + 1}`, delayMs: minutes * 60_000 },
      );
    }
    if (answered.gathering.unfinished !== undefined) {
      await queue.add(
        { kind: 'late-spans', investigation: answered.id, answeredAt: answered.answeredAt },
        { key: `late-spans:${answered.id}:${answered.answeredAt}`, delayMs: LATE_AFTER_MS },
      );
    }
  } catch (thrown) {
    const failure = Failure.from(thrown);
    const told = await tell(parts, investigation, turn, failure, attempt);
    // What cannot get better by trying again is done once a person has been told.
    if (failure.retryable || !told) throw thrown;
  } finally {
    await turn.end();
  }
}

/** Brings up to date what is said of it, wherever that stands. */
async function refresh(parts: Parts, investigation: Investigation): Promise<void> {
  await parts.telling.refresh(investigation);
  await parts.recount?.(investigation);
}

/** Another one's look at the same traces answers for it. */
async function joinLook(parts: Parts, investigation: Investigation, leader: Investigation): Promise<void> {
  const { trigger } = investigation;
  await parts.telling.stepBehind(investigation, leader.id);
  if (trigger.kind === 'alert') await parts.noteBack.queueBeside(leader.id, trigger.alert);
}

/** What was held until quiet hours end is told now, unless it is over or was told meanwhile. */
async function tellNow(parts: Parts, held: Investigation, attempt: JobAttempt): Promise<void> {
  if (held.heldUntil === undefined || held.resolvedAt !== undefined) return;
  await investigate(parts, held, attempt);
  const told = await load(parts.store, held.id);
  // Last, so that a crash on the way is made up for; what the channel's cap kept out is in the digest all the same.
  if (told.thread !== undefined || told.follows !== undefined) await parts.telling.letGo(told);
}

/** Where the verdict stands in a card of its own; undefined when it waits, was counted, or another one's card tells it. */
async function tellVerdict(
  { grouping, telling }: Parts,
  answered: Answered,
  turn: Turn,
  signal: AbortSignal,
): Promise<ThreadRef | undefined> {
  if (await turn.isHeld()) return undefined;
  await turn.wait(signal);
  const leader = await grouping.leaderOf(answered);
  if (leader === undefined) return telling.verdict(answered, turn);
  await telling.stepBehind(answered, leader.id);
  return undefined;
}

/** What was found out; undefined when it is out of date already. */
async function answer(
  parts: Parts,
  opened: Investigation,
  { turn, services }: { readonly turn: Turn; readonly services: readonly string[] | undefined },
  signal: AbortSignal,
): Promise<Answered | undefined> {
  const { investigation, caveat } = await inSpan('ask the sender', {}, () => askSender(parts, opened, signal));
  await turn.learn(investigation);
  const progress: Progress = async (found) => {
    const thread = turn.thread();
    if (thread !== undefined) await parts.publisher.progress(investigation, thread, found);
  };
  await parts.grouping.reads(opened);
  const asked = services === undefined ? parts : { ...parts, servicesFor: () => services };
  const { gathering, analysis } = await findOut(asked, investigation, progress, signal);
  const changes = await lookUpChanges(parts.changes, analysis, gathering);
  const stands = await parts.store.update(investigation.id, (current): Investigation => {
    if (current !== undefined && current.fires?.at(-1) !== opened.fires?.at(-1)) return current;
    return {
      ...lifeOf(current ?? investigation),
      status: 'answered',
      answeredAt: parts.clock.now(),
      gathering: withCaveat(gathering, caveat),
      analysis,
      rechecks: [],
      ...(changes.length === 0 ? {} : { changes }),
    };
  });
  // It ended and fired again meanwhile, which has a look of its own.
  if (stands.status !== 'answered' || stands.analysis !== analysis) return undefined;
  return stands;
}

/** Says in the card what went wrong and whether it will be tried again; a second failure while saying it is only logged. */
async function tell(
  parts: Parts,
  investigation: Investigation,
  turn: Turn,
  failure: Failure,
  attempt: JobAttempt,
): Promise<boolean> {
  const { store, publisher, clock, log } = parts;
  const again = failure.retryable && !attempt.last;
  const { kind, message, hint } = failure;
  const setback: Setback = { kind, message, hint, at: clock.now(), ...(again ? {} : { final: true }) };
  log.warn(
    { investigation: investigation.id, attempt: attempt.number, reason: failure.message },
    'An investigation did not get through',
  );
  try {
    const failed = await store.update(investigation.id, (current) => {
      if (current === undefined || current.status === 'answered') return current;
      return { ...current, status: 'failed', setback };
    });
    const thread = again ? turn.thread() : await turn.take();
    if (failed !== undefined && thread !== undefined) await publisher.setback(failed, thread, again);
    return true;
  } catch (thrown) {
    log.error({ investigation: investigation.id, reason: String(thrown) }, 'The setback could not be told either');
    return false;
  }
}

async function load(store: Store, id: string): Promise<Investigation> {
  const investigation = await store.find({ by: 'id', id });
  if (investigation !== undefined) return investigation;
  throw new Failure(
    'not-found',
    `There is no investigation ${id}.`,
    'It was older than the store keeps; nothing is to be done.',
  );
}
