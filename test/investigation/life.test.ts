import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flappingOf } from '../../src/investigation/flapping.ts';
import { createIntake } from '../../src/investigation/intake.ts';
import type { Alert } from '../../src/model/alert.ts';
import { MINUTE, SECOND } from '../../src/model/units.ts';
import type { Together } from '../../src/ports/together.ts';
import { inOrder } from '../../src/store/together.ts';
import { anAlert } from '../store/samples.ts';
import { embeddedParts } from './parts.ts';

const T0 = 1_790_000_000 * SECOND;

type Event = { readonly alert: number; readonly kind: Alert['event']; readonly at: number };

const kinds = ['triggered', 'triggered', 'triggered', 'resolved', 'acknowledged', 'escalated', 'reopened'] as const;
const event = (alerts: number): fc.Arbitrary<Event> =>
  fc.record({ alert: fc.nat(alerts - 1), kind: fc.constantFrom(...kinds), at: fc.nat(60) });

/** Events whose times differ, as those of one sender do. */
const events = (alerts: number) => fc.uniqueArray(event(alerts), { maxLength: 14, selector: ({ at }) => at });

/** Plays events as deliveries in the order of the list, and tells what came of them. */
async function play(list: readonly Event[], changes: { readonly together?: Together } = {}) {
  const parts = { ...embeddedParts({ now: () => T0 }), ...changes };
  const channels = { channelFor: () => 'incidents', channelForPerson: (channel: string) => channel };
  const intake = createIntake({ ...parts, ...channels });
  for (const { alert, kind, at } of list) await intake.alert(alertOf(alert, kind, at));
  const investigations = await parts.store.recent(100);
  const following = await Promise.all(investigations.map(({ id }) => parts.followers.of(id)));
  const own = investigations.reduce((sum, { repeats }) => sum + 1 + repeats, 0);
  const others = following.reduce((sum, { alerts, repeats }) => sum + alerts + repeats, 0);
  const looks = parts.jobs.filter(({ job }) => job.kind === 'investigate').length;
  await parts.close();
  return { investigations, counted: own + others, looks };
}

function alertOf(alert: number, event: Alert['event'], at: number): Alert {
  const occurredAt = T0 + at * SECOND;
  const service = `service ${alert % 2}`;
  return anAlert(`a${alert}`, { event, occurredAt, service, traceIds: [], delivery: `${alert} ${event} ${at}` });
}

const isFire = ({ kind }: Event) => kind === 'triggered' || kind === 'reopened';

describe('whatever alerts say in whatever order', () => {
  test('every fire is counted once, deliveries that come twice are not', async () => {
    await fc.assert(
      fc.asyncProperty(events(4), fc.nat(5), fc.boolean(), async (list, again, apart) => {
        const { counted } = await play([...list, ...list.slice(0, again)], apart ? { together: inOrder } : {});
        expect(counted).toBe(list.filter(isFire).length);
      }),
      { numRuns: 25 },
    );
  });

  test('there are never more investigations than alerts that fired, nor looks than times that they began to, and none without a fire', async () => {
    await fc.assert(
      fc.asyncProperty(events(4), async (list) => {
        const { investigations, looks } = await play(list);
        const fired = new Set(list.filter(isFire).map(({ alert }) => alert)).size;
        expect(investigations.length).toBeLessThanOrEqual(fired);
        const begun = investigations.reduce((sum, { fires }) => sum + (fires?.length ?? 0), 0);
        expect(looks).toBeLessThanOrEqual(begun);
        expect(investigations.length > 0).toBe(fired > 0);
      }),
      { numRuns: 25 },
    );
  });

  test('the order of deliveries does not decide whether an alert is over, nor how often it fired', async () => {
    const shuffled = events(1).chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    await fc.assert(
      fc.asyncProperty(shuffled, async ([list, order]) => {
        const inOrder = list.toSorted((a, b) => a.at - b.at);
        const [one, other] = [await play(inOrder), await play(order)];
        const told = ({ investigations }: typeof one) =>
          investigations.map(({ resolvedAt, repeats, firedAt }) => ({ resolvedAt, repeats, firedAt }));
        expect(told(other)).toEqual(told(one));
        const lastFire = inOrder.findLast(isFire);
        const over = inOrder.findLast(({ kind }) => kind === 'resolved');
        if (lastFire === undefined) return;
        const isOver = over !== undefined && over.at > lastFire.at;
        expect(one.investigations[0]?.resolvedAt).toBe(isOver ? T0 + over.at * SECOND : undefined);
      }),
      { numRuns: 25 },
    );
  });

  test('a reopening that arrives after the end which followed it reopens nothing', async () => {
    const list = [
      { alert: 0, kind: 'triggered', at: 5 },
      { alert: 0, kind: 'resolved', at: 10 },
      { alert: 0, kind: 'reopened', at: 8 },
    ] as const;
    const { investigations } = await play(list);
    expect(investigations[0]).toMatchObject({ resolvedAt: T0 + 10 * SECOND, repeats: 1 });
  });

  test('a storm of one service is one investigation, whoever is first', async () => {
    const parts = embeddedParts({ now: () => T0 });
    const channels = { channelFor: () => 'incidents', channelForPerson: (channel: string) => channel };
    const intake = createIntake({ ...parts, ...channels });
    const storm = Array.from({ length: 500 }, (_, index) => anAlert(`a${index}`, { service: 'Gateway', traceIds: [] }));
    const taken = await Promise.all(storm.map((alert) => intake.alert(alert)));
    expect(taken.filter(({ outcome }) => outcome === 'opened')).toHaveLength(1);
    expect(taken.filter(({ outcome }) => outcome === 'joined')).toHaveLength(499);
    const [only, ...others] = await parts.store.recent(10);
    expect(others).toEqual([]);
    expect(await parts.followers.of(only?.id ?? '')).toMatchObject({ alerts: 499, repeats: 0 });
    expect(parts.jobs.filter(({ job }) => job.kind === 'investigate')).toHaveLength(1);
    await parts.close();
  });
});

describe('flapping', () => {
  const minutes = (...of: readonly number[]) => flappingOf(of.map((minute) => T0 + minute * MINUTE));

  test.each([
    ['a first fire', [0]],
    ['three within twenty minutes', [0, 5, 10]],
    ['four in an hour', [0, 19, 38, 57]],
    ['four, of which three were before the quiet', [0, 5, 10, 31]],
  ])('%s does not flap', (_what, times) => {
    expect(minutes(...times)).toBeUndefined();
  });

  test('four within twenty minutes do, and go on until it has been quiet', () => {
    expect(minutes(0, 5, 10, 20)).toEqual({ times: 4, during: 20 * MINUTE });
    expect(minutes(0, 1, 2, 3, 22, 41)).toEqual({ times: 6, during: 41 * MINUTE });
    expect(minutes(0, 1, 2, 3, 23)).toBeUndefined();
  });

  test('the order of the fires does not matter', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { maxLength: 12 }), (times) => {
        expect(minutes(...times)).toEqual(minutes(...times.toReversed()));
      }),
    );
  });
});
