import { Failure } from '../failure.ts';
import { fixSaidIn } from '../investigation/fixed-by.ts';
import { Notes } from '../investigation/notes.ts';
import { noteDown, sayOnce } from '../investigation/once.ts';
import type { Answered, Investigation, ThreadRef } from '../model/investigation.ts';
import type { Message, Part } from '../model/message.ts';
import type { SpanTable } from '../model/trace.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Chat } from '../ports/chat.ts';
import type { Ledger } from '../ports/ledger.ts';
import type { Log } from '../ports/log.ts';
import type { Question, Questions } from '../ports/questions.ts';
import type { Store } from '../ports/store.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import { safeMessage, safeName } from '../render/names.ts';
import { pieces } from '../render/speaker.ts';
import { message, type Words } from '../render/words.ts';
import { findTrace, TableBuilder } from '../trace/build.ts';
import { help } from './answers/help.ts';
import type { Answer } from './ask.ts';
import { composeAnswer } from './compose-answer.ts';
import { readIntent } from './intent.ts';

/** Longest look into the backend for spans that were not kept, and how many of them. */
const FETCH_MS = 10_000;
const SPAN_LIMIT = 100_000;
const KEEP_FEEDBACK_MS = 400 * 24 * 3_600_000;

export type QuestionParts = {
  readonly store: Store;
  readonly ledger: Ledger;
  readonly chat: Chat;
  readonly backend: TraceBackend;
  readonly words: Words;
  readonly log: Log;
  /** Told of each answer to "Was this right?". */
  judged?(answer: 'yes' | 'no'): void;
  /** Keeps what a person says to have fixed it, for the next time. */
  fixed?(investigation: string, by: string): Promise<void>;
};

/**
 * Answers what people ask in the thread of an investigation, each question once, from what was kept: the backend may have
 * forgotten the traces long ago.
 *
 * Who was not addressed stays silent unless the saying is plainly a question to the bot: people talk in these threads.
 */
export function createQuestions(parts: QuestionParts): Questions {
  return {
    async answer(question) {
      const investigation = await parts.store.find({ by: 'thread', thread: question.thread });
      if (!isForUs(question, investigation)) return 'not-ours';
      const key = `question:${question.key}`;
      const note = await parts.ledger.read(key);
      if (note?.includes('/')) return 'duplicate';
      await sayOnce(parts.ledger, key, {
        look: () => parts.chat.find(placeOf(question), key, investigation?.openedAt ?? timeOf(question.thread)),
        act: async () => parts.chat.reply(question.thread, await answerTo(parts, question, investigation), key),
      });
      return 'answered';
    },
  };
}

function isForUs(question: Question, investigation: Investigation | undefined): boolean {
  if (question.addressed) return true;
  if (investigation === undefined) return false;
  // A saying that names another person is meant for that person.
  if (/<@[A-Z0-9]+/.test(question.text)) return false;
  if (fixSaidIn(question.text) !== undefined) return true;
  const { intent } = readIntent(question.text);
  return intent !== 'unsure' && intent !== 'feedback-yes' && intent !== 'feedback-no';
}

/** The whole answer. What goes wrong on the way is the answer then: nobody is left waiting. */
async function answerTo(
  parts: QuestionParts,
  question: Question,
  investigation: Investigation | undefined,
): Promise<Message> {
  const { speaker } = parts.words;
  try {
    if (investigation === undefined) return message(speaker.say('answers.help-start'), []);
    const fix = fixSaidIn(question.text);
    if (fix !== undefined && parts.fixed !== undefined) {
      await parts.fixed(investigation.id, fix);
      return message(speaker.say('answers.fix-noted', { fix: pieces(safeMessage(fix, 120)) }), []);
    }
    if (investigation.status !== 'answered') return unanswered(parts, question, investigation);
    const { table, notes } = await spansOf(parts, investigation);
    const answer = composeAnswer(question.text, investigation, table, parts.words);
    await remember(parts, question, investigation);
    return withNotes(await withPicture(parts, answer), notes);
  } catch (thrown) {
    const failure = Failure.from(thrown);
    parts.log.warn(
      { thread: question.thread, kind: failure.kind, reason: failure.message },
      'A question could not be answered',
    );
    const said = speaker.say('answers.failure', { message: pieces(safeName(failure.message, 300)) });
    return message(said, [{ kind: 'note', line: [safeName(failure.hint, 300)] }]);
  }
}

function unanswered(
  { words }: QuestionParts,
  question: Question,
  investigation: Exclude<Investigation, Answered>,
): Message {
  const { speaker } = words;
  if (readIntent(question.text).intent === 'help') return help(words, 'asked').message;
  if (investigation.status === 'opened') return message(speaker.say('answers.still-looking'), []);
  const { setback } = investigation;
  const said = speaker.say('answers.failed-looking', { message: pieces(safeName(setback.message, 300)) });
  return message(said, [{ kind: 'note', line: [safeName(setback.hint, 300)] }]);
}

/** What an answer draws on, and what of it is missing, in words for a person. */
type Kept = { readonly table: SpanTable; readonly notes: readonly string[] };

/**
 * The kept spans; where the most telling trace is not among them, what the backend still has of it. One of several places
 * that is down costs its spans and a note.
 */
async function spansOf({ store, backend, log }: QuestionParts, { id, analysis }: Answered): Promise<Kept> {
  const kept = await store.keptTraces(id);
  const table = tableOf([kept]);
  const { exemplar } = analysis;
  if (exemplar === undefined || findTrace(table, exemplar.suspect)) return { table, notes: [] };
  const wanted = [exemplar.suspect, ...(exemplar.healthy === undefined ? [] : [exemplar.healthy])];
  const notes = new Notes();
  const builder = new TableBuilder();
  let spans = 0;
  try {
    for await (const batch of backend.fetch(wanted, AbortSignal.timeout(FETCH_MS), notes.missing)) {
      builder.add(batch);
      spans += batch.length;
      if (spans <= SPAN_LIMIT) continue;
      notes.limit(`Reading stopped at ${spans} spans`);
      break;
    }
    return { table: builder.finish(), notes: notes.all };
  } catch (thrown) {
    // The answer says by itself that the spans are gone; the reason is for whoever runs the bot.
    log.warn({ investigation: id, reason: Failure.from(thrown).message }, 'The spans of an answer are not to be had');
    return { table, notes: notes.all };
  }
}

function tableOf(batches: readonly Parameters<TableBuilder['add']>[0][]): SpanTable {
  const builder = new TableBuilder();
  for (const batch of batches) builder.add(batch);
  return builder.finish();
}

/** Draws and uploads; an answer whose picture fails still stands, and says why it has none. */
async function withPicture({ chat, words, log }: QuestionParts, { message: said, draw }: Answer): Promise<Message> {
  if (draw === undefined) return said;
  try {
    const picture = await draw();
    if (picture === undefined) return said;
    const file = await chat.upload(picture);
    return beforeButtons(said, [{ kind: 'picture', file, alt: picture.alt }]);
  } catch (thrown) {
    const failure = Failure.from(thrown);
    log.warn({ kind: failure.kind, reason: failure.message }, 'The picture of an answer could not be made');
    const why = words.speaker.say('answers.failure', { message: pieces(safeName(failure.message, 300)) });
    return { ...said, parts: [...said.parts, { kind: 'note', line: why }] };
  }
}

function withNotes(said: Message, notes: readonly string[]): Message {
  return beforeButtons(
    said,
    notes.map((note) => ({ kind: 'note', line: [`${safeName(note, 300)}.`] })),
  );
}

function beforeButtons(said: Message, more: readonly Part[]): Message {
  const at = said.parts.findIndex((part) => part.kind === 'buttons');
  return { ...said, parts: said.parts.toSpliced(at < 0 ? said.parts.length : at, 0, ...more) };
}

/** One opinion a person; a later one takes its place. */
async function remember({ ledger, words, judged }: QuestionParts, question: Question, { id }: Answered): Promise<void> {
  const { intent } = readIntent(question.text);
  if (intent !== 'feedback-yes' && intent !== 'feedback-no') return;
  const key = `feedback:${id}:${words.speaker.personal(question.by)}`;
  await noteDown(ledger, key, intent, KEEP_FEEDBACK_MS);
  judged?.(intent === 'feedback-yes' ? 'yes' : 'no');
}

function placeOf({ thread }: Question): { readonly channel: string; readonly thread: ThreadRef } {
  return { channel: thread.channel, thread };
}

/** A message's `ts` is seconds with six decimals. */
function timeOf({ ts }: ThreadRef): EpochMicros {
  const seconds = Number(ts);
  return Number.isFinite(seconds) ? Math.round(seconds * 1_000_000) : 0;
}
