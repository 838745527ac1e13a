import { afterEach, beforeEach, expect, test } from 'vitest';
import { createIntake } from '../../src/investigation/intake.ts';
import { SECOND } from '../../src/model/units.ts';
import type { Together } from '../../src/ports/together.ts';
import { anAlert } from '../store/samples.ts';
import { embeddedParts } from './parts.ts';

const T0 = 1_790_000_000 * SECOND;
let parts: ReturnType<typeof embeddedParts>;
beforeEach(() => {
  parts = embeddedParts({ now: () => T0 });
});
afterEach(() => parts.close());

/** An intake whose disk is held up until the gate opens. */
function heldUp() {
  let open = () => {};
  let gate = Promise.resolve();
  const together: Together = async (...writes) => {
    await gate;
    await parts.together(...writes);
  };
  const channels = { channelFor: () => 'incidents', channelForPerson: (channel: string) => channel };
  return {
    intake: createIntake({ ...parts, ...channels, together }),
    close() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    open: () => open(),
  };
}

const news = (index: number, delivery = `d${index}`) =>
  anAlert(`a${index}`, { service: `service ${index}`, traceIds: [], delivery });

test('when too much comes, repeats are refused and news is taken; beyond all measure everything is refused, and nothing taken is lost', async () => {
  const { intake, close, open } = heldUp();
  await intake.alert(news(0));
  close();
  const flood = Array.from({ length: 1_200 }, (_, index) => intake.alert(news(index + 1)));
  await expect(intake.alert(news(0, 'again'))).rejects.toMatchObject({ kind: 'busy', retryAfter: 2 });
  // What was taken in already costs nothing to say so.
  expect(await intake.alert(news(0))).toMatchObject({ outcome: 'duplicate' });
  const more = Promise.allSettled(Array.from({ length: 5_000 }, (_, index) => intake.alert(news(index + 2_000))));
  open();
  expect((await Promise.all(flood)).every(({ outcome }) => outcome === 'opened')).toBe(true);
  const outcomes = await more;
  const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
  expect(refused.length).toBeGreaterThan(1_000);
  expect(refused.every(({ reason }) => reason.kind === 'busy')).toBe(true);
  const taken = 1 + flood.length + outcomes.length - refused.length;
  expect(await parts.store.recent(10_000)).toHaveLength(taken);
  expect(await intake.alert(news(0, 'again'))).toMatchObject({ outcome: 'updated' });
}, 60_000);
