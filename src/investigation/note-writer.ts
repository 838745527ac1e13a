import { createHash } from 'node:crypto';
import type { Answered, Investigation, ThreadRef } from '../model/investigation.ts';
import type { IncidentNote, NotedAlert } from '../model/note.ts';
import type { Chat } from '../ports/chat.ts';
import type { IncidentNotes } from '../ports/incident-notes.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Store } from '../ports/store.ts';
import type { Words } from '../render/words.ts';
import { type Entry, readEntry, writeEntry } from './note-entry.ts';

/** A verdict that goes to and fro is told so often; then the thread has to do. */
const NOTES_LIMIT = 5;
/** While a note is written the verdict may change; so often it is followed by the next at once. */
const CHANGES = 3;
/** Who answers for one that answers for another; the chain is short, and never a circle. */
const LEADERS = 5;

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
export function createNoteWriter(parts: {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly chat: Pick<Chat, 'permalink'>;
  readonly words: Pick<Words, 'note'>;
}) {
  const { store, ledger, chat, words } = parts;

  /** Until what stands there is what is true: a verdict that changes meanwhile finds its job busy, and this is that job. */
  async function write(
    place: IncidentNotes,
    answered: Answered,
    alert: NotedAlert,
    beside: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    let current = answered;
    for (let change = 0; change < CHANGES; change += 1) {
      await writeAt(place, current, alert, beside, signal);
      const latest = await store.find({ by: 'id', id: answered.id });
      if (latest?.status !== 'answered' || verdictOf(latest) === verdictOf(current)) return;
      current = latest;
    }
  }

  async function writeAt(
    place: IncidentNotes,
    answered: Answered,
    alert: NotedAlert,
    beside: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const at = entryKey(place, answered.id, beside ? alert : undefined);
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
    return (await lastLeader(store, answered)).thread ?? answered.thread;
  }

  return { write };
}

/** Whose card answers for it by now; itself, where that is its own. */
export async function lastLeader(store: Store, answered: Answered): Promise<Investigation> {
  let one: Investigation = answered;
  for (let hop = 0; hop < LEADERS && one.follows !== undefined; hop += 1) {
    const next = await store.find({ by: 'id', id: one.follows });
    if (next === undefined) break;
    one = next;
  }
  return one;
}

/** Where the ledger holds the latest note at a place: on the investigation's own incident, or on one beside it. */
export function entryKey({ name }: IncidentNotes, investigation: string, beside: NotedAlert | undefined): string {
  return `note:${name}:${investigation}${beside === undefined ? '' : `:${beside.source}/${beside.id}`}`;
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
