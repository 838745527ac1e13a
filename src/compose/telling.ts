import type { Admission, Asked } from '../investigation/admission.ts';
import { createGrouping } from '../investigation/grouping.ts';
import type { Publisher } from '../investigation/publish.ts';
import { createRecurrence } from '../investigation/recurrence.ts';
import { createTelling } from '../investigation/telling.ts';
import type { Investigation } from '../model/investigation.ts';
import type { Chat } from '../ports/chat.ts';
import type { Clock } from '../ports/clock.ts';
import type { Keeping } from './keeping.ts';

/** What decides which verdict gets a card: one cause, one card, and what is known of earlier times. */
export function openTelling(parts: {
  readonly keeping: Keeping;
  readonly clock: Clock;
  readonly chat: Chat;
  readonly publisher: Publisher;
  admit(investigation: Investigation, asked: Asked): Promise<Admission>;
}) {
  const { keeping, ...rest } = parts;
  const grouping = createGrouping({ ...keeping, ...rest });
  const recurrence = createRecurrence({ ...keeping, ...rest });
  const telling = createTelling({ ...keeping, ...rest, grouping, recurrence });
  return {
    grouping,
    recurrence,
    telling,
    /** What a person says to have fixed it, on the card too. */
    async fixed(investigation: string, by: string): Promise<void> {
      await recurrence.fixed(investigation, by);
      await grouping.refresh(investigation);
    },
  };
}
