import type { Answered, Investigation } from '../model/investigation.ts';
import type { EpochMicros } from '../model/units.ts';
import type { Analyst } from '../ports/analyst.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { TraceBackend } from '../ports/trace-backend.ts';
import { traceparent } from '../telemetry.ts';
import type { FindOutParts } from './find-out.ts';
import { lookForLateSpans } from './late-spans.ts';
import type { NoteBack } from './note-back.ts';
import type { Publisher } from './publish.ts';
import { recheck } from './recheck.ts';
import type { Recurrence } from './recurrence.ts';
import type { Telling } from './telling.ts';

/*
 * What becomes of a card after its verdict: late spans may change it, later looks say whether it goes on, and the alert's end
 * is its last edit.
 */

export type AfterwardsParts = FindOutParts & {
  readonly backend: TraceBackend;
  readonly store: Store;
  readonly clock: Clock;
  readonly analyst: Analyst;
  readonly publisher: Publisher;
  readonly telling: Telling;
  readonly recurrence: Recurrence;
  readonly noteBack: NoteBack;
};

/** Reads again what was still growing, and says once what that changes. A second try after a crash says the same. */
export async function amend(
  parts: AfterwardsParts,
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

/** The alert is over: what ended it is kept, and the card says that it is over. */
export async function close(parts: AfterwardsParts, investigation: Investigation, signal: AbortSignal): Promise<void> {
  await parts.recurrence.remember(investigation);
  if (investigation.follows !== undefined) return parts.telling.stepBehind(investigation, investigation.follows);
  await checkAgain(parts, investigation, signal);
}

/** Looks whether it still happens and says so in the card's second line. */
export async function checkAgain(
  parts: AfterwardsParts,
  investigation: Investigation,
  signal: AbortSignal,
): Promise<void> {
  const { status, thread, follows } = investigation;
  if (status !== 'answered' || thread === undefined || follows !== undefined) return;
  const latest = await recheck(parts, investigation, signal);
  await parts.store.update(investigation.id, (current) =>
    current?.status === 'answered' && latest !== undefined
      ? { ...current, rechecks: [...current.rechecks, latest].slice(-10) }
      : current,
  );
  await parts.publisher.refresh(investigation.id);
}
