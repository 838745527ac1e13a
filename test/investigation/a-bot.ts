import { withNotes } from '../../src/compose/notes.ts';
import { directionsOf, openRouting } from '../../src/compose/routing.ts';
import { openTelling } from '../../src/compose/telling.ts';
import { type Config, readConfig } from '../../src/config.ts';
import type { Enrich } from '../../src/investigation/ask-sender.ts';
import { createIntake } from '../../src/investigation/intake.ts';
import { createJobHandler } from '../../src/investigation/investigate.ts';
import { createNoteBack } from '../../src/investigation/note-back.ts';
import { createPublisher } from '../../src/investigation/publish.ts';
import { analystOnThisThread } from '../../src/investigation/study.ts';
import type { Investigation } from '../../src/model/investigation.ts';
import type { SpanRecord } from '../../src/model/span.ts';
import type { IncidentNotes } from '../../src/ports/incident-notes.ts';
import { lineText } from '../../src/render/plain-text.ts';
import { loadTemplates } from '../../src/render/templates.ts';
import { createWords } from '../../src/render/words.ts';
import { embeddedChanges } from '../../src/store/embedded-changes.ts';
import { aTown, type Said } from './a-town.ts';
import { memoryBackend } from './memory-backend.ts';
import { embeddedParts, quiet } from './parts.ts';

const ROUNDS = 200;
const TEMPLATES = loadTemplates(new URL('../../templates/messages/', import.meta.url));

/**
 * The whole way from alert to card in one process over spans in memory, with the real analysis; jobs run when the test says so,
 * one after the other, on the test's own clock.
 */
export function aBot(given: {
  readonly clock: { now: number };
  readonly spans?: readonly SpanRecord[] | (() => readonly SpanRecord[]);
  readonly config?: Partial<Config>;
  readonly channels?: readonly string[];
  readonly enrich?: Enrich;
  readonly notes?: readonly IncidentNotes[];
}) {
  const clock = { now: () => given.clock.now };
  const parts = embeddedParts(clock);
  const chat = aTown(given.channels ?? ['incidents']);
  const words = createWords({ templates: TEMPLATES, linkTo: () => undefined, personal: (value) => value });
  const directions = directionsOf({ ...readConfig({}), ...given.config }, clock);
  const memory = memoryBackend(given.spans ?? []);
  const changes = embeddedChanges({ database: parts.database, clock });
  const keeping = { ...parts, changes, shape: 'embedded' };
  const noteBack = createNoteBack({ ...keeping, places: given.notes ?? [], chat, words, log: quiet });
  const routing = openRouting({ ...keeping, noteBack, directions, chat, words, log: quiet });
  const publisher = createPublisher({ ...keeping, ...routing, ...directions, chat, words, log: quiet });
  const told = openTelling({ keeping, clock, chat, publisher, admit: routing.admit });
  const handle = createJobHandler({
    ...keeping,
    ...routing,
    ...told,
    backend: memory.backend,
    questions: { answer: async () => 'not-ours' },
    publisher,
    analyst: analystOnThisThread(),
    log: quiet,
    noteBack,
    enrich: given.enrich ?? (async (alert) => ({ alert })),
    servicesFor: directions.servicesFor,
  });
  const taking = createIntake({ ...keeping, ...directions, channelForPerson: directions.shadowed });
  const intake = withNotes(taking, noteBack, quiet);

  /** Runs what is due by now, and what comes of it; the rest stays. A job that throws stays, too, and ends it. */
  async function work(within = 0): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      const next = parts.jobs.findIndex(({ delayMs, addedAt }) => addedAt + delayMs * 1_000 <= clock.now() + within);
      const [due] = next < 0 ? [] : parts.jobs.splice(next, 1);
      if (due === undefined) return;
      try {
        await handle(due.job, { number: 1, last: false, signal: new AbortController().signal });
      } catch (thrown) {
        // As a queue would have it after a crash.
        parts.jobs.push(due);
        throw thrown;
      }
    }
    throw new Error('The jobs do not come to an end');
  }

  const inThread = (message: Said) => message.thread !== undefined;
  return {
    ...parts,
    chat,
    intake,
    noteBack,
    memory,
    work,
    handle,
    async stands(alertId: string, source = 'pagerduty'): Promise<Investigation | undefined> {
      return parts.store.find({ by: 'alert', source, alertId });
    },
    cards: () => chat.said.filter((one) => !inThread(one)),
    replies: () => chat.said.filter(inThread),
  };
}

/** All that a person reads of a message. */
export function read({ message }: Said): string {
  const lines = message.parts.flatMap((part) => {
    if (part.kind === 'headline' || part.kind === 'note') return [lineText(part.line)];
    if (part.kind === 'text') return part.lines.map((line) => lineText(line));
    return part.kind === 'list' ? part.items.map((line) => lineText(line)) : [];
  });
  return lines.join('\n');
}
