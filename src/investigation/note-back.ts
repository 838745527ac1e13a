import { createHash } from 'node:crypto';
import { Failure } from '../failure.ts';
import type { Alert } from '../model/alert.ts';
import type { Answered, Investigation, ThreadRef } from '../model/investigation.ts';
import type { IncidentNote, NotedAlert } from '../model/note.ts';
import type { Chat } from '../ports/chat.ts';
import type { IncidentNotes } from '../ports/incident-notes.ts';
import type { Job, JobAttempt, JobQueue } from '../ports/job-queue.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Words } from '../render/words.ts';
import { type Entry, KEEP_MS, readEntry, writeEntry } from './note-entry.ts';
import { sayOnce } from './once.ts';

/** A verdict that goes to and fro is told so often; then the thread has to do. */
const NOTES_LIMIT = 5;
/** When all attempts of a job were in vain: the wait before the next round of attempts. After the last of them it is given up. */
const ROUNDS_MS = [0, 10 * 60_000, 60 * 60_000, 6 * 60 * 60_000] as const;

/** Who answers for one that answers for another; the chain is short, and never a circle. */
const LEADERS = 5;

/** Most incidents beside its own that get the note of one investigation: a storm must not become a storm of notes. */
const BESIDE_LIMIT = 50;
/** A verdict is usually there by then; a note that comes too early waits its turn again. */
const BESIDE_MS = 10_000;

export type NoteBack = {
  /** Queues the note where one is wanted. Safe on disk when it resolves. */
  queue(answered: Answered, traceparent?: string): Promise<void>;
  /** Queues the same note for the incident of another alert, for which the investigation answers as well. */
  queueBeside(investigation: string, alert: Alert): Promise<void>;
  /** What a worker does with the job. May be repeated at any moment; one note stands at the end. */
  write(job: NoteJob, attempt: JobAttempt): Promise<void>;
};

type NoteJob = Omit<Extract<Job, { kind: 'note' }>, 'kind'>;

/**
 * Writes the verdict into the incident that set the investigation off: one note, and another only when a later look came to
 * something else. The ledger holds the latest note of each place; after a doubt the place itself is asked.
 *
 * ```
 *   ledger   nothing ──▶ intended(k1) ── write ──▶ written(k1) ──verdict changed──▶ intended(k2) ── write ──▶ written(k2)
 *                             │ died or no answer
 *                             └─▶ does k1 stand there? ── yes ─▶ written(k1)
 *                                                      └─ no ──▶ write what is true now
 * ```
 */
export function createNoteBack(parts: {
  /** Where notes may go; empty switches it off. */
  readonly places: readonly IncidentNotes[];
  readonly store: Store;
  readonly ledger: Ledger;
  readonly queue: JobQueue;
  readonly chat: Pick<Chat, 'permalink' | 'find' | 'reply'>;
  readonly words: Pick<Words, 'note' | 'noteFailed'>;
  readonly log: Log;
}): NoteBack {
  const { places, store, ledger, queue, chat, words, log } = parts;
  const placesFor = (alert: NotedAlert) => places.filter((place) => place.takes(alert));

  return {
    async queue(answered, traceparent) {
      const { trigger } = answered;
      if (trigger.kind !== 'alert' || placesFor(trigger.alert).length === 0) return;
      await queue.add(
        { kind: 'note', investigation: answered.id, round: 0, ...(traceparent === undefined ? {} : { traceparent }) },
        { key: `note:${answered.id}:${answered.answeredAt}` },
      );
    },
    async queueBeside(investigation, { source, id, title, service, url }) {
      const beside: NotedAlert = { source, id, title, ...(service && { service }), ...(url && { url }) };
      if (placesFor(beside).length === 0) return;
      if ((await ledger.count(`notes-beside:${investigation}`, KEEP_MS)) > BESIDE_LIMIT) return;
      await queue.add(
        { kind: 'note', investigation, round: 0, beside },
        { key: `note:${investigation}:${source}/${id}`, delayMs: BESIDE_MS },
      );
    },
    async write(job, attempt) {
      const answered = await store.find({ by: 'id', id: job.investigation });
      if (answered?.status !== 'answered') {
        // Looked at again meanwhile: the note of the next verdict has a job of its own. Others wait for it, for a while.
        if (job.beside === undefined || attempt.last || answered === undefined) return;
        throw new Failure('busy', 'There is no verdict yet to write back.', 'It is tried again.', { retryAfter: 15 });
      }
      const alert = job.beside ?? (answered.trigger.kind === 'alert' ? answered.trigger.alert : undefined);
      if (alert === undefined) return;
      const failures: Failure[] = [];
      for (const place of placesFor(alert)) {
        try {
          await writeAt(place, answered, alert, job.beside !== undefined, attempt.signal);
        } catch (thrown) {
          attempt.signal.throwIfAborted();
          const failure = Failure.from(thrown);
          failures.push(failure);
          log.warn(
            { investigation: answered.id, place: place.name, attempt: attempt.number, reason: failure.message },
            'A note was not written',
          );
          await giveUpOrGoOn(place, answered, failure, job, attempt);
        }
      }
      const again = failures.find((failure) => failure.retryable);
      if (again !== undefined && !attempt.last) throw again;
    },
  };

  async function writeAt(
    place: IncidentNotes,
    answered: Answered,
    alert: NotedAlert,
    beside: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const at = `note:${place.name}:${answered.id}${beside ? `:${alert.source}/${alert.id}` : ''}`;
    let latest = await readEntry(ledger, at);
    if (latest?.state === 'intended') {
      if (await stands(place, alert, latest, answered, signal)) latest = await writeEntry(ledger, at, written(latest));
      else latest = latest.before === undefined ? undefined : { ...latest.before, state: 'written' };
    }
    const verdict = verdictOf(answered);
    if (latest?.verdict === verdict || (latest?.number ?? 0) >= NOTES_LIMIT) return;
    const number = (latest?.number ?? 0) + 1;
    const intended: Entry = {
      state: 'intended',
      number,
      verdict,
      key: digest([at, number, verdict]),
      ...(latest === undefined ? {} : { before: { number: latest.number, verdict: latest.verdict, key: latest.key } }),
    };
    await writeEntry(ledger, at, intended);
    await place.write(alert, await noteOf(answered, intended, beside), signal);
    await writeEntry(ledger, at, written(intended));
  }

  /**
   * Whether the note of an earlier try got through. Where nothing can be read back it is handed over again under its key if it
   * is still what we would say; whoever has it already knows it by that.
   */
  async function stands(
    place: IncidentNotes,
    alert: NotedAlert,
    intended: Entry,
    answered: Answered,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (place.holds !== undefined) return place.holds(alert, intended.key, signal);
    return intended.verdict !== verdictOf(answered);
  }

  async function noteOf(answered: Answered, { key, number }: Entry, beside: boolean): Promise<IncidentNote> {
    const thread = await threadOf(answered);
    const permalink = thread === undefined ? undefined : await chat.permalink(thread);
    return words.note(answered, {
      key,
      changed: number > 1,
      beside,
      ...(permalink === undefined ? {} : { permalink }),
    });
  }

  /** Its own card, or that of the investigation which answers for it. */
  async function threadOf(answered: Answered): Promise<ThreadRef | undefined> {
    let one: Investigation | undefined = answered;
    for (let hop = 0; hop < LEADERS && one?.follows !== undefined; hop += 1) {
      one = await store.find({ by: 'id', id: one.follows });
    }
    return one?.thread ?? answered.thread;
  }

  /** The last attempt of a round either begins another or is told in the thread. */
  async function giveUpOrGoOn(
    place: IncidentNotes,
    answered: Answered,
    failure: Failure,
    job: NoteJob,
    attempt: JobAttempt,
  ): Promise<void> {
    if (failure.retryable && !attempt.last) return;
    const round = job.round + 1;
    const delayMs = ROUNDS_MS[round];
    if (failure.retryable && delayMs !== undefined) {
      const about = job.beside === undefined ? answered.answeredAt : `${job.beside.source}/${job.beside.id}`;
      await queue.add({ ...job, kind: 'note', round }, { key: `note:${answered.id}:${about}:${round}`, delayMs });
      return;
    }
    const { thread } = answered;
    if (thread === undefined) return;
    const key = `note-failed:${place.name}:${answered.id}`;
    await sayOnce(ledger, key, {
      look: () => chat.find({ channel: thread.channel, thread }, key, answered.openedAt),
      act: () => chat.reply(thread, words.noteFailed(place.title, failure), key),
    });
  }
}

function written(entry: Entry): Entry {
  const { before: _, ...rest } = entry;
  return { ...rest, state: 'written' };
}

/** What a note is about: another kind, culprit or mechanism is another verdict; new counts are not. */
function verdictOf({ analysis }: Answered): string {
  const { kind, hypotheses } = analysis.verdict;
  const [top] = hypotheses;
  return digest(kind === 'cannot-tell' || top === undefined ? [kind] : [kind, top.mechanism, top.component]);
}

function digest(of: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 12);
}
