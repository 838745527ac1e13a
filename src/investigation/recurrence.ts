import { culpritOf } from '../model/culprit.ts';
import type { Answered, Investigation, SeenBefore } from '../model/investigation.ts';
import type { Chat } from '../ports/chat.ts';
import type { Recurrences } from '../ports/recurrences.ts';
import type { Store } from '../ports/store.ts';
import { fingerprintOf } from './culprit.ts';

/** Earlier times that are counted. */
const MOST = 100;

/** Knows a cause again that was seen in an earlier incident, and what ended it then. */
export function createRecurrence(parts: {
  readonly store: Store;
  readonly recurrences: Recurrences;
  readonly chat: Pick<Chat, 'permalink'>;
}) {
  const { store, recurrences, chat } = parts;

  /** Notes that the cause is seen, and adds to the investigation what is known of earlier times. May be repeated. */
  async function recognise(answered: Answered): Promise<Answered> {
    const culprit = culpritOf(answered.analysis);
    if (culprit === undefined) return answered;
    const fingerprint = fingerprintOf(culprit);
    await note(answered, fingerprint);
    const earlier = (await recurrences.of(fingerprint, MOST)).filter(
      ({ investigation, at }) => investigation !== answered.id && at < answered.openedAt,
    );
    const [latest] = earlier;
    if (latest === undefined) return answered;
    const link = latest.thread === undefined ? undefined : await chat.permalink(latest.thread);
    const fixedBy = earlier.find((one) => one.fixedBy !== undefined)?.fixedBy;
    const seenBefore: SeenBefore = {
      times: earlier.length,
      at: latest.at,
      ...(link === undefined ? {} : { link }),
      ...(fixedBy === undefined ? {} : { fixedBy }),
    };
    await store.update(answered.id, (current) => current && { ...current, seenBefore });
    return { ...answered, seenBefore };
  }

  /** Somebody said what fixed it. It is kept for the next time that the cause is seen. */
  async function fixed(id: string, fixedBy: string): Promise<void> {
    const known = await store.update(id, (current) => current && { ...current, fixedBy });
    if (known !== undefined) await remember(known);
  }

  /** Keeps what the investigation says about its end. */
  async function remember(investigation: Investigation): Promise<void> {
    if (investigation.status !== 'answered' || investigation.fixedBy === undefined) return;
    const told = investigation.follows === undefined ? investigation : await leaderOf(investigation.follows);
    const culprit = told === undefined ? undefined : culpritOf(told.analysis);
    if (told === undefined || culprit === undefined) return;
    await note({ ...told, fixedBy: investigation.fixedBy }, fingerprintOf(culprit));
  }

  async function leaderOf(id: string): Promise<Answered | undefined> {
    const leader = await store.find({ by: 'id', id });
    return leader?.status === 'answered' ? leader : undefined;
  }

  async function note({ id, openedAt, thread, fixedBy }: Answered, fingerprint: string): Promise<void> {
    await recurrences.note({
      fingerprint,
      investigation: id,
      at: openedAt,
      ...(thread === undefined ? {} : { thread }),
      ...(fixedBy === undefined ? {} : { fixedBy }),
    });
  }

  return { recognise, fixed, remember };
}

export type Recurrence = ReturnType<typeof createRecurrence>;
