import { Failure } from '../failure.ts';
import { culpritOf, isSameCulprit } from '../model/culprit.ts';
import type { Answered } from '../model/investigation.ts';
import type { NotedAlert } from '../model/note.ts';
import type { Chat } from '../ports/chat.ts';
import type { IncidentNotes } from '../ports/incident-notes.ts';
import type { Job, JobAttempt, JobQueue } from '../ports/job-queue.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Store } from '../ports/store.ts';
import type { Words } from '../render/words.ts';
import { createAudience } from './note-audience.ts';
import { readEntry, writeEntry } from './note-entry.ts';
import { createNoteWriter, entryKey, lastLeader } from './note-writer.ts';
import { sayOnce } from './once.ts';

/** When all attempts of a job were in vain: the wait before the next round of attempts. After the last of them it is given up. */
const ROUNDS_MS = [0, 10 * 60_000, 60 * 60_000, 6 * 60 * 60_000] as const;

/** A verdict is usually there by then; a note that comes too early waits its turn again. */
const BESIDE_MS = 10_000;

export type NoteBack = {
  /**
   * Queues the note of a verdict where one is wanted: on its own incident, and on those that it answers for beside that. One
   * that came to the same culprit as another whom it follows goes with the other's notes. Safe on disk when it resolves.
   */
  queue(answered: Answered, traceparent?: string): Promise<void>;
  /**
   * Queues the note for the incident of another alert, for which the investigation answers as well. With `again` it may
   * be known already, or be the investigation's own.
   */
  queueBeside(investigation: string, alert: NotedAlert, again?: 'again'): Promise<void>;
  /** What a worker does with the job. May be repeated at any moment; one note stands at the end. */
  write(job: NoteJob, attempt: JobAttempt): Promise<void>;
};

type NoteJob = Omit<Extract<Job, { kind: 'note' }>, 'kind'>;

/**
 * Decides which incidents get the verdict of an investigation, and when; `note-writer.ts` writes it there.
 *
 * ```
 *   verdict ──▶ a job for its own incident, one for each incident beside it (`note-audience.ts`)
 *      │          └─ down ──▶ tried for hours, in rounds ──▶ told in the thread
 *      └─ follows another to the same culprit ──▶ its incidents get the other's notes from now on
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
  const audience = createAudience(ledger);
  const writer = createNoteWriter(parts);

  async function queueFor(investigation: string, beside: NotedAlert): Promise<void> {
    if (placesFor(beside).length === 0 || !(await audience.add(investigation, beside))) return;
    const key = `note:${investigation}:${beside.source}/${beside.id}`;
    await queue.add({ kind: 'note', investigation, round: 0, beside }, { key, delayMs: BESIDE_MS });
  }

  /** Its notes are the other's from now on: what stands on its incidents is known to the other, which says what changes. */
  async function fold(one: Answered, own: NotedAlert, leader: string): Promise<void> {
    const others = await audience.of(one.id);
    await audience.goAlone(leader);
    await audience.goWith(one.id, leader);
    for (const alert of [own, ...others]) {
      for (const place of placesFor(alert)) {
        const known = await readEntry(ledger, entryKey(place, leader, alert));
        const stands = await readEntry(ledger, entryKey(place, one.id, alert === own ? undefined : alert));
        if (known === undefined && stands !== undefined)
          await writeEntry(ledger, entryKey(place, leader, alert), stands);
      }
      await queueFor(leader, alert);
    }
  }

  /** Whom it follows to the same culprit: there is one verdict for both then. */
  async function sameAs(answered: Answered): Promise<string | undefined> {
    const leader = await lastLeader(store, answered);
    if (leader.id === answered.id || leader.status !== 'answered') return undefined;
    const culprit = culpritOf(answered.analysis);
    return culprit !== undefined && isSameCulprit(culprit, culpritOf(leader.analysis)) ? leader.id : undefined;
  }

  /** An incident whose own investigation has a card of its own by now is told by that alone. */
  async function isOnItsOwn({ source, id }: NotedAlert, voice: string): Promise<boolean> {
    const own = await store.find({ by: 'alert', source, alertId: id });
    return own !== undefined && own.id !== voice && own.follows === undefined;
  }

  return {
    async queue(given, traceparent) {
      const { trigger } = given;
      if (trigger.kind !== 'alert' || places.length === 0) return;
      const current = await store.find({ by: 'id', id: given.id });
      const answered = current?.status === 'answered' ? current : given;
      const own = notedOf(trigger.alert);
      const leader = await sameAs(answered);
      if (leader !== undefined) return fold(answered, own, leader);
      await audience.goAlone(answered.id);
      if (placesFor(own).length > 0) {
        await queue.add(
          { kind: 'note', investigation: answered.id, round: 0, ...(traceparent === undefined ? {} : { traceparent }) },
          { key: `note:${answered.id}:${answered.answeredAt}` },
        );
      }
      for (const beside of await audience.of(answered.id)) await queueFor(answered.id, beside);
    },
    async queueBeside(investigation, alert, again) {
      const beside = notedOf(alert);
      if (placesFor(beside).length === 0) return;
      if (again !== undefined) {
        const one = await store.find({ by: 'id', id: investigation });
        const isOwn = one?.trigger.kind === 'alert' && isAbout(one.trigger.alert, beside);
        if (one === undefined || isOwn) return;
      }
      await queueFor(await audience.voiceOf(investigation), beside);
    },
    async write(job, attempt) {
      const voice = await audience.voiceOf(job.investigation);
      if (voice !== job.investigation) {
        // What was queued before it went with another.
        if (job.beside !== undefined) await queueFor(voice, job.beside);
        return;
      }
      const answered = await store.find({ by: 'id', id: job.investigation });
      if (answered?.status !== 'answered') {
        // Looked at again meanwhile: the note of the next verdict has a job of its own. Others wait for it, for a while.
        if (job.beside === undefined || attempt.last || answered === undefined) return;
        throw new Failure('busy', 'There is no verdict yet to write back.', 'It is tried again.', { retryAfter: 15 });
      }
      if (job.beside !== undefined && (await isOnItsOwn(job.beside, voice))) return;
      const alert = job.beside ?? (answered.trigger.kind === 'alert' ? answered.trigger.alert : undefined);
      if (alert === undefined) return;
      const failures: Failure[] = [];
      for (const place of placesFor(alert)) {
        try {
          await writer.write(place, answered, alert, job.beside !== undefined, attempt.signal);
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

function notedOf({ source, id, title, service, url }: NotedAlert): NotedAlert {
  return { source, id, title, ...(service && { service }), ...(url && { url }) };
}

function isAbout(one: NotedAlert, other: NotedAlert): boolean {
  return one.source === other.source && one.id === other.id;
}
