import { Failure } from '../failure.ts';
import type { Answered, Investigation, Setback } from '../model/investigation.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Analyst } from '../ports/analyst.ts';
import type { Changes } from '../ports/changes.ts';
import type { Clock } from '../ports/clock.ts';
import type { JobAttempt, JobQueue, QueuedJob } from '../ports/job-queue.ts';
import type { Log } from '../ports/log.ts';
import type { Questions } from '../ports/questions.ts';
import type { Store } from '../ports/store.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import { inSpan, traceparent } from '../telemetry.ts';
import type { Admission } from './admission.ts';
import { askSender, type Enrich, withCaveat } from './ask-sender.ts';
import { findOut } from './find-out.ts';
import type { Progress } from './gathered.ts';
import { LATE_AFTER_MS, lookForLateSpans } from './late-spans.ts';
import type { NoteBack } from './note-back.ts';
import { lookUpChanges } from './note-changes.ts';
import type { Publisher } from './publish.ts';
import { recheck } from './recheck.ts';

/** Minutes after the verdict at which the card is looked at again. */
const RECHECK_MINUTES = [2, 5] as const;

export type Parts = {
  readonly backend: TraceBackend;
  readonly store: Store;
  readonly queue: JobQueue;
  readonly questions: Questions;
  readonly publisher: Publisher;
  readonly analyst: Analyst;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly log: Log;
  readonly noteBack: NoteBack;
  readonly enrich: Enrich;
  /** Whether it gets a card of its own, is held until quiet hours end, or is only counted. */
  admit(investigation: Investigation): Promise<Admission>;
  tellOverflow(channel: string, hour: number): Promise<void>;
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
            return checkAgain(parts, await load(parts.store, job.investigation), attempt.signal);
          case 'note':
            return parts.noteBack.write(job.investigation, job.round, attempt);
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
  const admission = await parts.admit(investigation);
  if (admission.kind === 'counted') return;
  const thread =
    admission.kind === 'card' ? await inSpan('open card', {}, () => parts.publisher.open(investigation)) : undefined;
  if (admission.kind === 'held') await hold(parts.store, investigation, admission.until);
  try {
    const answered =
      investigation.status === 'answered'
        ? investigation
        : await answer(parts, { ...investigation, ...(thread === undefined ? {} : { thread }) }, attempt.signal);
    if (thread !== undefined) await inSpan('publish verdict', {}, () => parts.publisher.verdict(answered, thread));
    await parts.noteBack.queue(answered, traceparent());
    if (thread === undefined) return;
    for (const [index, minutes] of RECHECK_MINUTES.entries()) {
      await parts.queue.add(
        { kind: 'recheck', investigation: answered.id, round: index + 1 },
        { key: `recheck:${answered.id}:${answered.answeredAt}:${index + 1}`, delayMs: minutes * 60_000 },
      );
    }
    if (answered.gathering.unfinished !== undefined) {
      await parts.queue.add(
        { kind: 'late-spans', investigation: answered.id, answeredAt: answered.answeredAt },
        { key: `late-spans:${answered.id}:${answered.answeredAt}`, delayMs: LATE_AFTER_MS },
      );
    }
  } catch (thrown) {
    const failure = Failure.from(thrown);
    const told = await tell(parts, investigation, failure, attempt);
    // What cannot get better by trying again is done once a person has been told.
    if (failure.retryable || !told) throw thrown;
  }
}

async function hold(store: Store, { id }: Investigation, heldUntil: EpochMicros): Promise<void> {
  await store.update(id, (current) => current && { ...current, heldUntil });
}

async function answer(parts: Parts, opened: Investigation, signal: AbortSignal): Promise<Answered> {
  const { investigation, caveat } = await inSpan('ask the sender', {}, () => askSender(parts, opened, signal));
  const { store, clock } = parts;
  const progress: Progress = async (found) => {
    if (investigation.thread !== undefined) await parts.publisher.progress(investigation, investigation.thread, found);
  };
  const { gathering, analysis } = await findOut(parts, investigation, progress, signal);
  const changes = await lookUpChanges(parts.changes, analysis, gathering);
  return store.update(investigation.id, (current): Answered => {
    const { id, trigger, channel, openedAt, thread, resolvedAt, acknowledgedAt, heldUntil, repeats } =
      current ?? investigation;
    return {
      status: 'answered',
      id,
      trigger,
      channel,
      openedAt,
      repeats,
      ...(thread === undefined ? {} : { thread }),
      ...(resolvedAt === undefined ? {} : { resolvedAt }),
      ...(acknowledgedAt === undefined ? {} : { acknowledgedAt }),
      ...(heldUntil === undefined ? {} : { heldUntil }),
      answeredAt: clock.now(),
      gathering: withCaveat(gathering, caveat),
      analysis,
      rechecks: [],
      ...(changes.length === 0 ? {} : { changes }),
    };
  });
}

/** Reads again what was still growing, and says once what that changes. A second try after a crash says the same. */
async function amend(
  parts: Parts,
  investigation: Investigation,
  answeredAt: EpochMicros,
  signal: AbortSignal,
): Promise<void> {
  if (!isVerdictOf(investigation, answeredAt) || investigation.thread === undefined) return;
  let stands: Investigation | undefined = investigation;
  if (investigation.amended === undefined) {
    const found = await lookForLateSpans(parts, investigation, signal);
    if (found === undefined) return;
    stands = await parts.store.update(investigation.id, (current) =>
      isVerdictOf(current, answeredAt) && current.amended === undefined ? { ...current, ...found } : current,
    );
  }
  if (!isVerdictOf(stands, answeredAt) || stands.thread === undefined) return;
  await parts.publisher.amended(stands, stands.thread);
  await parts.noteBack.queue(stands, traceparent());
}

/** The same alert may have fired again and be looked at anew. */
function isVerdictOf(investigation: Investigation | undefined, answeredAt: EpochMicros): investigation is Answered {
  return investigation?.status === 'answered' && investigation.answeredAt === answeredAt;
}

/** Looks whether it still happens and says so in the card's second line. */
async function checkAgain(parts: Parts, investigation: Investigation, signal: AbortSignal): Promise<void> {
  if (investigation.status !== 'answered' || investigation.thread === undefined) return;
  const latest = await recheck(parts, investigation, signal);
  const stands = await parts.store.update(investigation.id, (current) =>
    current?.status === 'answered' && latest !== undefined
      ? { ...current, rechecks: [...current.rechecks, latest].slice(-10) }
      : current,
  );
  if (stands?.status === 'answered' && stands.thread !== undefined)
    await parts.publisher.refresh(stands, stands.thread);
}

/** Says in the card what went wrong and whether it will be tried again; a second failure while saying it is only logged. */
async function tell(
  parts: Parts,
  investigation: Investigation,
  failure: Failure,
  attempt: JobAttempt,
): Promise<boolean> {
  const { store, publisher, clock, log } = parts;
  const setback: Setback = { kind: failure.kind, message: failure.message, hint: failure.hint, at: clock.now() };
  log.warn(
    { investigation: investigation.id, attempt: attempt.number, reason: failure.message },
    'An investigation did not get through',
  );
  try {
    const failed = await store.update(investigation.id, (current) => {
      if (current === undefined || current.status === 'answered') return current;
      return { ...current, status: 'failed', setback };
    });
    if (failed?.thread !== undefined)
      await publisher.setback(failed, failed.thread, failure.retryable && !attempt.last);
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
